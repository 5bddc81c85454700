"""Write Markdown for the generated pages: tables, and help texts with their names in code."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

_CODE = re.compile(
    r"""
    `[^`]+`
    | alias[ ]\w+='[^']+'
    | \b[\w.]+\(\["[^"]*"\]\)                                           # a call
    | \b\w+[ ]=[ ]"[^"]*"                                               # a line of TOML
    | "[^"]+" | (?<![\w=])'[^'\ ][^']*'(?!\w)
    | (?<![\w.-])--?[a-z][a-z-]*\b(?:[ ](?:json|debug)\b)?              # a flag
    | \b_?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b | \.\.\._FILE\b               # a variable
    | \b[a-z]+_[a-z_]+\b                                                # a name in Python, or a key
    | https?://[\w.:/-]*\w
    | (?<![\w.*/])/[A-Za-z0-9.*{}_/-]*[A-Za-z0-9*}](?![\w/])            # a path
    """,
    re.VERBOSE,
)


def coded(text: str) -> str:
    """Return a help text as Markdown.

    Flags, variables, paths and quoted words become code.
    """
    return _CODE.sub(lambda found: f"`{_bare(found[0])}`", text)


def _bare(text: str) -> str:
    """Return a text without its quotes."""
    return text[1:-1] if text[0] in "`'\"" and text[0] == text[-1] else text


def cell(text: str) -> str:
    """Return a text that can stand in a cell of a table."""
    return text.replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


_INLINE = re.compile(r"`[^`]+`|\[[^\]]+\]\([^)]+\)")
"""Parts that must stay in one line: code and links."""


def paragraph(text: str) -> str:
    """Return a paragraph, wrapped like the pages written by hand."""
    text = _INLINE.sub(
        lambda found: found[0].replace(" ", "\0"), " ".join(text.split())
    )
    return (
        textwrap.fill(
            text, 118, break_long_words=False, break_on_hyphens=False
        ).replace("\0", " ")
        + "\n"
    )


def page(*parts: str) -> str:
    """Return a page of parts, with an empty line between them."""
    return "\n".join(part.strip("\n") + "\n" for part in parts if part.strip())
