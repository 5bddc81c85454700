"""Pages for people: one file that loads nothing, has no script, and escapes all it shows.

All pages of the shim have their look from here, and whatever they show goes through ``text``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files


def document(title: str, body: Iterable[str], footer: str) -> str:
    """Return a page of parts, the empty ones left out; ``title`` and ``footer`` are texts, ``body`` is HTML."""
    return _PAGE.format(
        csp=POLICY, style=STYLE, title=text(title), body="\n".join(filter(None, body)), footer=text(footer)
    )


def text(said: str) -> str:
    """Return a text for HTML; what is not to be seen would let a caller's name pass for another."""
    return escape("".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in said))


def quoted(said: str) -> str:
    """Return a text as an attribute's value, with its quotes."""
    return f'"{text(said)}"'


def code(said: str) -> str:
    """Return a name, path or command."""
    return f"<code>{text(said)}</code>"


def time(instant: str, spoken: str) -> str:
    """Return an instant as machines and as people read it."""
    return f"<time datetime={quoted(instant)}>{text(spoken)}</time>"


def bullets(said: Sequence[str]) -> str:
    """Return a list of sentences; an empty text without any."""
    return f"<ul>{''.join(f'<li>{text(one)}</li>' for one in said)}</ul>" if said else ""


VERDICTS = {"called": "Still called.", "quiet": "Nobody calls.", "unproven": "Not proven."}


def verdict(word: str, sentence: str) -> str:
    """Return a verdict, which is ``called``, ``quiet`` or ``unproven``."""
    return f'<p class="verdict {word}"><strong>{VERDICTS[word]}</strong> {text(sentence)}</p>'


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, words: bool = False) -> str:
    """Return a table; cells are HTML, the rest are texts. On a phone each row is a card with its columns' names.

    The second column is a number, unless all are ``words``.
    """
    return "\n".join(
        (
            f"<table role='table'{' class=words' if words else ''}><caption>{text(caption)}</caption>",
            "<thead role='rowgroup'><tr role='row'>",
            *(f"<th role='columnheader' scope='col'>{text(column)}</th>" for column in columns),
            f"</tr></thead><tbody role='rowgroup'>{''.join(_row(columns, cells) for cells in rows)}</tbody></table>",
        )
    )


def _row(columns: Sequence[str], cells: Sequence[str]) -> str:
    labelled = zip(columns, cells, strict=True)
    inside = "".join(f"<td role='cell' data-label={quoted(label)}><div>{cell}</div></td>" for label, cell in labelled)
    return f"<tr role='row'>{inside}</tr>"


STYLE = files("shim").joinpath("page.css").read_text("utf-8")

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy of every page: its own style, and nothing else."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
<footer>{footer}</footer>
</body>
</html>
"""
