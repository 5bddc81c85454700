"""Where a gateway stands: what isn't counted. It is set in the gateway's thread, and read in the operator's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import attrs

from shim.core.memory import Memory
from shim.gateway.board.status import Reload, written

PROBLEMS = 20
"""Problems of a refused reload that are shown; the log has them all."""

_LONGEST = 500


@attrs.define(eq=False)
class Standing:
    """Where a gateway stands.

    ``started`` is in seconds since the epoch; ``memory`` is what replies taught; ``clock`` decides which side of a
    sunset it is.
    """

    started: float = attrs.field(factory=time.time)
    reload: Reload = attrs.field(factory=lambda: Reload("good", written(time.time())))
    listens: str = ""
    memory: Memory = attrs.field(factory=Memory)
    clock: Callable[[], float] = time.time

    def reloaded(self, changes: Sequence[str], waiting: Sequence[str]) -> None:
        """Take in a good reload: what it changed, and which options wait for a restart."""
        self.reload = attrs.evolve(
            self.reload,
            state="good",
            good_since=written(time.time()),
            waiting=tuple(waiting),
            changes=tuple(map(_cut, changes)),
        )

    def refused(self, problems: Sequence[str]) -> None:
        """Take in a refused one, and why."""
        told = tuple(map(_cut, problems[:PROBLEMS]))
        self.reload = attrs.evolve(self.reload, state="refused", refused=written(time.time()), problems=told)


def _cut(said: str) -> str:
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
