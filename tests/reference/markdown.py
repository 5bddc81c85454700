"""Markdown for the generated pages: tables, and help texts with their names in code."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

_CODE = re.compile(
    r"(?<![`\w.-])("
    r"--?[a-z][a-z-]*(?![\w])"  # a flag
    r"|_?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:_FILE)?"  # a variable
    r"|\.\.\._FILE"
    r"|/[A-Za-z0-9.*{}_/-]*[A-Za-z0-9*}](?![\w/])"  # a path
    r"|https?://[\w.:/-]*\w"
    r")(?![\w`-])"
)


def coded(text: str) -> str:
    """Return a text of help as Markdown: flags, variables, paths and what stands in quotes become code."""
    pieces = re.split(r"(\"[^\"]+\"|'[^' ][^']*'(?![a-z])|`[^`]+`)", text)
    said = []
    for piece in pieces:
        if re.fullmatch(r"\"[^\"]+\"|'[^']+'|`[^`]+`", piece):
            said.append(f"`{piece[1:-1]}`")
        else:
            said.append(_CODE.sub(r"`\1`", piece))
    return "".join(said)


def cell(text: str) -> str:
    """Return a text that ends no cell of a table."""
    return text.replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def paragraph(text: str) -> str:
    """Return a paragraph in lines that are no longer than those of pages written by hand."""
    return textwrap.fill(" ".join(text.split()), 118, break_long_words=False, break_on_hyphens=False) + "\n"


def page(*parts: str) -> str:
    """Return a page of parts, an empty line between them."""
    return "\n".join(part.strip("\n") + "\n" for part in parts)
