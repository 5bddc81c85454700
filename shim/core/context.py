"""What the core needs from outside for one exchange: settings, clock, memory, and where links lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from shim.core.content import dumps, loads
from shim.core.memory import Memory
from shim.core.settings import Settings


def _without_slash(base: str) -> str:
    return base.rstrip("/")


@attrs.frozen
class Context:
    """What one exchange is given from outside.

    ``base`` is the URL that the caller used and that links lead back to, ``scheme://authority`` and
    perhaps a path before ``/api``; a slash at its end is dropped, since paths begin with one;
    ``clock`` returns seconds since the epoch, and dates are held against it; ``monotonic`` returns seconds that
    nobody sets, and how long something took is told by it: by default ``clock``, for whoever has no other.
    ``loads`` and ``dumps`` are the JSON codec. Where ``whole``, the first page of a list whose pages were all read
    has all items, however many were asked for: an iteration over it need not have them read again for each page.
    """

    settings: Settings
    memory: Memory
    clock: Callable[[], float]
    base: str = attrs.field(converter=_without_slash)
    loads: Callable[[bytes], Any] = loads
    dumps: Callable[[Any], bytes] = dumps
    monotonic: Callable[[], float] = attrs.field()
    whole: bool = False

    @monotonic.default
    def _monotonic(self) -> Callable[[], float]:
        return self.clock
