"""Write ``docs/reference/errors.md`` from ``errors.txt`` and the table of codes."""

from __future__ import annotations

import textwrap
from pathlib import Path
from string import Template

from makers.markdown import table

from shim.codes import ErrorCode, error_codes

TEXT = Path(__file__).with_name("errors.txt")


def error_codes_page() -> str:
    """Return the page."""
    codes = sorted(error_codes().items(), key=lambda code: code[0].split("_"))
    own = [_section(name, code) for name, code in codes if code.executed]
    rows = [
        (f"`{name}`", code.status, " ".join(code.cause.split()), code.cure)
        for name, code in codes
        if not code.executed
    ]
    atlas = table(("code", "status", "what is wrong", "what to do"), rows)
    return Template(TEXT.read_text("utf-8")).substitute(
        SHIM="\n\n".join(own), ATLAS=atlas
    )


def _section(name: str, code: ErrorCode) -> str:
    points = {
        "Status": _ended(code.status),
        "Executed": _ended(code.executed),
        "Cause": code.cause,
        "Cure": f"{code.cure} {code.more}",
    }
    return "\n".join(
        [f"## {name}", "", *(_point(heading, text) for heading, text in points.items())]
    )


def _ended(text: str) -> str:
    return f"{text}."


def _point(heading: str, text: str) -> str:
    words = " ".join(f"- **{heading}:** {text}".split())
    return textwrap.fill(
        words,
        120,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
