"""Reading inventories: who made which retired call, how often, when last, and what the answers lacked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import attrs

_T = TypeVar("_T")

_LEVELS = ("absent", "derived", "constant")


@attrs.define
class Caller:
    """All calls of one operation from one place.

    ``file`` and ``line`` are a call site in Python, ``agent`` is a user agent at the gateway; a caller has
    one of the two or neither. ``first`` and ``last`` are UTC instants as written. ``absent``, ``derived``
    and ``constant`` are fields of answers that were not what they used to be; ``dropped`` counts values
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
    """The callers in some inventory files; of the ``lines`` that were read, ``broken`` are no records."""

    callers: tuple[Caller, ...]
    lines: int
    broken: int


_Callers = dict[tuple[str, str | None, int | None, str | None], Caller]


def read_inventory(paths: Iterable[Path]) -> Inventory:
    """Sum up inventory files, by operation, the most recent caller first; raises OSError."""
    callers: _Callers = {}
    lines = broken = 0
    for path in paths:
        with path.open("rb") as file:
            for line in filter(bytes.strip, file):
                lines += 1
                try:
                    _add(callers, json.loads(line))
                except (ValueError, TypeError, KeyError, RecursionError):
                    broken += 1
    ordered = sorted(callers.values(), key=lambda one: one.place)
    ordered.sort(key=lambda one: one.last, reverse=True)
    ordered.sort(key=lambda one: one.operation)
    return Inventory(tuple(ordered), lines, broken)


def _add(callers: _Callers, entry: Any) -> None:
    """Count one line; raises TypeError or KeyError when it is no record."""
    when, operation = _of(str, entry["time"]), _of(str, entry["operation"])
    file, agent = _maybe(str, entry.get("file")), _maybe(str, entry.get("agent"))
    line, dropped = _maybe(int, entry.get("line")), _maybe(int, entry.get("dropped")) or 0
    names = {level: [_of(str, name) for name in entry.get(level, ())] for level in _LEVELS}
    # Only a whole record gets this far, so that a broken one makes no caller.
    caller = callers.setdefault((operation, file, line, agent), Caller(operation, file, line, agent))
    caller.count += 1
    caller.first = min(caller.first or when, when)
    caller.last = max(caller.last, when)
    caller.dropped += dropped
    route = str(entry.get("route", "unknown"))
    caller.routes[route] = caller.routes.get(route, 0) + 1
    _keep(caller.apis, entry.get("api"))
    _keep(caller.successors, entry.get("successor"))
    for level in _LEVELS:
        for name in names[level]:
            _keep(getattr(caller, level), name)


def _keep(known: list[str], value: object) -> None:
    if isinstance(value, str) and value not in known:
        known.append(value)


def _of(kind: type[_T], value: object) -> _T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError("of another type")
    return value


def _maybe(kind: type[_T], value: object) -> _T | None:
    return None if value is None else _of(kind, value)
