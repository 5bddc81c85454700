"""One coarse timer for every deadline of a loop: nobody has a timer of its own."""

from __future__ import annotations

import asyncio
from typing import Protocol
from weakref import WeakKeyDictionary

EVERY = 0.05
"""Seconds between two looks at all deadlines; each is kept with this much delay at most."""

NEVER = float("inf")


class Timed(Protocol):
    """Something with a deadline: ``due`` is a time of the loop's clock, ``late`` is called once it is over."""

    due: float

    def late(self) -> None:
        """Do what the deadline is for; it is called again while ``due`` stays in the past."""
        ...


class Deadlines:
    """Looks at all that is watched, twenty times a second, and not at all while nothing is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._watched: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.now = loop.time

    def watch(self, timed: Timed) -> None:
        """Keep an eye on its deadline from now on."""
        self._watched.add(timed)
        if self._timer is None:
            self._timer = self.loop.call_later(EVERY, self._look)

    def forget(self, timed: Timed) -> None:
        """Keep no eye on it any more."""
        self._watched.discard(timed)

    def _look(self) -> None:
        now = self.loop.time()
        try:
            for timed in [timed for timed in self._watched if timed.due <= now]:
                if timed.due <= now:  # another one's lateness may have changed it
                    timed.late()
        finally:
            self._timer = self.loop.call_later(EVERY, self._look) if self._watched else None


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, Deadlines] = WeakKeyDictionary()


def deadlines() -> Deadlines:
    """Return the deadlines of the running loop."""
    loop = asyncio.get_running_loop()
    found = _BY_LOOP.get(loop)
    if found is None:
        found = _BY_LOOP[loop] = Deadlines(loop)
    return found
