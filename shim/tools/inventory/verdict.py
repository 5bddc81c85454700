"""Decide whether retired calls are still made, and list the doubts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs

from shim.core.recognize import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings, parse_instant
from shim.errors import SettingsError
from shim.tools.inventory.reading import MAX_CALLERS, Caller, Inventory
from shim.tools.inventory.writing import written

LEGACY = "legacy"  # the route of calls that the old endpoint answered

Ends = Mapping[str, datetime]  # operation to its sunset, if that is in the future

_SPAN = re.compile(r"([0-9]{1,4})\s*([mhdw])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


@attrs.frozen(order=True)
class Ahead:
    """Calls of an operation with a future sunset that Atlas answered itself.

    ``last`` is the instant of the last one.
    """

    sunset: datetime
    operation: str
    calls: int
    last: str


def parse_since(text: str, now: datetime) -> datetime:
    """Return ``30d``, ``12h``, ``4w``, ``45m``, a date or an instant as an instant.

    A date means 00:00 UTC. Raises SettingsError for other texts, and for instants in
    the future.
    """
    span = _SPAN.fullmatch(text.strip())
    try:
        if span is not None:
            when = now - int(span[1]) * _UNITS[span[2]]
        else:
            when = parse_instant(text.strip(), name="")
    except SettingsError:
        forms = "a time span such as 30d, 12h or 4w, a date such as 2026-05-01, or an instant with its zone"
        raise SettingsError(f"--since: {text!r} is not {forms}") from None
    if when >= now:
        raise SettingsError(f"--since: {text!r} is not in the past")
    return when


def ends_of(engine: Engine, settings: Settings, now: float) -> Ends:
    """Return the future sunsets of operations, as settings have them.

    ``now`` is in seconds since the epoch.
    """
    ends = dict[str, datetime]()
    for one in engine.operations:
        sunset = sunset_of(one, settings)
        if now < min(sunset, one.blank or sunset).timestamp():
            ends |= dict.fromkeys((one.id, *one.aliases), sunset)
    return ends


def sentences(rows: Iterable[Ahead]) -> tuple[str, ...]:
    """Return a sentence for each called operation, by the day on which it ends."""
    said = []
    by_end = groupby(sorted(rows), lambda one: (one.sunset, one.operation))
    for (sunset, operation), same in by_end:
        counts, lasts = zip(*((one.calls, one.last) for one in same), strict=True)
        times = f"{_plural(sum(counts), 'call')}, the last {spoken(max(lasts))}"
        said.append(
            f"{operation} ends on {sunset.astimezone(UTC):%Y-%m-%d}, and is called ({times})."
        )
    return tuple(said)


def spoken(instant: str) -> str:
    """Return an instant of an inventory as people read it."""
    return f"{instant[:10]} {instant[11:16]} UTC"


def judge(found: Inventory, files: Iterable[Path], ends: Ends) -> dict[str, Any]:
    """Return the verdict on the records of some files, as JSON has it.

    Its ``word`` is ``called``, ``quiet`` or ``unproven``. ``sentence`` explains it with
    its facts, and ``doubts`` are reasons for ``unproven``. Calls were recorded since
    ``reaches``. A call does not count as retired if ``ends`` has a future sunset for it
    and Atlas answered it itself: ``ahead`` has sentences on those. Raises OSError.
    """
    start = found.since
    over = list[Caller]()
    ahead = list[Ahead]()
    for one in found.callers:
        if one.route == LEGACY and one.operation in ends:
            ahead.append(Ahead(ends[one.operation], one.operation, one.count, one.last))
        else:
            over.append(one)
    # An empty file was created at its last write.
    empty = [info for info in map(Path.stat, files) if not info.st_size]
    begun = [written(info.st_mtime) for info in empty]
    reaches = min([found.first] * bool(found.first) + begun, default="")
    if start or reaches:
        window = f" since {spoken(start or reaches)}"
    else:
        window = ""
    doubts = [*_doubts(found, reaches)]
    if over or found.untold:
        calls = sum(one.count for one in over) + found.untold
        places = {one.place for one in over}
        if found.untold:
            count = f"More than {MAX_CALLERS} callers"
        else:
            count = _plural(len(places), "caller")
        last = max((one.last for one in over), default="")
        word = "called"
        doubts = []
        verb = "calls" if len(places) == 1 else "call"
        sentence = (
            f"{count} still {verb} retired endpoints: "
            f"{_plural(calls, 'call')}{window}, the last {spoken(last)}."
        )
    elif doubts:
        word = "unproven"
        sentence = f"No retired call was recorded{window}, but that does not prove that no call was made."
    else:
        word = "quiet"
        sentence = (
            f"There was no retired call{window}. If every program and gateway that could make retired calls "
            "wrote to this inventory all the time, the shim can be removed."
        )
    said = {
        "word": word,
        "sentence": sentence,
        "since": start,
        "reaches": reaches,
        "doubts": doubts,
    }
    return {**said, "ahead": sentences(ahead)}


def _doubts(found: Inventory, reaches: str) -> Iterator[str]:
    if not found.since:
        yield "No time window was given; set one, as in --since 30d."
    elif not reaches:
        yield "The inventory has no line that shows when it was begun."
    elif reaches > found.since:
        yield f"The inventory reaches back only to {spoken(reaches)}, not to {spoken(found.since)}."
    if found.broken:
        yield f"{_plural(found.broken, 'line')} can't be read, and may have been calls."


def _plural(count: int, noun: str) -> str:
    if count == 1:
        return f"{count} {noun}"
    return f"{count} {noun}s"
