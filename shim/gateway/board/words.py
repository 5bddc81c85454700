"""What the pages for people say of a status: sentences, facts, and sections of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import attrs

from shim.gateway.board.status import DAY, Announced, Error, Status
from shim.tools.inventory.ahead import spoken

SOON = 14
"""Days before a certificate's end in which it is warned of."""

RECENT = 5
"""Minutes in which a failed call is something to look at now."""

_SIDES = {"listener": "a caller", "upstream": "Atlas"}

_ORIGINS = {"atlas": "Atlas, or the way there", "shim": "the gateway", "caller": "the caller"}

Cell = str | tuple[str, ...]
"""A text, or names."""


@attrs.frozen
class Section:
    """A table with a title and, in a sentence, what its rows are."""

    title: str
    rows_are: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def span(seconds: float) -> str:
    """Return a time span in its largest unit, as in ``3 days``; under a minute it is ``less than a minute``."""
    for name, size in (("day", DAY), ("hour", 3600), ("minute", 60)):
        if (count := int(seconds // size)) >= 1:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "less than a minute"


def _distance(days: int) -> str:
    if days == 0:
        return "today"
    count = f"{abs(days)} day" + ("" if abs(days) == 1 else "s")
    return f"in {count}" if days > 0 else f"{count} ago"


def troubles(status: Status) -> list[str]:
    """Return sentences on what somebody should look at."""
    said = []
    if not status.ready:
        said.append("The gateway takes no calls: it is starting, or it is on its way to its end.")
    recent = sum(one.failed for one in status.minutes[-RECENT:])
    if recent:
        why = next((one for one in status.errors if one.status >= 500), None)
        cause = f", the latest: {_cause(why)} ({_ORIGINS[why.origin]})" if why else ""
        said.append(f"{recent} {'call' if recent == 1 else 'calls'} failed in the last {RECENT} minutes{cause}.")
    if status.reload.state == "refused":
        said.append("The last reload was refused, and the last good settings stay; see Settings below.")
    if status.reload.waiting:
        said.append(f"Changed options wait for a restart: {', '.join(status.reload.waiting)}.")
    for one in status.certificates:
        who = _SIDES.get(one.side, one.side)
        if one.days_left < SOON:
            over = "has expired" if one.days_left < 0 else f"expires {_distance(one.days_left)}"
            said.append(f"The certificate that {who} is shown {over}.")
        if one.refused:
            said.append(f"New files of the certificate that {who} is shown are of no use, and the last good ones stay.")
    return said


def facts(status: Status) -> list[tuple[str, str]]:
    """Return what the gateway is and how it is set, as names and values."""
    mode = status.mode
    return [
        ("Version", status.version),
        ("Up", f"{span(status.uptime_seconds)}, since {spoken(status.started)}"),
        ("Takes calls", f"{'yes' if status.ready else 'no'}, at {mode.listens}"),
        ("Upstream", mode.upstream),
        ("Route", mode.route),
        ("Credentials", mode.credentials),
        ("Retired writes", ", ".join(mode.writes) or "off"),
        ("Inventory", "is written" if mode.inventory else "is not written (ATLAS_SHIM_INVENTORY)"),
        *(
            (
                f"Certificate for {_SIDES.get(one.side, one.side)}",
                f"ends {_distance(one.days_left)}, {spoken(one.not_after)}",
            )
            for one in status.certificates
        ),
    ]


def settings(status: Status) -> list[str]:
    """Return sentences on how settings were read last."""
    reload = status.reload
    said = [f"In use since {spoken(reload.good_since)}."]
    said += [f"The last reload changed: {one}" for one in reload.changes]
    if reload.refused:
        now = "and are still what the files say" if reload.state == "refused" else "and good ones were read since"
        said.append(f"Others were refused at {spoken(reload.refused)}, {now}:")
    return [*said, *reload.problems]


def sections(status: Status) -> list[Section]:
    """Return what was counted and decided; a section may have no rows."""
    return [
        Section(
            "Calls in the last hour",
            "By operation; other calls are passed on",
            ("Operation", "Calls", "Failed", "Answered by", "The last one, and why"),
            tuple(_hour(status)),
        ),
        Section(
            "Errors since the start",
            "The latest kinds",
            ("Cause", "Calls", "Whose", "Operation", "Last"),
            tuple(
                (_cause(one), str(one.calls), _ORIGINS[one.origin], one.operation, spoken(one.last))
                for one in status.errors
            ),
        ),
        Section(
            "Callers since the start",
            "Those that called last, and those that call most",
            ("Caller", "Calls", "Retired calls", "Last"),
            tuple(
                (f"{one.agent or 'no User-Agent'} from {one.peer}", str(one.calls), str(one.retired), spoken(one.last))
                for one in status.callers
            ),
        ),
        Section(
            "The next sunsets in your traffic",
            "As Sunset and Deprecation of Atlas' replies say, of all calls",
            ("Sunset", "Deprecated since", "Operation, and its version", "Replies", "Last", "Callers"),
            tuple(map(_announced, status.announced)),
        ),
        Section(
            "Sunsets, and the route in force",
            "Which side is asked first, for clusters of which nothing is known yet",
            ("Document", "Sunset", "Asked first", "Why", "Operations"),
            tuple(_routes(status)),
        ),
        Section(
            "Fields that are not what they were",
            "In translated answers",
            ("Fields", "Answers", "Of", "Is now", "Why"),
            tuple(_fields(status)),
        ),
    ]


def _routes(status: Status) -> Iterator[tuple[Cell, ...]]:
    first = {one.operation: (one.first or "nobody", one.reason) for one in status.routes}
    for sunset in sorted(status.sunsets, key=lambda one: one.sunset):
        when = f"{sunset.sunset[:10]}, {_distance(sunset.days_left)}"
        when += " (by the option sunset)" if sunset.overridden else ""
        for decision, names in groupby(sorted(sunset.operations, key=lambda name: first[name]), key=lambda n: first[n]):
            yield (sunset.title, when, *decision, tuple(names))


def _announced(one: Announced) -> tuple[Cell, ...]:
    sunset = "-" if one.sunset is None else f"{one.sunset[:10]}, {_distance(one.days_left or 0)}"
    deprecated = one.deprecation[:10] if one.deprecation else "yes" if one.deprecated else "-"
    operation = tuple(filter(None, (f"{one.method} {one.path}", one.version, one.link)))
    return sunset, deprecated, operation, str(one.calls), spoken(one.last), one.callers


def _hour(status: Status) -> Iterator[tuple[Cell, ...]]:
    last = {one.operation: one for one in status.routes if one.last}
    calls = {one.operation: one for one in status.hour}
    for name in dict.fromkeys([*calls, *last]):
        one, known = calls.get(name), last.get(name)
        numbers = (str(one.calls), str(one.failed), _sides(one.routes)) if one else ("0", "0", "-")
        why = "-"
        if known is not None and known.last is not None:
            why = ", ".join(filter(None, (f"{spoken(known.last)}: {known.answered}", known.because)))
        yield (name, *numbers, why)


def _fields(status: Status) -> Iterator[tuple[Cell, ...]]:
    """Yield fields together that have an operation, a reason and a count in common."""
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for one in status.fields:
        alike.setdefault((str(one.answers), one.operation, one.level, one.why), []).append(one.field)
    for rest, names in alike.items():
        yield (tuple(names), *rest)


def _cause(one: Error) -> str:
    if one.code is None:
        return f"Atlas answered {one.cause}" if one.cause == str(one.status) else one.cause.replace("_", " ")
    return f"{one.code}: {one.cause.replace('_', ' ')}" if one.cause != "none" else one.code


def _sides(routes: Mapping[str, int]) -> str:
    return ", ".join(f"{side} {count}" for side, count in sorted(routes.items())) or "-"
