"""Count what the gateway could not write: log lines and inventory entries."""

from __future__ import annotations

import time
from typing import Self

import attrs


@attrs.frozen
class Losses:
    """How many were lost, when the last one was (seconds since the epoch), and why."""

    count: int = 0
    last: float = 0.0
    cause: str = ""

    def after(self, count: int, cause: str) -> Self:
        """Return the losses with so many more, as of now."""
        return type(self)(self.count + count, time.time(), cause)
