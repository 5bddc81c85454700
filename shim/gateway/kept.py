"""Cache answers of repeated reads while calls leave memory for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from itertools import cycle

import attrs

from shim.core.messages import Record

# The part of ``--memory`` that they may use: 12 of 64 MiB are enough for the lists of
# 5,000 clusters.
SHARE = (
    3,
    16,
)
# Bytes of an answer besides its content, for its key, objects and place; 423 were
# measured.
ENTRY = 512
ONE_IN = 32  # new keys of which one is stored when the others use all the memory


@attrs.frozen(eq=False)
class KeptAnswer:
    """The translation of upstream's content."""

    content: bytes
    body: bytes
    record: Record

    @property
    def size(self) -> int:
        """Return its size in bytes."""
        return ENTRY + len(self.content) + len(self.body)


@attrs.define(eq=False)
class KeptAnswers:
    """The latest answer of each key, at most ``limit`` bytes of them."""

    limit: int
    size: int = 0
    _of: OrderedDict[Hashable, KeptAnswer] = attrs.field(
        init=False, factory=OrderedDict
    )
    _rounds: Iterator[int] = attrs.field(
        init=False, factory=lambda: cycle(range(ONE_IN))
    )

    def find(self, key: Hashable, content: bytes) -> KeptAnswer | None:
        """Return the answer of a key, if it was built from this content."""
        kept = self._of.get(key)
        if kept is None or kept.content != content:
            return None
        self._of.move_to_end(key)
        return kept

    def keep(self, key: Hashable, answer: KeptAnswer) -> None:
        """Store an answer in place of the key's previous one, unless it is large.

        If the memory is used up, one new key in ``ONE_IN`` replaces those used longest
        ago. So of a fleet that is polled in turn, a part is always stored, however
        large it is.
        """
        if answer.size > self.limit // 4:
            return
        is_full = self.size + answer.size > self.limit
        if is_full and key not in self._of and next(self._rounds):
            return
        previous = self._of.pop(key, None)
        if previous is not None:
            self.size -= previous.size
        self._of[key] = answer
        self.size += answer.size
        self.shrink(self.limit)

    def shrink(self, size: int) -> None:
        """Forget the answers used longest ago until the rest is at most ``size`` bytes."""
        while self._of and self.size > size:
            _, forgotten = self._of.popitem(last=False)
            self.size -= forgotten.size

    def clear(self) -> None:
        """Forget all answers."""
        self._of.clear()
        self.size = 0

    def keys(self) -> list[Hashable]:
        """Return the keys, from the one used longest ago."""
        return list(self._of)
