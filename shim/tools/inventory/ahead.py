"""Calls of operations that end on a day still to come, and that Atlas itself still answers: no retired calls yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import groupby

import attrs

from shim.core.recognise import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.tools.inventory.reading import Caller

LEGACY = "legacy"
"""The route of calls that Atlas answered by the old endpoint itself."""

Ends = Callable[[str], datetime | None]
"""Operation -> the day still to come on which it ends; None when it is over, and when nothing is known of it."""


@attrs.frozen
class Ahead:
    """Calls of one operation that ends at ``sunset``; ``last`` is the instant of the last, as inventories have it."""

    operation: str
    sunset: datetime
    calls: int
    last: str


def ends_of(engine: Engine, settings: Settings, now: float) -> Ends:
    """Return what tells when operations end, by the sunsets in force; ``now`` is in seconds since the epoch."""

    def ends(name: str) -> datetime | None:
        operation = engine.named(name)
        if operation is None:
            return None
        sunset, blank = sunset_of(operation, settings), operation.blank
        is_over = now >= sunset.timestamp() or (blank is not None and now >= blank.timestamp())
        return None if is_over else sunset

    return ends


def part(callers: Iterable[Caller], ends: Ends) -> tuple[list[Caller], list[Ahead]]:
    """Return the callers with their calls of what is over alone, and the other calls by operation."""
    over, ahead = [], []
    for caller in callers:
        sunset, count = ends(caller.operation), caller.routes.get(LEGACY, 0)
        if sunset is None or not count:
            over.append(caller)
            continue
        ahead.append(Ahead(caller.operation, sunset, count, caller.lasts[LEGACY]))
        if count < caller.count:
            last = max((when for route, when in caller.lasts.items() if route != LEGACY), default=caller.last)
            over.append(attrs.evolve(caller, count=caller.count - count, last=last))
    return over, summed(ahead)


def summed(rows: Iterable[Ahead]) -> list[Ahead]:
    """Return one row for each operation, the next sunset first."""
    ordered = sorted(rows, key=lambda one: (one.sunset, one.operation))
    return [
        Ahead(name, sunset, sum(one.calls for one in same), max(one.last for one in same))
        for (sunset, name), found in groupby(ordered, key=lambda one: (one.sunset, one.operation))
        for same in [list(found)]
    ]


def sentences(rows: Iterable[Ahead]) -> tuple[str, ...]:
    """Return a sentence for each day on which called operations end; ``rows`` are as ``summed`` orders them."""
    said = []
    for day, same in groupby(rows, key=lambda one: one.sunset.astimezone(UTC).strftime("%Y-%m-%d")):
        calls = "; ".join(f"{one.operation} {_times(one.calls)}, last {spoken(one.last)}" for one in same)
        said.append(f"Calls that end on {day} are made: {calls}: the shim will be needed then.")
    return tuple(said)


def spoken(instant: str) -> str:
    """Return an instant of an inventory as people read it."""
    return f"{instant[:10]} {instant[11:16]} UTC"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
