"""Matches texts, some with unknown parts, against the paths of retired operations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

import attrs

from shim.core.recognise import Engine
from shim.core.settings import ATLAS_ORIGINS
from shim.documents.model import Operation
from shim.documents.templates import parameter_name
from shim.tools.scan.living import is_living
from shim.tools.scan.texts import HOLE

_HOLES = re.compile(r"(?:\x00|\{\{[^{}]*\}\}|\{[^{}/]*\}|%\(\w+\)[sdr]|%[sdr](?![0-9A-Fa-f])|%s|\$\{\w+\}|\$\w+)+")
_ENOUGH = 3
"""The number of fixed segments that identify a path even if its start is unknown."""
_HOSTS = "|".join(re.escape(urlsplit(origin).netloc) for origin in ATLAS_ORIGINS)
_START = rf"(?:[^/:]*://(?:(?:{_HOSTS})/|(?=[^/]*{HOLE})))?[^:]*"
"""The start of an unknown base URL, but not another host's."""


@attrs.frozen
class _Shape:
    """All operations of one path; ``mark`` is a fixed segment that their successors' paths lack, if there is one.

    ``near`` also matches the end of the path.
    """

    segments: tuple[str, ...]
    mark: str
    operations: tuple[Operation, ...]
    exact: re.Pattern[str]
    near: re.Pattern[str]


class Paths:
    """Finds an engine's operations, except some, by their paths in texts."""

    def __init__(self, engine: Engine, silent: Collection[str] = ()) -> None:
        grouped: dict[tuple[str, ...], list[Operation]] = {}
        bases: dict[tuple[str, ...], set[str]] = {}
        for document in engine.documents:
            for operation in (one for one in document.operations if one.id not in silent):
                key = tuple("" if parameter_name(one) else one for one in operation.path.segments)
                grouped.setdefault(key, []).append(operation)
                bases.setdefault(key, set()).update(api.base[1:] for api in document.apis.values())
        marks = {key: frozenset.intersection(*map(_marks, operations)) for key, operations in grouped.items()}
        common = Counter(mark for some in marks.values() for mark in some)
        self._shapes = []
        for key, operations in grouped.items():
            mark = max(sorted(marks[key]), key=common.__getitem__, default="")
            exact, near = (_pattern(key, mark, bases[key], enough) for enough in (_ENOUGH, 1))
            self._shapes.append(_Shape(key, mark, tuple(operations), exact, near))
        self._shapes.sort(key=lambda shape: -len(shape.segments))
        self.find = lru_cache(maxsize=4096)(self._find)

    @property
    def words(self) -> frozenset[str]:
        """Words; every text that names a retired path has one of them."""
        return frozenset(
            (shape.mark or next(filter(None, reversed(shape.segments)))).casefold() for shape in self._shapes
        )

    def _find(self, s: str, *, near: bool = False) -> tuple[Operation, ...]:
        """Return the operations whose path a text is, the longest path first; empty for any other text.

        With ``near`` the end of a path is enough, as in a client with a base URL, if it has the retired API's word.
        """
        s = re.split(r"[?#]", _HOLES.sub(HOLE, s.strip()), maxsplit=1)[0]
        if re.search(r"[\s<>]", s):  # Prose and a server's routes have them, URLs don't.
            return ()
        s = re.sub(r"(?<=[^:/])/{2,}", "/", s).rstrip("/")
        for shape in self._shapes:
            if shape.mark in s and (shape.near if near else shape.exact).fullmatch(s):
                return shape.operations
        return ()


def _pattern(segments: Sequence[str], mark: str, bases: Iterable[str], enough: int) -> re.Pattern[str]:
    """Return what matches a path, or its end with enough fixed segments, after a plausible start."""
    parts = [base.split("/") for base in bases]
    known = "|".join(
        rf"(?:.*/)?{re.escape('/'.join(part[:-1]))}/(?:{re.escape(part[-1])}|[^/]*{HOLE}[^/]*)/" for part in parts
    )
    ends = "|".join(re.escape("/".join(part[at:])) for part in parts for at in range(1, len(part)))
    found = [rf"(?:{known}|/?|/?(?:{ends})/|{_START}{HOLE}/?){_tail(segments)}"]
    for at in range(1, len(segments)):
        tail = segments[at:]
        if not mark or mark in tail:
            is_enough = sum(map(bool, tail)) >= (enough if tail[0] else _ENOUGH)
            # A hole after the segment before it is part of the path, whose start is not known to be Atlas'.
            before = rf"(?<!{re.escape(segments[at - 2])}/)" if at > 1 and segments[at - 2] else ""
            start = rf"(?:/?|{_START}{before}{HOLE}/?)" if is_enough else rf"(?:{known})(?:[^/]*{HOLE}/?)"
            found.append(start + _tail(tail))
    return re.compile("|".join(found))


def _tail(segments: Sequence[str]) -> str:
    # The unknown end of the last segment may be a query.
    return "/".join(re.escape(one) or "[^/]+" for one in segments) + (f"{HOLE}?" if segments[-1] else "")


def by_method(operations: Sequence[Operation], method: str | None) -> tuple[Operation, ...]:
    """Return the operations of one method; if it is unknown, all of them, reads first."""
    if method is not None:
        return tuple(one for one in operations if one.method == method)
    return tuple(sorted(operations, key=lambda one: one.method != "GET"))


def shown(s: str) -> str:
    """Return a text for people, with an ellipsis in braces for each hole."""
    return re.sub(f"{HOLE}+", "{…}", s)


def _marks(operation: Operation) -> frozenset[str]:
    """Return the fixed segments that a successor's path lacks.

    If both paths are the same, it is the last segment, which most other paths lack.
    """
    fixed = [one for one in operation.path.segments if not parameter_name(one)]
    if is_living(operation):
        return frozenset(fixed[-1:])
    targets = [target for successor in operation.successors.values() for _, target in successor.targets()]
    # The first segment is the collection that all paths of the API begin with.
    return frozenset(fixed[1:]).difference(*(target.path.segments for target in targets))
