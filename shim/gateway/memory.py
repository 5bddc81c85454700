"""One budget for what is held in memory at a time: beyond it calls are answered 503, and the process stays alive."""

from __future__ import annotations

from shim.gateway.errors import busy

RESERVED = 131072
"""Bytes that each request in flight may need: two heads, and what waits on its way in either direction."""


class MemoryBudget:
    """Bytes that may be held at a time, ``limit`` at most.

    ``reserved`` are held for requests in flight, ``held`` for contents that are longer than that. Long contents have
    a half of all at most, so that many of them leave room for calls that need little.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.reserved = 0
        self.held = 0

    def reserve(self) -> None:
        """Count one more request; raises Refusal, and counts nothing, when there is no room for it."""
        if self.reserved + self.held + RESERVED > self.limit:
            raise busy("The gateway holds as much in memory as it may.")
        self.reserved += RESERVED

    def release(self) -> None:
        """Count one request less: each ``reserve`` has its ``release``."""
        self.reserved -= RESERVED

    def take(self, size: int) -> None:
        """Count so many bytes of content; raises Refusal, and counts nothing, when there is no room for them."""
        if self.held + size > self.limit // 2 or self.reserved + self.held + size > self.limit:
            raise busy("The gateway holds as much in memory as it may.")
        self.held += size

    def give(self, size: int) -> None:
        """Count so many bytes less: each ``take`` has its ``give``."""
        self.held -= size


class Kept:
    """What is taken of a budget piece by piece, and given back at once."""

    __slots__ = ("_budget", "_size")

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._size = 0

    def take(self, size: int) -> None:
        """Count so many bytes more; raises Refusal."""
        self._budget.take(size)
        self._size += size

    def give(self) -> None:
        """Give all of it back."""
        if self._size:
            self._budget.give(self._size)
            self._size = 0
