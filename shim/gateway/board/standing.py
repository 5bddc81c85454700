"""State of a gateway that is no count of calls: its start, its reloads, its address.

The calls' thread writes it, the admin thread reads it.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Sequence

import attrs

from shim.core.memory import Memory
from shim.gateway.board.status import Reload, written

PROBLEMS = 20
"""Problems of a refused reload that are shown; the log has them all."""

_LONGEST = 500


@attrs.define(eq=False)
class Standing:
    """State of a gateway.

    ``started`` and ``good_since`` (the settings in use) are in seconds since the epoch; ``memory`` is what replies
    taught; ``clock`` decides which side of a sunset it is.
    """

    started: float = attrs.field(factory=time.time)
    listens: str = ""
    memory: Memory = attrs.field(factory=Memory)
    clock: Callable[[], float] = time.time
    good_since: float = attrs.field(factory=time.time)
    reload: Reload = attrs.field(factory=lambda: Reload("good", written(time.time())))
    reloads: Tally[str] = attrs.field(factory=lambda: Tally({"refused": 0, "success": 0}))

    def reloaded(self, changes: Sequence[str], waiting: Sequence[str]) -> None:
        """Take in a good reload: what it changed, and which options wait for a restart."""
        self.reloads["success"] += 1
        self.good_since = time.time()
        self.reload = attrs.evolve(
            self.reload,
            state="good",
            good_since=written(self.good_since),
            waiting=tuple(waiting),
            changes=tuple(map(_cut, changes)),
        )

    def refused(self, problems: Sequence[str]) -> None:
        """Take in a refused one, and why."""
        self.reloads["refused"] += 1
        said = tuple(map(_cut, problems[:PROBLEMS]))
        self.reload = attrs.evolve(self.reload, state="refused", refused=written(time.time()), problems=said)


def _cut(said: str) -> str:
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
