"""Exit codes, and the errors behind them.

0  success
1  Atlas answered with an error, a call is not recognised, or a check found problems
2  bad usage, settings or mapping documents
3  the network: no connection, or no answer in time

``inventory`` and ``scan`` have more codes, which their help explains.
"""

from __future__ import annotations

import os
import sys

import click

from shim.core.responses import SITE
from shim.errors import AtlasError, DocumentError, SettingsError
from shim.extras import EXTRAS, hint

NO, SETTINGS, NETWORK = 1, 2, 3


def plain(text: str) -> str:
    """Return a text that can't control a terminal: ESC, C1 controls and odd spaces become ``?``."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


class Failure(click.ClickException):
    """An error as the user sees it: a line for each problem on stderr, and an exit code.

    It is made printable, since it may quote documents, descriptions and replies.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(plain(message))
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance, as it may be either


def failure_of(error: Exception) -> Failure | None:
    """Return an error as a Failure, None if it is a defect that deserves its traceback."""
    match error:
        case DocumentError():
            return Failure("\n  ".join(("the mapping documents are invalid:", *error.problems)), SETTINGS)
        case SettingsError():
            return Failure("\n  ".join(error.problems), SETTINGS)
        case AtlasError():
            wait = "" if error.retry_after is None else f"; try again in {error.retry_after:.0f} s"
            from shim.cli.next_steps import after_answer  # noqa: PLC0415 - needs httpx, which raised this

            who = "atlas-shim" if (error.error_code or "").startswith("SHIM_") else "Atlas"
            said = f"{who} said {error}{wait}", after_answer(error, os.environ)
            return Failure("\n  ".join(filter(None, said)), NO)
        case ModuleNotFoundError() if error.name in EXTRAS:
            return Failure(hint(error.name), SETTINGS)
    # httpx' errors can only come from a command that has loaded httpx.
    httpx = sys.modules.get("httpx")
    if httpx is not None and isinstance(error, httpx.RequestError):
        # A timeout has an empty text, so the class says what happened.
        from shim.cli.next_steps import after_fault  # noqa: PLC0415 - as above

        said = f"network: {type(error).__name__}: {error}".removesuffix(": "), after_fault(error, os.environ)
        return Failure("\n  ".join(filter(None, said)), NETWORK)
    return None


def trouble(section: str) -> str:
    """Return the URL of a section of the trouble page."""
    return f"{SITE}how-to/trouble/#{section}"
