"""The table of fields: in how many pairs what was made is what was there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from shim.draft.learning import same_value
from shim.draft.replay import Replayed
from shim.draft.sources import MISSING

EQUAL, DIFFERS, ONLY_OLD, ONLY_MADE = "equal", "differs", "only_old", "only_made"

_ORIGIN = re.compile(r"[a-z]+://[^/]+", re.IGNORECASE)


@attrs.frozen
class FieldLine:
    """One field, by its nested name: the pairs in which it was equal, differed, or stood on one side alone.

    ``line``, ``expected`` and ``got`` are the first pair that was not equal; null is also said of what is not
    there. An ``absent`` field is one that the document declares absent.
    """

    field: str
    equal: int = 0
    differs: int = 0
    only_old: int = 0
    only_made: int = 0
    absent: bool = False
    line: int | None = None
    expected: Any = None
    got: Any = None

    @property
    def good(self) -> bool:
        """Whether all is equal, or what is not was declared."""
        return not (self.differs or self.only_made or (self.only_old and not self.absent))

    @property
    def total(self) -> int:
        """The number of pairs that have the field on either side."""
        return self.equal + self.differs + self.only_old + self.only_made


@attrs.define
class _Row:
    counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys((EQUAL, DIFFERS, ONLY_OLD, ONLY_MADE), 0))
    example: tuple[int, Any, Any] | None = None


def compare(replayed: Sequence[Replayed]) -> tuple[FieldLine, ...]:
    """Return a line for every field of the old answers, of those that were made, and of the document.

    They stand in the order of their names; a field of the document that no pair has is one of nothing but zeros.
    """
    rows: dict[str, _Row] = {}
    absent: set[str] = set()
    known: set[str] = set()
    for one in replayed:
        if one.problem:
            continue
        absent |= one.absent
        known |= one.fields
        for field, found in _fields(one).items():
            row = rows.setdefault(field, _Row())
            worst = next(word for word in (DIFFERS, ONLY_OLD, ONLY_MADE, EQUAL) if word in found)
            row.counts[worst] += 1
            if worst != EQUAL and row.example is None:
                row.example = (one.pair.line, *found[worst])
    for field in known:
        if not any(seen == field or seen.startswith((f"{field}.", f"{field}[")) for seen in rows):
            rows[field] = _Row()
    return tuple(_line(field, row, field in absent) for field, row in sorted(rows.items()))


def _line(field: str, row: _Row, absent: bool) -> FieldLine:  # noqa: FBT001 - what a line says
    line, expected, got = row.example or (None, None, None)
    return FieldLine(field, **row.counts, absent=absent, line=line, expected=expected, got=got)


def _fields(one: Replayed) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Return for each field of one pair the verdicts there are, each with its first values."""
    found: dict[str, dict[str, tuple[Any, Any]]] = {}
    for at, old, made in _leaves("", one.pair.old, one.made):
        verdict = ONLY_MADE if old is MISSING else ONLY_OLD if made is MISSING else DIFFERS
        if verdict == DIFFERS and _equal(at, old, made, is_list=one.is_list):
            verdict = EQUAL
        values = (None if old is MISSING else old, None if made is MISSING else made)
        found.setdefault(at or "(the answer)", {}).setdefault(verdict, values)
    return found


def _leaves(at: str, old: Any, made: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the values of both sides that stand at one place; what is on one side alone is not taken apart."""
    if isinstance(old, dict) and isinstance(made, dict) and (old or made):
        for name in dict.fromkeys((*old, *made)):
            inner = f"{at}.{name}" if at else name
            yield from _leaves(inner, old.get(name, MISSING), made.get(name, MISSING))
    elif isinstance(old, list) and isinstance(made, list) and len(old) == len(made) and _has_objects(old, made):
        for one, two in zip(old, made, strict=True):
            yield from _leaves(f"{at}[]", one, two)
    else:
        yield at, old, made


def _has_objects(*lists: list[Any]) -> bool:
    return any(isinstance(item, dict | list) for items in lists for item in items)


def _equal(at: str, one: Any, two: Any, *, is_list: bool) -> bool:
    """Tell whether two values are equal; links are, when they lead to one place at whatever origin.

    The query of a page's own links is the shim's: it says the same in an order of its own.
    """
    if at.endswith(".href") and isinstance(one, str) and isinstance(two, str):
        one, two = (_ORIGIN.sub("", link, count=1) for link in (one, two))
        if is_list and at == "links[].href":
            one, two = (link.partition("?")[0] for link in (one, two))
    return same_value(one, two)
