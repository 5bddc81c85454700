"""The inventory as a page for people: one file that loads nothing, has no script, and escapes all it shows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape

import attrs

from shim.cli.code_samples import NextCall
from shim.cli.fields import no_successor
from shim.documents.model import Operation
from shim.inventory import explain_command
from shim.inventory.reading import LEVELS, MOST, Caller, Inventory
from shim.inventory.verdict import Verdict, spoken

BARS = 60
"""Bars of a time line."""

ROWS = 500
"""Callers of one operation that the page shows."""


@attrs.frozen
class Called:
    """An operation's name, the operation if a document has it, its callers, and the calls to make instead."""

    name: str
    operation: Operation | None
    callers: Sequence[Caller]
    instead: Sequence[NextCall]

    @property
    def count(self) -> int:
        """Its calls."""
        return sum(caller.count for caller in self.callers)

    @property
    def explain(self) -> str:
        """The command that shows the code for what its callers are written with; empty for an unknown operation."""
        if self.operation is None:
            return ""
        libraries = [library for caller in self.callers for library in caller.libraries]
        return explain_command(self.operation, libraries=libraries, agents=[caller.agent for caller in self.callers])

    @property
    def last(self) -> str:
        """When it was called last."""
        return max(caller.last for caller in self.callers)


def remarks(found: Inventory, verdict: Verdict) -> list[str]:
    """Return sentences on what was read, and what was left out of the callers."""
    said = []
    if found.first:
        said.append(f"The inventory has {found.lines} lines, from {spoken(found.first)} to {spoken(found.last)}.")
    elif verdict.reaches:
        said.append(f"The inventory is empty, and was made at {spoken(verdict.reaches)}.")
    if found.broken:
        said.append(f"{found.broken} of {found.lines} lines are no records.")
    if found.earlier:
        said.append(f"{found.earlier} calls were made before the window, and are left out.")
    if found.own:
        said.append(f"{found.own} calls of the shim's own commands are left out.")
    if found.untold:
        said.append(f"Only {MOST} callers are told apart; {found.untold} calls of others were counted.")
    return said


def page(found: Inventory, called: Sequence[Called], verdict: Verdict, now: datetime) -> str:
    """Return the page as HTML; ``now`` is when it is made."""
    first, last = _window(found, verdict, now)
    parts = [
        f'<p class="verdict {verdict.word}"><strong>{_WORDS[verdict.word]}</strong> {_text(verdict.sentence)}</p>',
        _list(verdict.doubts),
        *(f"<p>{_text(remark)}</p>" for remark in remarks(found, verdict)),
        *(_operation(one, found.days.get(one.name, {}), (first, last)) for one in called),
    ]
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return _PAGE.format(
        csp=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=_STYLE,
        body="\n".join(filter(None, parts)),
        made=_text(f"{now:%Y-%m-%d %H:%M} UTC"),
    )


def _operation(one: Called, days: Mapping[str, int], window: tuple[date, date]) -> str:
    operation, name = one.operation, _text(one.name)
    rows = "\n".join(_row(caller) for caller in one.callers[:ROWS])
    more = len(one.callers) - ROWS
    parts = [
        f"<section aria-label={_quoted(one.name)}>",
        f"<h2>{name}</h2>",
        ""
        if operation is None
        else f"<p>{operation.method} {_code(operation.full_path)}, retired on {operation.sunset:%Y-%m-%d}</p>",
        _time_line(days, window),
        f"<table role='table'><caption>Callers of {name}, the latest first</caption>",
        "<thead role='rowgroup'><tr role='row'>",
        *(f"<th role='columnheader' scope='col'>{column}</th>" for column in _COLUMNS),
        f"</tr></thead><tbody role='rowgroup'>{rows}</tbody></table>",
        f"<p>{more} more callers are in the text and the JSON.</p>" if more > 0 else "",
        _way_out(one),
        "</section>",
    ]
    return "\n".join(filter(None, parts))


def _way_out(one: Called) -> str:
    if one.operation is None:
        return "<p>No mapping document knows this operation.</p>"
    gone = no_successor(one.operation)
    calls = "".join(
        f"<li>{_text(f'For {call.word}: ') if call.word else ''}{_text(call.method)} {_code(call.url)}</li>"
        for call in one.instead
    )
    parts = [
        "<h3>The call to make instead</h3>",
        f"<p>{_text(gone)}</p>" if gone else "",
        f"<ul>{calls}</ul><p>This shows its code, and every field:</p>" if calls else "",
        f"<pre tabindex='0'>{_text(one.explain)}</pre>" if calls else "",
    ]
    return "".join(parts)


_COLUMNS = ("Caller", "Calls", "First", "Last", "Not what it was")


def _row(caller: Caller) -> str:
    lacking = "".join(
        f"<li>{level}: {', '.join(map(_code, names))}</li>" for level in LEVELS if (names := getattr(caller, level))
    )
    if caller.dropped:
        lacking += f"<li>{caller.dropped} values left out</li>"
    cells = (
        _code(caller.place),
        str(caller.count),
        _time(caller.first),
        _time(caller.last),
        f"<ul>{lacking}</ul>" if lacking else "nothing",
    )
    labelled = zip(_COLUMNS, cells, strict=True)
    inside = "".join(f"<td role='cell' data-label={_quoted(label)}><div>{cell}</div></td>" for label, cell in labelled)
    return f"<tr role='row'>{inside}</tr>"


def _window(found: Inventory, verdict: Verdict, now: datetime) -> tuple[date, date]:
    """Return the days that time lines have in common: from the window's start, or the first call, to today."""
    known = [day for days in found.days.values() for text in days if (day := _day(text)) is not None]
    first = _day(verdict.since) or min(known, default=now.date())
    return min(first, now.date()), max([now.date(), *known])


def _time_line(days: Mapping[str, int], window: tuple[date, date]) -> str:
    """Return calls over time as bars, which a sentence says too."""
    first, last = window
    span = (last - first).days + 1
    bars = min(BARS, span)
    heights = [0] * bars
    for text, count in days.items():
        day = _day(text)
        if day is not None and first <= day <= last:
            heights[(day - first).days * bars // span] += count
    most = max(heights, default=0)
    if not most:
        return ""
    width = 600 / bars
    drawn = "".join(
        f"<rect x='{number * width:.1f}' y='{50 - 48 * height / most:.1f}' width='{max(width - 2, 1):.1f}' "
        f"height='{48 * height / most:.1f}'/>"
        for number, height in enumerate(heights)
        if height
    )
    at = first + timedelta(days=heights.index(most) * span // bars)
    each = "a day" if bars == span else f"in {-(-span // bars)} days"
    said = f"{sum(heights)} calls from {first} to {last}, at most {most} {each}, about {at}"
    return (
        f"<figure><svg role='img' aria-label={_quoted(said)} viewBox='0 0 600 51' preserveAspectRatio='none'>"
        f"{drawn}<path d='M0 50.5h600'/></svg><figcaption><span>{first}</span><span>{last}</span></figcaption></figure>"
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _time(text: str) -> str:
    return f"<time datetime={_quoted(text)}>{_text(spoken(text))}</time>"


def _list(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(text)}</li>' for text in texts)}</ul>" if texts else ""


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'


def _text(text: str) -> str:
    """Return a text for HTML; what is not to be seen would let a caller's name pass for another."""
    return escape("".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text))


_WORDS = {"called": "Still called.", "quiet": "Nobody calls.", "unproven": "Not proven."}

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
td ul { list-style: none; margin: 0; padding: 0; }
time { white-space: nowrap; }
footer { color: var(--soft); font-size: .85rem; margin-top: 2rem; }
@media (max-width: 48rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody, tr, td { display: block; }
  tr { border: 1px solid var(--line); border-radius: .3rem; margin-bottom: .75rem; padding: .25rem .75rem; }
  td, td:nth-child(2) { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; border: 0;
    text-align: left; padding: .2rem 0; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>Who still makes retired Atlas calls</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Who still makes retired Atlas calls</h1>
{body}
</main>
<footer>Made by atlas-shim inventory at {made}.</footer>
</body>
</html>
"""
