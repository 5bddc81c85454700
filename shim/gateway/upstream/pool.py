"""Connections to upstream that wait for their next call: the one used last is lent first, and none for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from shim.gateway.http1.wire import READ, Wire, Wires

KEEP = 60.0  # seconds that a connection without a request is kept
# seconds after which a connection is not lent any more, so that each name is resolved
# again
MAX_AGE = 300.0


class PooledWire(Wire):
    """A connection that a pool keeps; ``born`` is when it was made, by the loop's clock."""

    born: float


T = TypeVar("T", bound=PooledWire)


class Pool(Generic[T]):
    """All connections to upstream, which may be silent for ``patience``; one at a time does ``long_work``."""

    loop: asyncio.AbstractEventLoop
    long_work: asyncio.Lock
    now: Callable[[], float]

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.buffer = memoryview(bytearray(READ))
        self._idle: list[T] = []
        self._open: Wires[T] = Wires()
        self._is_closed = False

    def open(self) -> None:
        """Prepare for making connections; needs a running loop."""
        self.loop = asyncio.get_running_loop()
        self.long_work = asyncio.Lock()
        self.now = self.loop.time

    def states(self) -> dict[str, int]:
        """Return how many connections are idle and active; may be asked in any thread."""
        idle = len(self._idle)
        return {"idle": idle, "active": max(0, len(self._open) - idle)}

    async def close(self) -> None:
        self._is_closed = True
        await self._open.abort()

    def add(self, connection: T) -> None:
        """Count a connection that was made."""
        self._open.add(connection)

    def lend(self) -> T | None:
        """Return an idle connection, or None."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and self.now() - connection.born < MAX_AGE:
                return connection
            connection.abort()
        return None

    def release(self, connection: T, *, keep: bool) -> None:
        """Take a connection back, to lend it again or to close it."""
        now = self.now()
        if keep and not self._is_closed and now - connection.born < MAX_AGE:
            connection.due = now + KEEP
            self._idle.append(connection)
        else:
            connection.abort()

    def lost(self, connection: T) -> None:
        """Forget a connection that has ended."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
