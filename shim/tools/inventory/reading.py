"""Reads inventories: who made which retired call, how often, when last, and which fields had changed."""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Any, TypeVar

import attrs

from shim.tools.inventory.writing import COMMANDS, opened

_T = TypeVar("_T")

LEVELS = ("absent", "derived", "constant")
"""The fidelity levels in a line, the worst first."""

MOST = 10_000
"""The most callers kept; calls of further callers are only counted."""

_ANNOUNCED = 1000  # the most operations kept whose replies announce their end

_NAMES = 200  # fields and routes of one caller that are kept, and callers of one announced operation

_LONGEST = 65536  # the most bytes read of a line, far more than any line that is written

# A machine whose clock is not set writes 1970; the oldest inventories are of 2026.
_TIME = re.compile(
    r"(?:202[6-9]|20[3-9]\d|2[1-9]\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ",
    re.ASCII,
)


@attrs.define
class Caller:
    """All calls of one operation from one place.

    ``file`` and ``line`` are a call site in Python; ``agent`` is a User-Agent at the gateway and ``peer`` the address
    it came from; unknown ones are None. ``first`` and ``last`` are UTC instants as written. ``absent``,
    ``derived`` and ``constant`` are the changed fields of its answers; ``dropped`` counts values that could not be
    translated. ``routes`` counts calls by the side that answered; ``lasts`` are their last instants.
    """

    operation: str
    file: str | None
    line: int | None
    agent: str | None
    peer: str | None = None
    count: int = 1
    first: str = ""
    last: str = ""
    dropped: int = 0
    routes: dict[str, int] = attrs.field(factory=dict)
    lasts: dict[str, str] = attrs.field(factory=dict)
    absent: list[str] = attrs.field(factory=list)
    derived: list[str] = attrs.field(factory=list)
    constant: list[str] = attrs.field(factory=list)

    @property
    def place(self) -> str:
        """The caller as text for people."""
        if self.file is not None:
            return f"{self.file}:{self.line}" if self.line is not None else self.file
        return _remote(self.agent, self.peer)

    def add(self, call: Caller) -> None:
        """Count one more call."""
        self.count += 1
        self.first, self.last = min(self.first, call.first), max(self.last, call.last)
        self.dropped += call.dropped
        for route, when in call.lasts.items():
            if route in self.routes or len(self.routes) < _NAMES:
                self.routes[route] = self.routes.get(route, 0) + 1
                self.lasts[route] = max(self.lasts.get(route, when), when)
        for name in LEVELS:
            known = getattr(self, name)
            known += [one for one in getattr(call, name) if one not in known][: _NAMES - len(known)]


@attrs.define
class AnnouncedCalls:
    """All calls of one operation in one version whose replies announced its end; of its dates the last seen count.

    ``operation`` is method and path, without anybody's name; instants are UTC as written. ``sunset`` and
    ``deprecation`` are empty if not announced; ``deprecation`` is ``true`` without a date.
    """

    operation: str
    version: str
    sunset: str
    deprecation: str
    link: str
    count: int
    first: str
    last: str
    callers: dict[str, int]

    def add(self, call: AnnouncedCalls) -> None:
        """Count one more call."""
        self.count += 1
        self.first = min(self.first, call.first)
        if call.last >= self.last:
            self.last, self.sunset, self.deprecation, self.link = call.last, call.sunset, call.deprecation, call.link
        for who in call.callers:
            if who in self.callers or len(self.callers) < _NAMES:
                self.callers[who] = self.callers.get(who, 0) + 1


@attrs.frozen
class Inventory:
    """The callers in some inventory files, and facts about the files.

    Of the ``lines`` read, ``broken`` can't be read, ``earlier`` are calls before the window, ``own`` are calls of the
    shim's own commands, and ``untold`` are calls of callers beyond the first 10,000.
    ``first`` and ``last`` are the instants of the first and the last record of any kind, empty without records.
    ``announced`` are calls, retired or not, whose replies announced a sunset.
    """

    callers: tuple[Caller, ...]
    lines: int
    broken: int
    earlier: int
    own: int
    untold: int
    first: str
    last: str
    announced: tuple[AnnouncedCalls, ...]


def read_inventory(paths: Iterable[Path], since: str = "") -> Inventory:
    """Sum up inventory files, by operation, the most recent caller first; raises OSError, also for no regular file.

    ``since`` is the start of the window, written as in the files; empty for all. Files that end with ``.gz`` are
    unpacked; a truncated one counts as a broken line. Memory is bounded, whatever the files are.
    """
    reader = _Reader(since)
    for path in paths:
        for line in _lines_of(path):
            reader.take(line)
    callers = sorted(reader.callers.values(), key=lambda one: one.place)
    callers.sort(key=lambda one: one.last, reverse=True)
    callers.sort(key=lambda one: one.operation)
    ends = sorted(reader.announced.values(), key=lambda one: (one.sunset or "~", one.operation, one.version))
    return Inventory(tuple(callers), **reader.counts, first=reader.first, last=reader.last, announced=tuple(ends))


def _lines_of(path: Path) -> Iterator[bytes]:
    with os.fdopen(opened(path, os.O_RDONLY), "rb") as file:
        try:
            yield from _lines(gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield b"packed, and broken from here on"


def _lines(file: BufferedIOBase) -> Iterator[bytes]:
    """Yield the lines that are not empty; a line too long for a record is cut, and so counts as broken."""
    while line := file.readline(_LONGEST):
        cut = line
        while len(cut) == _LONGEST and not cut.endswith(b"\n"):
            cut = file.readline(_LONGEST)
        if line.strip():
            yield line


class _Reader:
    """Counts lines one by one."""

    def __init__(self, since: str) -> None:
        self._since = since
        self.callers: dict[Any, Caller] = {}
        self.announced: dict[Any, AnnouncedCalls] = {}
        self.first = self.last = ""
        self.counts = dict.fromkeys(("lines", "broken", "earlier", "own", "untold"), 0)

    def take(self, line: bytes) -> None:
        """Count one line."""
        self.counts["lines"] += 1
        try:
            entry = json.loads(line)
            when = _of(re.Match, _TIME.fullmatch(entry["time"]))[0]
            call = _read(entry, when)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.counts["broken"] += 1
            return
        self.first, self.last = min(self.first or when, when), max(self.last, when)
        if isinstance(call, Caller):
            key = call.operation, call.file, call.line, call.agent, call.peer
            if when < self._since:
                self.counts["earlier"] += 1
            elif (call.agent or "").startswith(COMMANDS):
                self.counts["own"] += 1
            elif key in self.callers:
                self.callers[key].add(call)
            elif len(self.callers) < MOST:
                self.callers[key] = call
            else:
                self.counts["untold"] += 1
        elif call is not None and when >= self._since and not any(who.startswith(COMMANDS) for who in call.callers):
            operation = call.operation, call.version
            if operation in self.announced:
                self.announced[operation].add(call)
            elif len(self.announced) < _ANNOUNCED:
                self.announced[operation] = call


def _read(entry: Any, when: str) -> Caller | AnnouncedCalls | None:
    """Return an entry's call, None if it records no call; raises TypeError or KeyError if it is not a record."""
    if "operation" not in entry and "started" in entry:
        return None
    agent, peer = _get(entry, str, "agent"), _get(entry, str, "peer")
    if "operation" not in entry and "announced" in entry:
        version, sunset, link = (_get(entry, str, name) or "" for name in ("version", "sunset", "link"))
        deprecation = "true" if entry.get("deprecation") is True else _get(entry, str, "deprecation") or ""
        dates = version, sunset, deprecation, link
        return AnnouncedCalls(_of(str, entry["announced"]), *dates, 1, when, when, {_remote(agent, peer): 1})
    route = str(entry.get("route", "unknown"))
    return Caller(
        _of(str, entry["operation"]),
        _get(entry, str, "file"),
        _get(entry, int, "line"),
        agent,
        peer,
        first=when,
        last=when,
        dropped=_get(entry, int, "dropped") or 0,
        routes={route: 1},
        lasts={route: when},
        **{level: [_of(str, name) for name in entry.get(level, ())][:_NAMES] for level in LEVELS},  # type: ignore[arg-type]
    )


def _remote(agent: str | None, peer: str | None) -> str:
    return f"{agent or 'unknown'} from {peer}" if peer else agent or "unknown"


def _of(kind: type[_T], value: object) -> _T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError("of another type")
    return value


def _get(entry: Any, kind: type[_T], name: str) -> _T | None:
    """Return a member, None if it is missing; raises TypeError if it is of another type."""
    value = entry.get(name)
    return None if value is None else _of(kind, value)
