"""What replies taught, kept between exchanges."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

import attrs

TTL = 600.0
"""Seconds for which a reply is believed: ten minutes, since sunset dates move in both directions."""

SIZE = 1024
"""Entries of each kind; the least recently used goes first."""


class TTLCache:
    """A small, thread-safe, bounded map from a key to a word, each entry good for ``ttl`` seconds.

    Times are monotonic seconds, passed in. An entry stamped later than now is ignored.
    """

    def __init__(self, *, ttl: float = TTL, size: int = SIZE) -> None:
        self._ttl = ttl
        self._size = size
        self._entries: OrderedDict[Hashable, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()
        self.changes = 0
        """How often a word was learned that was not known before, or was forgotten."""

    def remember(self, key: Hashable, word: str, now: float) -> None:
        """Store a word under a key, as learned at ``now``."""
        with self._lock:
            known = self._entries.get(key)
            self.changes += known is None or known[1] != word or not 0 <= now - known[0] < self._ttl
            self._entries[key] = (now, word)
            self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def recall(self, key: Hashable, now: float) -> str | None:
        """Return the word, or None when nothing was learned or it is too old."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            learned, word = entry
            if not 0 <= now - learned < self._ttl:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return word

    def forget(self, key: Hashable) -> None:
        """Drop what was learned under a key, if anything was."""
        with self._lock:
            self.changes += self._entries.pop(key, None) is not None

    def __len__(self) -> int:
        return len(self._entries)


@attrs.frozen
class Memory:
    """What outlives one exchange.

    ``retired`` has the status with which legacy answered as retired, by (origin, operation, API, path), an empty path
    standing for all; ``tiers`` has the tier of a cluster, by (origin, group, cluster), learned from a success alone.
    """

    retired: TTLCache = attrs.field(factory=TTLCache)
    tiers: TTLCache = attrs.field(factory=TTLCache)

    @property
    def generation(self) -> int:
        """A number that changes whenever something is learned."""
        return self.retired.changes + self.tiers.changes
