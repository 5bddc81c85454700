"""The token bucket behind Ratelimit-Limit, Ratelimit-Remaining and 429."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shim.fake.messages import HeaderFields


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``capacity`` requests, refilled by ``refill`` every ``period`` seconds.

    The documented bucket of the serverless backup endpoints is the default.
    """

    capacity: int = 1200
    refill: int = 500
    period: int = 60


class Bucket:
    """One bucket; ``endless`` it never empties and shows its capacity nearly full, as recorded."""

    def __init__(self, limit: RateLimit, now: float, *, endless: bool) -> None:
        self.limit = limit
        self._endless = endless
        self._left = limit.capacity
        self._filled = now

    def take(self, now: float) -> int | None:
        """Take one; returns None, or the whole seconds until there is one again."""
        if self._endless:
            return None
        limit = self.limit
        periods = int(max(0.0, now - self._filled) // limit.period)
        self._filled += periods * limit.period
        self._left = min(limit.capacity, self._left + periods * limit.refill)
        if self._left:
            self._left -= 1
            return None
        return max(1, math.ceil(self._filled + limit.period - now))

    def fields(self) -> HeaderFields:
        """Return the two fields, spelled as recorded."""
        left = self.limit.capacity - 1 if self._endless else self._left
        return (("Ratelimit-Limit", str(self.limit.capacity)), ("Ratelimit-Remaining", str(left)))
