"""Limit the calls in flight, those of one peer, and the memory reserved for them.

Calls beyond a limit get a 503.
"""

from __future__ import annotations

from typing import Self

import attrs

from shim.gateway.errors import NO_ROOM, busy
from shim.gateway.http1.body import BUFFERED
from shim.gateway.kept import SHARE, KeptAnswers
from shim.gateway.option_values import RESERVED
from shim.gateway.options import Options


class Limits:
    """The ``count`` of calls in flight, and how much ``memory`` (bytes) they use.

    Bytes are ``reserved`` for each call, and ``held`` for content that is longer than
    its reservation. Long content may use at most half of the memory, so that short
    calls always fit. Cached answers use the rest, up to their share, and give way to
    calls.
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
        """Return whether calls may use ``size`` more bytes.

        Cached answers that use these are forgotten.
        """
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
    """The limit that it exceeds, or empty."""
    held: int = 0
    """The bytes held for it."""

    def __enter__(self) -> Self:
        limits = self._limits
        peer = self._peer
        limits.count += 1
        limits.reserved += RESERVED
        limits.of_peer[peer] = of_peer = limits.of_peer.get(peer, 0) + 1
        if limits.count > limits.most:
            self.excess = "The gateway's limit of requests is reached."
        elif of_peer > limits.most_of_peer:
            self.excess = "The gateway's limit of requests from one address is reached."
        elif not limits.has_room(0):
            self.excess = NO_ROOM
        return self

    def take(self, size: int) -> None:
        """Hold a content of ``size`` bytes until the end of the call.

        Raises Refusal, and holds nothing, if they don't fit.
        """
        limits = self._limits
        if limits.held + size > limits.memory // 2 or not limits.has_room(size):
            raise busy(NO_ROOM)
        limits.held += size
        self.held += size

    def hold(self, size: int) -> bool:
        """Reserve more for content that exceeds its reservation.

        Return whether it does.

        Raises Refusal.
        """
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
