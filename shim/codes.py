"""Explain the error codes that callers see: their meaning, and the fix.

The table is ``codes.toml``, the source for the page of error codes, ``explain``, the
gateway's log and status page, and the last line of a run.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import attrs


@attrs.frozen(kw_only=True)
class ErrorCode:
    """An error code; its texts are Markdown."""

    status: str
    """The HTTP status, and the component that returns it."""
    executed: str = ""
    """Whether Atlas executed anything; empty for a code of Atlas's own."""
    cause: str
    cure: str
    """The fix, in one or two sentences."""
    run: str = ""
    """The fix for a program under ``atlas-shim run``, if it differs."""
    more: str = ""
    """Everything else on the page about the fix."""

    def cure_under_run(self, again: str) -> str:
        """Return the fix for a program of a run.

        ``again`` is the command that starts it again.
        """
        return _plain(self.run or self.cure).replace("{again}", again)


@cache
def error_codes() -> Mapping[str, ErrorCode]:
    """Return the table by code."""
    table = tomllib.loads(files("shim").joinpath("codes.toml").read_text("utf-8"))
    return {
        name: ErrorCode(**{key: text.strip() for key, text in row.items()})
        for name, row in table.items()
    }


def cure_of(code: str) -> str:
    """Return the fix of an error, or an empty text for an unknown code."""
    known = error_codes().get(code)
    return _plain(known.cure) if known else ""


def _plain(text: str) -> str:
    """Return a text without the marks around code."""
    return text.replace("`", "")
