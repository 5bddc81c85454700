"""Pages for people: one file that loads nothing, has no script, and escapes all it shows.

All pages of the shim have their look from here, and whatever they show goes through ``text``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape


def document(title: str, body: Iterable[str], footer: str) -> str:
    """Return a page of parts, the empty ones left out; ``title`` and ``footer`` are texts, ``body`` is HTML."""
    return _PAGE.format(
        csp=POLICY, style=_STYLE, title=text(title), body="\n".join(filter(None, body)), footer=text(footer)
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


def link(said: str, url: str) -> str:
    """Return a text that leads to a URL."""
    return f"<a href={quoted(url)}>{text(said)}</a>"


def time(instant: str, spoken: str) -> str:
    """Return an instant as machines and as people read it."""
    return f"<time datetime={quoted(instant)}>{text(spoken)}</time>"


def bullets(said: Sequence[str]) -> str:
    """Return a list of sentences; nothing for none."""
    return f"<ul>{''.join(f'<li>{text(one)}</li>' for one in said)}</ul>" if said else ""


_STRONG = {"called": "Still called.", "quiet": "Nobody calls.", "unproven": "Not proven."}


def verdict(word: str, sentence: str, strong: str = "") -> str:
    """Return a verdict, which is ``called``, ``quiet`` or ``unproven``; ``strong`` replaces what the word says."""
    return f'<p class="verdict {word}"><strong>{text(strong or _STRONG[word])}</strong> {text(sentence)}</p>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and values."""
    return f"<dl>{''.join(f'<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>' for name, value in pairs)}</dl>"


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


def bars(heights: Sequence[int], said: str, first: str, last: str) -> str:
    """Return numbers over time as bars, which a sentence says too; nothing where all are zero."""
    most = max(heights, default=0)
    if not most:
        return ""
    width = 600 / len(heights)
    drawn = "".join(
        f"<rect x='{number * width:.1f}' y='{50 - 48 * height / most:.1f}' width='{max(width - 2, 1):.1f}' "
        f"height='{48 * height / most:.1f}'/>"
        for number, height in enumerate(heights)
        if height
    )
    return (
        f"<figure><svg role='img' aria-label={quoted(said)} viewBox='0 0 600 51' preserveAspectRatio='none'>"
        f"{drawn}<path d='M0 50.5h600'/></svg><figcaption><span>{text(first)}</span><span>{text(last)}</span>"
        "</figcaption></figure>"
    )


_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --soft: #5a626c; --line: #d5d9de; --wash: #f3f5f7;
  --bar: #2f6fb3; --called: #a3231d; --quiet: #1b6e38; --unproven: #7a5200; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #16181b; --soft: #a5adb8; --line: #3a4048;
  --wash: #20242a; --bar: #7ab3ec; --called: #ff9c94; --quiet: #7fd69c; --unproven: #f0c264; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
p, ul { margin: .5rem 0; }
ul { padding-left: 1.25rem; }
.verdict { border-left: .3rem solid; padding: .5rem 1rem; background: var(--wash); font-size: 1.1rem; }
.called { border-color: var(--called); } .called strong { color: var(--called); }
.quiet { border-color: var(--quiet); } .quiet strong { color: var(--quiet); }
.unproven { border-color: var(--unproven); } .unproven strong { color: var(--unproven); }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.5rem; }
code, pre { font: .9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--wash); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem .8rem;
  white-space: pre-wrap; user-select: all; margin: .5rem 0; }
figure { margin: 1rem 0; }
svg { display: block; width: 100%; height: 3.2rem; } rect { fill: var(--bar); } path { stroke: var(--line); }
figcaption { display: flex; justify-content: space-between; color: var(--soft); font-size: .85rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding-bottom: .25rem; }
th { text-align: left; font-size: .85rem; color: var(--soft); }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:nth-child(2), th:nth-child(2) { text-align: right; padding-right: 1.5rem; font-variant-numeric: tabular-nums; }
td li code { overflow-wrap: normal; }
.words td:nth-child(2), .words th:nth-child(2) { text-align: left; padding-right: .75rem; }
td ul { list-style: none; margin: 0; padding: 0; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .5rem 1.5rem; margin: 1rem 0; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; }
a { color: var(--bar); } .links a { margin-left: .75rem; white-space: nowrap; }
time { white-space: nowrap; }
footer { color: var(--soft); font-size: .85rem; margin-top: 2rem; }
@media (max-width: 48rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody, tr, td { display: block; }
  td, td li code { overflow-wrap: anywhere; }
  tr { border: 1px solid var(--line); border-radius: .3rem; margin-bottom: .75rem; padding: .25rem .75rem; }
  td, td:nth-child(2), .words td:nth-child(2) { display: grid; gap: .5rem; border: 0;
    grid-template-columns: 6.5rem minmax(0, 1fr); text-align: left; padding: .2rem 0; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
}
"""

_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

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
