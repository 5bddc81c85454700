"""One budget for what is held in memory at a time: beyond it calls are answered 503, and the process stays alive."""

from __future__ import annotations

from shim.gateway.errors import busy

RESERVED = 131072
"""Bytes that each request in flight may need: two heads, and what waits on its way in either direction."""


class MemoryBudget:
    """Bytes that may be held at a time, ``limit`` at most; ``used`` are held now."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def take(self, size: int) -> None:
        """Count so many bytes; raises Refusal, and counts nothing, when this is more than there is room for."""
        if self.used + size > self.limit:
            raise busy("The gateway holds as much in memory as it may.")
        self.used += size

    def give(self, size: int) -> None:
        """Count so many bytes less: each ``take`` has its ``give``."""
        self.used -= size


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
