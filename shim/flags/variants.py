"""Settings, or what holds them, as a flag's word makes them: one for each word, made when it is first needed."""

from __future__ import annotations

from typing import Generic, Protocol, Self, TypeVar

import attrs

from shim.core.recognise import Match
from shim.core.settings import RouteWord
from shim.flags.words import FlagWords


class HasRoute(Protocol):
    """What can be had with the word of its flag, None where that has said nothing yet."""

    def by_flag(self, word: RouteWord | None, /) -> Self:
        """Return the same with that word."""
        ...


T = TypeVar("T", bound=HasRoute)


@attrs.define(eq=False)
class ByFlag(Generic[T]):
    """The words of a flag, and the variants of what is in use."""

    words: FlagWords
    _of: T | None = None
    _made: dict[RouteWord | None, T] = attrs.field(factory=dict)

    def variant(self, whole: T, match: Match) -> T:
        """Return the variant for the project that a call names."""
        word = self.words.word(match.parameters.get("groupId", ""))
        made = self._made
        if whole is not self._of:
            self._of, self._made = whole, (made := {})
        found = made.get(word)
        if found is None:
            found = made[word] = whole.by_flag(word)
        return found
