"""The last few translations, so that a poller's unchanged answer is not worked out again.

This is no cache of answers: upstream is asked each time, and only when it says the same bytes to
the same call is the same translation used. Translations that look at the clock are never kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

import attrs

from shim.core.record import Dropped, FieldReport

BYTES = 4 * 1024 * 1024
"""What all kept translations may take, in bytes of upstream's and translated content."""


@attrs.frozen
class CachedTranslation:
    """A translation ready to be sent: its content, and what the record says of it."""

    content: bytes
    fields: tuple[FieldReport, ...]
    dropped: tuple[Dropped, ...]


class TranslationCache:
    """A small, thread-safe map from (call, upstream's bytes) to a translation, bounded in bytes."""

    def __init__(self, *, limit: int = BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._made: OrderedDict[tuple[Hashable, bytes], CachedTranslation] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, call: Hashable, said: bytes) -> CachedTranslation | None:
        """Return what the same bytes in answer to the same call became."""
        with self._lock:
            made = self._made.get((call, said))
            if made is not None:
                self._made.move_to_end((call, said))
            return made

    def keep(self, call: Hashable, said: bytes, made: CachedTranslation) -> None:
        """Keep a translation; the least recently used ones make room. One that is large is not kept."""
        size = len(said) + len(made.content)
        if size > self._limit // 4:
            return
        with self._lock:
            if (call, said) in self._made:
                return
            self._made[call, said] = made
            self._size += size
            while self._size > self._limit:
                (_, gone), old = self._made.popitem(last=False)
                self._size -= len(gone) + len(old.content)
