"""How much goes on at a time: calls, calls of one peer, and bytes held for them. Beyond it calls are answered 503."""

from __future__ import annotations

from typing import Self

import attrs

from shim.gateway.errors import NO_ROOM, busy
from shim.gateway.http1.body import BUFFERED
from shim.gateway.kept import SHARE, KeptAnswers
from shim.gateway.option_values import RESERVED
from shim.gateway.options import Options


class Limits:
    """The ``count`` of calls in flight, and of ``memory`` bytes those ``reserved`` for calls and ``held`` for content.

    A content is held as far as it is longer than its reservation. Long contents may use
    at most half of the memory, so that short calls always fit. Kept answers take what
    is left, up to their share, and give way to calls.
    """

    def __init__(self, options: Options) -> None:
        self.memory = options.memory
        self.most = max(1, options.max_connections // 2)
        self.most_of_peer = self.most - self.most // 4
        self.count = self.reserved = self.held = 0
        self.of_peer: dict[str, int] = {}
        part, parts = SHARE
        self.kept = KeptAnswers(self.memory * part // parts)

    def has_room(self, size: int) -> bool:
        """Return whether calls may take ``size`` bytes more; answers that are kept in these are forgotten."""
        left = self.memory - self.reserved - self.held - size
        if left < self.kept.size:
            self.kept.shrink(left)
        return left >= 0


@attrs.define(eq=False)
class Entry:
    """Counts one call of a peer's address, for the length of a ``with`` block."""

    _limits: Limits
    _peer: str
    excess: str = ""
    """The limit that it exceeds, empty if it exceeds none."""
    held: int = 0
    """The bytes that are held for it."""

    def __enter__(self) -> Self:
        limits = self._limits
        peer = self._peer
        limits.count += 1
        limits.reserved += RESERVED
        limits.of_peer[peer] = of_peer = limits.of_peer.get(peer, 0) + 1
        if limits.count > limits.most:
            self.excess = "The gateway's limit of requests is reached."
        elif of_peer > limits.most_of_peer:
            self.excess = (
                "The gateway is answering as many requests of this address as it takes."
            )
        elif not limits.has_room(0):
            self.excess = NO_ROOM
        return self

    def take(self, size: int) -> None:
        """Hold a content of ``size`` bytes until the call's end; raises Refusal, and holds nothing, without room."""
        limits = self._limits
        if limits.held + size > limits.memory // 2 or not limits.has_room(size):
            raise busy(NO_ROOM)
        limits.held += size
        self.held += size

    def hold(self, size: int) -> bool:
        """Reserve more for content that exceeds its reservation, and return whether it does; raises Refusal."""
        is_long = size > BUFFERED
        if is_long:
            self.take(size)
        return is_long

    def give(self, size: int) -> None:
        """Release a part of the call's memory before its end."""
        self._limits.held -= size
        self.held -= size

    def __exit__(self, *_: object) -> None:
        limits = self._limits
        peer = self._peer
        limits.count -= 1
        limits.reserved -= RESERVED
        if self.held:
            self.give(self.held)
        limits.of_peer[peer] -= 1
        if not limits.of_peer[peer]:
            del limits.of_peer[peer]
