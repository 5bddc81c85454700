"""The inventory as a page for people: one file that loads nothing, has no script, and escapes all it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import attrs

from shim import page as html
from shim.cli.fields import no_successor
from shim.cli.next_calls import NextCall
from shim.documents.model import Operation
from shim.inventory import explain_command
from shim.inventory.ahead import spoken
from shim.inventory.announcements import AnnouncedCalls
from shim.inventory.reading import LEVELS, MOST, Caller, Inventory
from shim.inventory.verdict import Verdict

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
        """The command that shows the call to make instead; empty for an unknown operation."""
        return "" if self.operation is None else explain_command(self.operation)

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
        html.verdict(verdict.word, _WORDS[verdict.word], verdict.sentence),
        html.bullets((*verdict.doubts, *verdict.ahead)),
        *(f"<p>{html.text(remark)}</p>" for remark in remarks(found, verdict)),
        *(_operation(one, found.days.get(one.name, {}), (first, last)) for one in called),
        _announced(found.announced),
    ]
    footer = f"Made by atlas-shim inventory at {now:%Y-%m-%d %H:%M} UTC."
    return html.document("Who still makes retired Atlas calls", parts, footer)


def _operation(one: Called, days: Mapping[str, int], window: tuple[date, date]) -> str:
    operation, name = one.operation, html.text(one.name)
    more = len(one.callers) - ROWS
    parts = [
        f"<section aria-label={html.quoted(one.name)}>",
        f"<h2>{name}</h2>",
        ""
        if operation is None
        else f"<p>{operation.method} {html.code(operation.full_path)}, retired on {operation.sunset:%Y-%m-%d}</p>",
        _time_line(days, window),
        html.table(f"Callers of {one.name}, the latest first", _COLUMNS, map(_row, one.callers[:ROWS])),
        f"<p>{more} more callers are in the text and the JSON.</p>" if more > 0 else "",
        _way_out(one),
        "</section>",
    ]
    return "\n".join(filter(None, parts))


def announced_row(one: AnnouncedCalls) -> list[str]:
    """Return for people which operation ends when, and who calls it: four callers, those that call most."""
    callers = sorted(one.callers, key=lambda name: -one.callers[name])
    named = ", ".join(callers[:4]) + (f" and {len(callers) - 4} more" if len(callers) > 4 else "")
    deprecated = {"": "-", "true": "yes"}.get(one.deprecation, one.deprecation[:10])
    return [one.sunset[:10] or "-", deprecated, one.operation, one.version, str(one.count), one.last, named]


def _announced(announced: Sequence[AnnouncedCalls]) -> str:
    if not announced:
        return ""
    columns = ("Sunset", "Deprecated", "Operation", "Version", "Calls", "Last", "Callers")
    rows = ([*map(html.text, announced_row(one))] for one in announced)
    table = html.table(
        "As Sunset and Deprecation of Atlas' replies said, the next one first", columns, rows, words=True
    )
    return f"<section><h2>The next sunsets in these calls</h2>{table}</section>"


def _way_out(one: Called) -> str:
    if one.operation is None:
        return "<p>No mapping document knows this operation.</p>"
    gone = no_successor(one.operation)
    calls = "".join(
        f"<li>{html.text(f'For {call.word}: ') if call.word else ''}{html.text(call.method)} {html.code(call.url)}"
        f"{html.text(f', Accept: {call.accept}')}</li>"
        for call in one.instead
    )
    parts = [
        "<h3>The call to make instead</h3>",
        f"<p>{html.text(gone)}</p>" if gone else "",
        f"<ul>{calls}</ul><p>This shows it for curl and SDKs, and every field:</p>" if calls else "",
        f"<pre tabindex='0'>{html.text(one.explain)}</pre>" if calls else "",
    ]
    return "".join(parts)


_COLUMNS = ("Caller", "Calls", "First", "Last", "Not what it was")


def _row(caller: Caller) -> tuple[str, ...]:
    lacking = "".join(
        f"<li>{level}: {', '.join(map(html.code, names))}</li>" for level in LEVELS if (names := getattr(caller, level))
    )
    if caller.dropped:
        lacking += f"<li>{caller.dropped} values left out</li>"
    return (
        html.code(caller.place),
        str(caller.count),
        html.time(caller.first, spoken(caller.first)),
        html.time(caller.last, spoken(caller.last)),
        f"<ul>{lacking}</ul>" if lacking else "nothing",
    )


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
    at = first + timedelta(days=heights.index(most) * span // bars)
    each = "a day" if bars == span else f"in {-(-span // bars)} days"
    said = f"{sum(heights)} calls from {first} to {last}, at most {most} {each}, about {at}"
    return html.bars(heights, said, str(first), str(last))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


_WORDS = {"called": "Still called.", "quiet": "Nobody calls.", "unproven": "Not proven."}
