"""Read inventories: the callers of retired calls, with counts and changed fields."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import attrs

from shim.tools.inventory.writing import opened, written

# The fidelity levels in a line, the worst first.
LEVELS = (
    "absent",
    "derived",
    "constant",
)
MAX_CALLERS = 10_000  # callers that are stored; calls of more callers are only counted
# The limit of one read in bytes, far more than any line that is written.
_MAX_LINE_LENGTH = 65536
# The year of the oldest inventories; a machine whose clock is not set writes 1970.
_OLDEST = "2026"


@attrs.define
class Caller:
    """All calls of one operation from one place that one side answered.

    Or the calls whose replies announced an end.
    """

    operation: str
    """Its id; if a reply announced it, its method and path without names."""
    place: str
    """The file and line of a Python program, or a User-Agent and the caller's address."""
    last: str
    """The last instant, in UTC as written."""
    route: str = ""
    """The side that answered; empty for an operation that replies announced."""
    version: str = ""
    count: int = 1
    dropped: int = 0
    """How many values could not be translated."""
    absent: list[str] = attrs.field(factory=list)
    """Names of fields of its answers that had this level, as in the next two."""
    derived: list[str] = attrs.field(factory=list)
    constant: list[str] = attrs.field(factory=list)
    sunset: str = ""
    """As the last reply announced, as the next one is; empty if it did not."""
    deprecation: str = ""

    def add(self, call: Caller) -> None:
        """Count one more call."""
        self.count += 1
        self.dropped += call.dropped
        if call.last >= self.last:
            self.last = call.last
            self.sunset = call.sunset
            self.deprecation = call.deprecation
        for name in LEVELS:
            known = getattr(self, name)
            known += [one for one in getattr(call, name) if one not in known]


@attrs.define
class Inventory:
    """The callers in some inventory files, and facts about the files.

    Instants are empty without a record.
    """

    since: str = ""
    """The start of the window."""
    lines: int = 0
    broken: int = 0
    """How many of the lines can't be read."""
    earlier: int = 0
    """Calls before the window."""
    untold: int = 0
    """Calls of callers beyond the first 10,000."""
    first: str = ""
    """The instant of the first record of any kind."""
    last: str = ""
    _known: dict[tuple[str, str, str, str], Caller] = attrs.field(factory=dict)

    @property
    def callers(self) -> list[Caller]:
        """The callers of operations in documents, by operation, the most recent first."""
        routed = [one for one in self._known.values() if one.route]
        callers = sorted(routed, key=lambda one: one.place)
        callers.sort(key=lambda one: one.last, reverse=True)
        return sorted(callers, key=lambda one: one.operation)

    @property
    def announced(self) -> list[Caller]:
        """The callers of operations with an announced sunset, the next sunset first."""
        callers = [one for one in self._known.values() if not one.route]
        return sorted(
            callers,
            key=lambda one: (one.sunset or "~", one.operation, one.version, one.place),
        )

    def take(self, line: bytes) -> None:
        """Count one line."""
        self.lines += 1
        try:
            entry = json.loads(line)
            when = _text(entry["time"])
            call = _read(entry, when)
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
            OverflowError,
        ):
            self.broken += 1
            return
        self.first = min(self.first or when, when)
        self.last = max(self.last, when)
        if call is None:
            return
        key = call.operation, call.version, call.place, call.route
        if when < self.since:
            self.earlier += 1
        elif key in self._known:
            self._known[key].add(call)
        elif len(self._known) < MAX_CALLERS:
            self._known[key] = call
        else:
            self.untold += bool(call.route)


def read_inventory(paths: Iterable[Path], since: str = "") -> Inventory:
    """Add up inventory files.

    ``since`` is the start of the window, written as in the files; empty for all. Files
    that end with ``.gz`` are unpacked; a truncated one counts as a broken line. Callers
    beyond ``MAX_CALLERS`` use no memory. Raises OSError, also if a file is not a
    regular one.
    """
    found = Inventory(since)
    for path in paths:
        for line in _lines_of(path):
            found.take(line)
    return found


def _lines_of(path: Path) -> Iterator[bytes]:
    """Yield the lines that are not empty.

    A line that is too long for a record is yielded in pieces, which count as broken
    lines.
    """
    with os.fdopen(opened(path, os.O_RDONLY), "rb") as plain:
        file: IO[bytes] | gzip.GzipFile = plain
        if path.suffix == ".gz":
            file = gzip.GzipFile(fileobj=plain)
        try:
            while line := file.readline(_MAX_LINE_LENGTH):
                if line.strip():
                    yield line
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield b"packed, and broken from here on"


def _read(entry: Any, when: str) -> Caller | None:
    """Return an entry's call, or None if it records no call.

    Raises ValueError and the like if it is not a record.
    """
    if when < _OLDEST or written(datetime.fromisoformat(when).timestamp()) != when:
        raise ValueError("not an instant")
    peer = entry.get("peer")
    place = f"{entry.get('agent') or 'unknown'}{f' from {peer}' if peer else ''}"
    if "operation" not in entry:
        if "started" in entry:
            return None
        said = {
            name: str(entry.get(name) or "")
            for name in ("version", "sunset", "deprecation")
        }
        return Caller(_text(entry["announced"]), place, when, **said)  # type: ignore[arg-type]
    if entry.get("file") is not None:
        place = str(entry["file"])
        if entry.get("line") is not None:
            place += f":{entry['line']}"
        elif entry.get("target") is not None:
            place += f" (in a thread or task that runs {entry['target']})"
    route = str(entry.get("route") or "unknown")
    found = Caller(_text(entry["operation"]), place, when, route)
    for level in LEVELS:
        names = entry.get(level, ())
        setattr(found, level, [_text(name) for name in names])
    found.dropped = int(entry.get("dropped", 0))
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
