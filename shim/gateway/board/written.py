"""What the inventory knows of the last retired call: of other programs, and of the time before this gateway's start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shim.gateway.board.instants import seconds_of
from shim.gateway.board.silence import Written
from shim.inventory import VARIABLE
from shim.inventory.ahead import Ends, part
from shim.inventory.reading import read_lines
from shim.inventory.verdict import FORM, judge, look_at

EDGE = 1024 * 1024
"""Bytes of the beginning and of the end of an inventory that are read: it may be of any length, and its lines are in
their order."""

EVERY = 30.0
"""Seconds at least between two looks."""


class InventoryLook:
    """Looks at the inventory that ``ATLAS_SHIM_INVENTORY`` names, now and then."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._path = environ.get(VARIABLE)
        self._known: Written | None = None
        self._looked: float | None = None

    async def look(self, ends: Ends) -> Written | None:
        """Return what it says, None without one; read in a thread, since a disk may take its time."""
        if self._path and (self._looked is None or time.monotonic() >= self._looked + EVERY):
            self._known = await asyncio.to_thread(look, Path(self._path), ends)
            self._looked = time.monotonic()
        return self._known


def look(path: Path, ends: Ends) -> Written:
    """Return what an inventory says, and what ``verdict`` doubts about its silence; ``ends`` as for ``judge``."""
    if path.exists() and not path.is_file():  # a pipe would be waited for
        return Written(None, None, ("The inventory is no file, and is not read here.",))
    try:
        source = look_at(path)
        found = read_lines(_edges(path))
    except OSError as error:
        return Written(None, None, (f"The inventory can't be read: {error.strerror}.",))
    over, ahead = part(found.callers, ends)
    last = max((one.last for one in over), default="")
    if not found.first:
        return Written(None, None, ("The inventory says nothing of since when it was written.",))
    # What is left is silence, and whether that can be believed is judged as `atlas-shim inventory` does.
    since = datetime.fromisoformat(last or found.first) + timedelta(seconds=1 if last else 0)
    quiet = judge(read_lines(_edges(path), since.strftime(FORM)), [source], since, datetime.now(UTC), ends)
    return Written(seconds_of(found.first), seconds_of(last) if last else None, quiet.doubts, tuple(ahead))


def _edges(path: Path) -> Iterator[bytes]:
    """Yield the whole lines at the beginning and at the end of a file, once each."""
    with path.open("rb") as file:
        head = file.read(EDGE)
        size = file.seek(0, 2)
        if size <= 2 * EDGE:
            file.seek(len(head))
            yield from filter(None, (head + file.read()).split(b"\n"))
            return
        yield from filter(None, head.split(b"\n")[:-1])
        file.seek(size - EDGE)
        yield from filter(None, file.read().split(b"\n")[1:])
