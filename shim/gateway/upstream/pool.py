"""The connections to upstream; the last used one is reused first, none for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from shim.gateway.http1.wire import READ, Wire, Wires

KEEP = 60.0  # seconds that a connection without a request is kept open
# Seconds after which a connection is not reused, so that each name is resolved again.
MAX_AGE = 300.0


class PooledWire(Wire):
    """A connection in a pool; ``born`` is when it was made, by the loop's clock."""

    born: float


T = TypeVar("T", bound=PooledWire)


class Pool(Generic[T]):
    """All connections to upstream, which may be silent for ``patience`` seconds.

    One at a time does ``long_work``.
    """

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
        """Prepare for connecting; needs a running loop."""
        self.loop = asyncio.get_running_loop()
        self.long_work = asyncio.Lock()
        self.now = self.loop.time

    def states(self) -> dict[str, int]:
        """Return how many connections are idle and active; any thread may call it."""
        idle = len(self._idle)
        return {"idle": idle, "active": max(0, len(self._open) - idle)}

    async def close(self) -> None:
        self._is_closed = True
        await self._open.abort()

    def add(self, connection: T) -> None:
        """Count a new connection."""
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
        """Accept a connection back, to reuse or to close it."""
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
