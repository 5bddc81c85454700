"""How much goes on at a time: calls, calls of one peer, and bytes held for them. Beyond it calls are answered 503."""

from __future__ import annotations

import asyncio
from typing import Self

from shim.gateway.errors import busy
from shim.gateway.http1.peers import UNIX
from shim.gateway.options import Options

RESERVED = 131072
"""Bytes that each call in flight may need: two heads, and what waits on its way in either direction."""


class Limits:
    """What is going on: ``count`` calls, and of ``memory`` bytes those ``reserved`` for calls and ``held`` for content.

    A content counts as held as far as it is longer than what is reserved. Contents have a half of the memory at most,
    so that many long ones leave room for calls that need little.
    """

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.count = self.reserved = self.held = 0
        self.of_peer: dict[str, int] = {}
        self.ended = asyncio.Event()

    def enter(self, peer: str) -> Entry:
        """Return what counts one more call of a peer's address for the length of a ``with`` block."""
        return Entry(self, peer)

    def check(self, peer: str, options: Options) -> None:
        """Raise Refusal when the calls that have entered are too many; all of a unix socket's users are one peer."""
        if self.count > options.max_requests:
            raise busy("The gateway is answering as many requests as it takes.")
        if self.of_peer[peer] > options.peer_requests and peer != UNIX:
            raise busy("The gateway is answering as many requests of this address as it takes.")
        if self.reserved + self.held > self.memory:
            raise busy("The gateway holds as much in memory as it may.")

    def take(self, size: int) -> None:
        """Hold so many bytes of content; raises Refusal, and holds nothing, when there is no room for them."""
        if self.held + size > self.memory // 2 or self.reserved + self.held + size > self.memory:
            raise busy("The gateway holds as much in memory as it may.")
        self.held += size

    def give(self, size: int) -> None:
        """Hold so many bytes less: each ``take`` has its ``give``."""
        self.held -= size

    async def idle(self) -> None:
        """Return when no call is in flight; those that came in just now count."""
        await asyncio.sleep(0)
        while self.count:
            self.ended.clear()
            await self.ended.wait()


class Held:
    """What is held for one thing: taken piece by piece, and given back at once."""

    __slots__ = ("_limits", "_size")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._size = 0

    def take(self, size: int) -> None:
        """Hold so many bytes more; raises Refusal, and holds nothing more, when there is no room for them."""
        self._limits.take(size)
        self._size += size

    def give(self) -> None:
        """Give all of it back."""
        self._limits.held -= self._size
        self._size = 0


class Entry(Held):
    """Counts one call for the length of a ``with`` block, and what is held for it until then."""

    __slots__ = ("_peer",)

    def __init__(self, limits: Limits, peer: str) -> None:
        super().__init__(limits)
        self._peer = peer

    def __enter__(self) -> Self:
        limits, peer = self._limits, self._peer
        limits.count += 1
        limits.reserved += RESERVED
        limits.of_peer[peer] = limits.of_peer.get(peer, 0) + 1
        return self

    def __exit__(self, *_: object) -> None:
        limits, peer = self._limits, self._peer
        limits.count -= 1
        limits.reserved -= RESERVED
        limits.held -= self._size
        left = limits.of_peer[peer] - 1
        if left:
            limits.of_peer[peer] = left
        else:
            del limits.of_peer[peer]
        if not limits.count:
            limits.ended.set()
