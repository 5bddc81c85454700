"""The inventory of retired calls, written in a thread so that no call waits for a disk."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

from shim.core.messages import Record
from shim.core.recognise import Engine
from shim.tools.inventory import note, started
from shim.tools.inventory.announcements import note_announced
from shim.tools.radar import Sighting

log = logging.getLogger("shim.gateway")

MOST = 10_000
"""Calls that may wait to be written; beyond it they are counted and left out."""

_PATIENCE = 5.0
"""Seconds that the end of the gateway waits for a disk."""


class InventoryWriter:
    """Appends calls to the inventory that ``ATLAS_SHIM_INVENTORY`` names, in their order, each after its reply."""

    def __init__(self, environ: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._environ = environ
        self._clock = clock
        self._waiting: deque[Callable[[], None]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._left_out = 0

    def begin(self) -> None:
        """Write down that calls will be, so that an inventory without any says since when there were none."""
        self._put(partial(started, "gateway", environ=self._environ, clock=self._now()))

    def add(self, record: Record, engine: Engine, agent: str | None, peer: str) -> None:
        """Have one call written: ``engine`` has the documents that it was answered by.

        ``agent`` is the caller's User-Agent, ``peer`` its address.
        """
        if self._has_room():
            self._put(partial(note, record, engine, agent=agent, peer=peer, environ=self._environ, clock=self._now()))

    def announced(self, found: Sighting, agent: str | None, peer: str) -> None:
        """Have one call written whose reply announces the end of its operation; the caller as with ``add``."""
        if self._has_room():
            self._put(partial(note_announced, found, agent=agent, peer=peer, environ=self._environ, clock=self._now()))

    def _has_room(self) -> bool:
        if len(self._waiting) < MOST:
            return True
        if not self._left_out:
            log.warning("the inventory can't be written as fast as calls come, and calls are left out of it")
        self._left_out += 1
        return False

    def _now(self) -> Callable[[], float]:
        return partial(float, self._clock())

    def _put(self, write: Callable[[], None]) -> None:
        self._waiting.append(write)
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write())

    async def flush(self) -> None:
        """Return when all calls are written, or after five seconds; what is missing then is logged."""
        if self._writing is not None:
            await asyncio.wait((self._writing,), timeout=_PATIENCE)
        if missing := self._left_out + len(self._waiting):
            log.warning("the inventory lacks %s calls", missing)

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.to_thread(self._append)
        self._writing = None

    def _append(self) -> None:
        while self._waiting:
            self._waiting.popleft()()
