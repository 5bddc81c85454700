"""Calls of gateways in an inventory whose replies announced the end of their operation."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from shim.tools.inventory.writing import remote, write, written
from shim.tools.radar import Sighting

MOST = 1000
"""Operations that are told apart."""

CALLERS = 200
"""Callers of one operation that are told apart; what others call counts for the operation alone."""


def note_announced(
    sighting: Sighting,
    *,
    agent: str | None = None,
    peer: str | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
) -> None:
    """Append one call whose reply announces the end of its operation, as ``note`` appends a retired one."""

    def entry() -> dict[str, object]:
        said: dict[str, object] = {"time": written(clock()), "announced": f"{sighting.method} {sighting.path}"}
        said |= {"version": sighting.version} if sighting.version else {}
        said |= {"sunset": written(sighting.sunset)} if sighting.sunset is not None else {}
        if sighting.deprecated:
            said["deprecation"] = True if sighting.deprecation is None else written(sighting.deprecation)
        said |= {"link": sighting.link} if sighting.link else {}
        return said | remote(agent, peer)

    write(environ, entry)


@attrs.frozen
class SaidOnce:
    """What one line says: ``operation`` is method and path, without anybody's name; instants are UTC as written.

    ``sunset`` and ``deprecation`` are empty where nothing was said; ``deprecation`` is ``true`` without a date.
    """

    operation: str
    version: str
    sunset: str
    deprecation: str
    link: str
    caller: str


@attrs.define
class AnnouncedCalls:
    """All such calls of one operation in one version; of dates those count that were said last."""

    operation: str
    version: str
    sunset: str = ""
    deprecation: str = ""
    link: str = ""
    count: int = 0
    first: str = ""
    last: str = ""
    callers: dict[str, int] = attrs.field(factory=dict)


def read_announced(entry: Mapping[str, Any]) -> SaidOnce:
    """Return what an entry says; raises TypeError or KeyError when it is no such record."""
    deprecation = entry.get("deprecation", "")
    agent, peer = (_text(entry.get(name, "")) for name in ("agent", "peer"))
    return SaidOnce(
        _text(entry["announced"]),
        _text(entry.get("version", "")),
        _text(entry.get("sunset", "")),
        "true" if deprecation is True else _text(deprecation),
        _text(entry.get("link", "")),
        f"{agent or 'unknown'} from {peer}" if peer else agent or "unknown",
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("of another type")
    return value


class Announcements:
    """Sums such calls up."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], AnnouncedCalls] = {}

    def add(self, when: str, said: SaidOnce) -> None:
        """Count one call."""
        key = said.operation, said.version
        found = self._calls.get(key)
        if found is None:
            if len(self._calls) >= MOST:
                return
            found = self._calls[key] = AnnouncedCalls(*key)
        found.count += 1
        found.first = min(found.first or when, when)
        if when >= found.last:
            found.last, found.sunset, found.deprecation, found.link = when, said.sunset, said.deprecation, said.link
        if said.caller in found.callers or len(found.callers) < CALLERS:
            found.callers[said.caller] = found.callers.get(said.caller, 0) + 1

    def sums(self) -> tuple[AnnouncedCalls, ...]:
        """Return the sums, the next sunset first, and those without one last."""
        return tuple(sorted(self._calls.values(), key=lambda one: (one.sunset or "~", one.operation, one.version)))
