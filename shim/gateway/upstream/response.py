"""Upstream's reply as it arrives: its head, and its content, still coded, to be read or handed on."""

from __future__ import annotations

import asyncio
from typing import Protocol

from shim.core.content import with_content
from shim.core.messages import Reply
from shim.gateway.errors import Refusal
from shim.gateway.limits import Limits

BUFFERED = 65536
"""Bytes that wait to be taken before no more are read from upstream; so many of each reply count as reserved."""


class Source(Protocol):
    """The connection that a reply comes from."""

    def hold(self) -> None:
        """Take no more bytes from upstream."""
        ...

    def go_on(self) -> None:
        """Take bytes from upstream again."""
        ...

    def give_up(self) -> None:
        """End the connection, since nobody reads the rest."""
        ...


class UpstreamResponse:
    """A reply whose ``head`` is there; ``chunks`` are what was read of its content.

    ``is_complete`` tells that its end has arrived, and ``error`` why it never will; ``announces`` that the head has
    ``Sunset`` or ``Deprecation``.
    """

    __slots__ = ("_arrived", "_budget", "_source", "_taken", "_unread", "_waiter", "announces", "chunks", "error",
                 "head", "is_complete", "reason")  # fmt: skip

    def __init__(self, head: Reply, reason: str, source: Source, budget: Limits) -> None:
        self.head = head
        self.reason = reason
        self.announces = False
        self.chunks: list[bytes] = []
        self.is_complete = False
        self.error: Refusal | None = None
        self._source = source
        self._budget = budget
        self._taken = 0
        self._arrived: list[bytes] = []
        self._unread = 0
        self._waiter: asyncio.Future[None] | None = None

    # The connection's side.

    def feed(self, piece: bytes) -> None:
        """Take a piece of the content."""
        self._arrived.append(piece)
        self._unread += len(piece)
        if self._unread > BUFFERED:
            self._source.hold()
        self._wake()

    def finish(self) -> None:
        """Take the end of the content."""
        self.is_complete = True
        self._wake()

    def fail(self, error: Refusal, *, at_once: bool = False) -> None:
        """Take note that the content's end will not come; ``at_once`` what has arrived counts as nothing."""
        self.error = error
        if at_once:
            self._arrived.clear()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # The reader's side.

    async def piece(self) -> bytes:
        """Return what has arrived since the last time, or arrives next; empty at the end. Raises Refusal."""
        while not self._arrived:
            if self.is_complete:
                return b""
            if self.error is not None:
                raise self.error
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.arrived()

    def arrived(self) -> bytes:
        """Return what has arrived since the last time, perhaps nothing."""
        arrived = self._arrived
        data = arrived[0] if len(arrived) == 1 else b"".join(arrived)
        self._arrived = []
        self._unread = 0
        if not self.is_complete:
            self._source.go_on()
        return data

    async def read(self, limit: int) -> Reply:
        """Return the reply with its decoded content, or with a fault in plain words.

        Raises Refusal when the connection fails before the content's end, or memory is short.
        """
        if self.is_complete and self._unread <= min(limit, BUFFERED) and not self.chunks:
            self.chunks = [self.arrived()]  # as most content does, it has come with its head
            complete = True
        else:
            complete = await self.collect(limit)
        return with_content(self.head, self.chunks, limit, complete=complete)

    async def collect(self, limit: int) -> bool:
        """Read the content into ``chunks``; False when it is longer than ``limit`` bytes. Raises Refusal."""
        size = sum(map(len, self.chunks))
        while size <= limit and (chunk := await self.piece()):
            if (needed := size + len(chunk) - BUFFERED - self._taken) > 0:
                self._budget.take(needed)
                self._taken += needed
            self.chunks.append(chunk)
            size += len(chunk)
        return size <= limit

    def close(self) -> None:
        """Give the content up; its connection ends, unless the content was complete."""
        if self._taken:
            self._budget.give(self._taken)
            self._taken = 0
        if not self.is_complete and self.error is None:
            self._source.give_up()
