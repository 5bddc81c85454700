"""Reading inventories: who made which retired call, how often, when last, and what the answers lacked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs


@attrs.define
class Caller:
    """All calls of one operation from one place.

    ``file`` and ``line`` are a Python call site, ``agent`` a user agent at the gateway; one of them or
    neither is there. ``first`` and ``last`` are UTC instants as written. ``absent``, ``derived`` and
    ``constant`` are fields of answers that were not what they used to be; ``dropped`` counts values
    that could not be translated.
    """

    operation: str
    file: str | None
    line: int | None
    agent: str | None
    count: int = 0
    first: str = ""
    last: str = ""
    dropped: int = 0
    routes: dict[str, int] = attrs.field(factory=dict)
    apis: list[str] = attrs.field(factory=list)
    successors: list[str] = attrs.field(factory=list)
    absent: list[str] = attrs.field(factory=list)
    derived: list[str] = attrs.field(factory=list)
    constant: list[str] = attrs.field(factory=list)

    @property
    def place(self) -> str:
        """Where the calls come from, for people."""
        if self.file is not None:
            return f"{self.file}:{self.line}" if self.line is not None else self.file
        return self.agent or "unknown"


@attrs.frozen
class Inventory:
    """What some inventory files say; ``lines`` were read, of which ``broken`` are no records."""

    callers: tuple[Caller, ...]
    lines: int
    broken: int


def read_inventory(paths: Iterable[Path]) -> Inventory:
    """Sum up inventory files, the most recent caller of each operation first; raises OSError."""
    callers: dict[tuple[Any, ...], Caller] = {}
    lines = broken = 0
    for path in paths:
        with path.open("rb") as file:
            for line in file:
                if not line.strip():
                    continue
                lines += 1
                try:
                    _add(callers, json.loads(line))
                except (ValueError, TypeError, KeyError, RecursionError):
                    broken += 1
    ordered = sorted(callers.values(), key=lambda one: one.place)
    ordered.sort(key=lambda one: one.last, reverse=True)
    ordered.sort(key=lambda one: one.operation)
    return Inventory(tuple(ordered), lines, broken)


def _add(callers: dict[tuple[Any, ...], Caller], entry: Any) -> None:
    """Count one line; raises TypeError or KeyError when it is no record."""
    when, operation = _text(entry["time"]), _text(entry["operation"])
    file, agent = _maybe(entry.get("file"), str), _maybe(entry.get("agent"), str)
    line = _maybe(entry.get("line"), int)
    names = {level: [_text(name) for name in entry.get(level, ())] for level in ("absent", "derived", "constant")}
    dropped = _maybe(entry.get("dropped", 0), int) or 0
    key = (operation, file, line, agent)
    caller = callers.setdefault(key, Caller(operation, file, line, agent))
    caller.count += 1
    caller.first = min(caller.first, when) if caller.first else when
    caller.last = max(caller.last, when)
    caller.dropped += dropped
    route = str(entry.get("route", "unknown"))
    caller.routes[route] = caller.routes.get(route, 0) + 1
    _keep(caller.apis, entry.get("api"))
    _keep(caller.successors, entry.get("successor"))
    for level, found in names.items():
        for name in found:
            _keep(getattr(caller, level), name)


def _keep(known: list[str], value: Any) -> None:
    if isinstance(value, str) and value not in known:
        known.append(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _maybe(value: Any, kind: type) -> Any:
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise TypeError("of another type")
    return value
