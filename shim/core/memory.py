"""What outlives one exchange: what replies taught, and the last few translations."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

import attrs

from shim.core.messages import Dropped, FieldReport

TTL = 600.0
"""Seconds for which a reply is believed: ten minutes, since sunset dates move in both directions."""

SIZE = 1024
"""Entries of each kind; the least recently used goes first."""

BYTES = 4 * 1024 * 1024
"""What all kept translations may take, in bytes of upstream's and translated content."""


class TTLCache:
    """A small, thread-safe, bounded map from a key to a word, each entry good for ``ttl`` seconds.

    Times are monotonic seconds, passed in. An entry stamped later than now is ignored.
    """

    def __init__(self, *, ttl: float = TTL, size: int = SIZE) -> None:
        self._ttl = ttl
        self._size = size
        self._entries: OrderedDict[Hashable, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, key: Hashable, word: str, now: float) -> None:
        """Store a word under a key, as learned at ``now``."""
        with self._lock:
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
            self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)


@attrs.frozen
class CachedTranslation:
    """A translation ready to be sent: its content, and what the record says of it.

    ``empty``: it is a list of which upstream has no item at all.
    """

    content: bytes
    fields: tuple[FieldReport, ...]
    dropped: tuple[Dropped, ...]
    empty: bool = False


class TranslationCache:
    """A small, thread-safe map from a call and upstream's bytes to a translation, bounded in bytes.

    It caches no answers: upstream is asked each time, and a translation is used again if upstream sends the same
    bytes in answer to the same call. Translations that depend on the clock are never kept. The last two of each call
    are: bytes are compared, which takes a tenth of the time of hashing them, and a poller of a list that two servers
    write differently finds both.
    """

    def __init__(self, *, limit: int = BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[Hashable, tuple[tuple[bytes, CachedTranslation], ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, call: Hashable, said: bytes) -> CachedTranslation | None:
        """Return what the same bytes in answer to the same call became."""
        with self._lock:
            kept = self._kept.get(call, ())
            if kept:
                self._kept.move_to_end(call)
        for known, translation in kept:
            if known == said:
                return translation
        return None

    def keep(self, call: Hashable, said: bytes, translation: CachedTranslation) -> None:
        """Keep a translation; the least recently used calls make room. One that is large is not kept."""
        if len(said) + len(translation.content) > self._limit // 4:
            return
        with self._lock:
            kept = self._kept.pop(call, ())
            self._size -= _size(kept)
            others = [one for one in kept if one[0] != said]
            kept = self._kept[call] = ((said, translation), *others[:1])
            self._size += _size(kept)
            while self._size > self._limit:
                self._size -= _size(self._kept.popitem(last=False)[1])


def _size(kept: tuple[tuple[bytes, CachedTranslation], ...]) -> int:
    return sum(len(said) + len(translation.content) for said, translation in kept)


@attrs.frozen
class Memory:
    """What outlives one exchange.

    ``retired`` has the status with which legacy answered as retired, by (origin, operation, API, path), an empty path
    standing for all; ``tiers`` has the tier of a cluster, by (origin, group, cluster), learned from a success alone;
    ``translations`` are the last few that were made.
    """

    retired: TTLCache = attrs.field(factory=TTLCache)
    tiers: TTLCache = attrs.field(factory=TTLCache)
    translations: TranslationCache = attrs.field(factory=TranslationCache)
