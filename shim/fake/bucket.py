"""The token bucket behind Ratelimit-Limit, Ratelimit-Remaining and 429."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``capacity`` requests, refilled by ``refill`` every ``period`` seconds.

    The documented bucket of the serverless backup endpoints is the default.
    """

    capacity: int = 1200
    refill: int = 500
    period: int = 60


class Bucket:
    """One bucket; ``limit`` None never empties and shows the recorded capacity, nearly full."""

    def __init__(self, limit: RateLimit | None, now: float) -> None:
        self._shown = limit or RateLimit()
        self._endless = limit is None
        self._left = self._shown.capacity
        self._filled = now

    def take(self, now: float) -> int | None:
        """Take one; returns None, or the whole seconds until there is one again."""
        if self._endless:
            return None
        limit = self._shown
        periods = int(max(0.0, now - self._filled) // limit.period)
        self._filled += periods * limit.period
        self._left = min(limit.capacity, self._left + periods * limit.refill)
        if self._left:
            self._left -= 1
            return None
        return max(1, math.ceil(self._filled + limit.period - now))

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return the two fields, spelled as recorded."""
        left = self._shown.capacity - 1 if self._endless else self._left
        return (("Ratelimit-Limit", str(self._shown.capacity)), ("Ratelimit-Remaining", str(left)))

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Capacity, refill and period (seconds) of this bucket."""
        return (self._shown.capacity, self._shown.refill, self._shown.period)
