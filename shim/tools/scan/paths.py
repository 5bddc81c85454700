"""Matches texts, some with unknown parts, against the paths of retired operations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

import attrs

from shim.core.recognise import Engine
from shim.core.settings import ATLAS_ORIGINS
from shim.documents.calls import Target
from shim.documents.model import Operation
from shim.documents.templates import parameter_name
from shim.tools.scan.living import is_living
from shim.tools.scan.texts import HOLE

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}|\{[^{}/]*\}|%\(\w+\)[sdr]|%[sdr](?![0-9A-Fa-f])|%s|\$\{\w+\}|\$\w+")
_ORIGIN = re.compile(r"[^/?#]*://([^/?#]*)")
_SPACE = re.compile(r"[\s<>]")
"""Characters that prose and a server's routes have, and URLs don't."""
_ENOUGH = 3
"""The number of fixed segments that identify a path even if its start is unknown."""
_HOSTS = frozenset(urlsplit(origin).netloc for origin in ATLAS_ORIGINS)


@attrs.frozen
class _Shape:
    """All operations of one path; ``mark`` is a fixed segment that their successors' paths lack, if there is one."""

    segments: tuple[str, ...]
    mark: str
    bases: tuple[tuple[str, ...], ...]
    operations: tuple[Operation, ...]


class Paths:
    """Finds an engine's operations, except some, by their paths in texts."""

    def __init__(self, engine: Engine, silent: Collection[str] = ()) -> None:
        grouped: dict[tuple[str, ...], list[tuple[Operation, tuple[tuple[str, ...], ...]]]] = {}
        for document in engine.documents:
            bases = tuple(tuple(api.base[1:].split("/")) for api in document.apis.values())
            for operation in document.operations:
                if operation.id in silent:
                    continue
                key = tuple("" if parameter_name(one) else one for one in operation.path.segments)
                grouped.setdefault(key, []).append((operation, bases))
        marks = {key: frozenset.intersection(*(_marks(one) for one, _ in ends)) for key, ends in grouped.items()}
        common = Counter(mark for some in marks.values() for mark in some)
        shapes = [
            _Shape(
                segments=key,
                mark=max(sorted(marks[key]), key=common.__getitem__, default=""),
                bases=tuple(dict.fromkeys(base for _, bases in ends for base in bases)),
                operations=tuple(operation for operation, _ in ends),
            )
            for key, ends in grouped.items()
        ]
        self._shapes = tuple(shapes)
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
        read = _segments(s)
        if read is None:
            return ()
        host, segments = read
        shapes = (
            shape for shape in self._shapes if shape.mark in s and _fits(shape, host, segments, 1 if near else _ENOUGH)
        )
        fits = [(len(shape.segments), shape.operations) for shape in shapes]
        return max(fits, default=(0, ()), key=lambda fit: fit[0])[1]


def by_method(operations: Sequence[Operation], method: str | None) -> tuple[Operation, ...]:
    """Return the operations of one method; if it is unknown, all of them, reads first."""
    if method is not None:
        return tuple(one for one in operations if one.method == method)
    return tuple(sorted(operations, key=lambda one: one.method != "GET"))


def shown(s: str) -> str:
    """Return a text for people, with an ellipsis in braces for each hole."""
    return s.replace(HOLE, "{…}")


def _marks(operation: Operation) -> frozenset[str]:
    """Return the fixed segments that a successor's path lacks.

    If both paths are the same, it is the last segment, which most other paths lack.
    """
    fixed = {one for one in operation.path.segments if not parameter_name(one)}
    if is_living(operation):
        return frozenset([one for one in operation.path.segments if one in fixed][-1:])
    others = {
        segment
        for successor in operation.successors.values()
        for target in (successor.only, *successor.choices.values())
        if isinstance(target, Target)
        for segment in target.path.segments
    }
    # The first segment is the collection that all paths of the API begin with.
    return frozenset(fixed - others - {operation.path.segments[0]})


def _segments(s: str) -> tuple[str | None, list[str]] | None:
    """Return the host (None without one) and the path's segments; None if the text is not a URL."""
    s = re.split(r"[?#]", _PLACEHOLDER.sub(HOLE, s.strip()), maxsplit=1)[0]
    if _SPACE.search(s):
        return None
    origin = _ORIGIN.match(s)
    host = origin[1] if origin else None
    path = s[origin.end() :] if origin else s
    if path.startswith("//") and host is None:
        return None
    segments = [segment for segment in path.split("/") if segment]
    if host is not None and host.endswith(HOLE):
        # The unknown end of the authority may contain the start of the path.
        return None if not segments else (host if host.strip(HOLE) else None, [HOLE, *segments])
    return host, segments


def _fits(shape: _Shape, host: str | None, segments: list[str], enough: int) -> bool:
    return any(
        _plausible(shape, host, prefix, skipped, fixed >= (enough if shape.segments[skipped] else _ENOUGH))
        for prefix, skipped, fixed in _tails(shape, segments)
    )


def _tails(shape: _Shape, segments: list[str]) -> Iterator[tuple[list[str], int, int]]:
    """Yield for each match of the template or its end: the prefix, the segments skipped, and the fixed ones matched."""
    for skipped in range(len(shape.segments)):
        tail = shape.segments[skipped:]
        before = len(segments) - len(tail)
        if before < 0 or (shape.mark and shape.mark not in tail):
            continue
        found = segments[before:]
        prefix = segments[:before]
        if skipped and before >= skipped and all(map(_meets_whole, shape.segments, prefix[before - skipped :])):
            continue  # The whole path is judged separately.
        if tail[0] and found[0] == HOLE + tail[0]:
            prefix, found = [*prefix, HOLE], [tail[0], *found[1:]]
        last = len(tail) - 1
        if all(_meets(want, have, last=at == last) for at, (want, have) in enumerate(zip(tail, found, strict=True))):
            yield prefix, skipped, sum(map(bool, tail))


def _meets(want: str, have: str, *, last: bool) -> bool:
    if not want:
        return True
    # The unknown end of the last segment may be a query.
    return have == want or (last and have == want + HOLE)


def _meets_whole(want: str, have: str) -> bool:
    return not want or have == want


def _plausible(shape: _Shape, host: str | None, prefix: list[str], skipped: int, enough: bool) -> bool:  # noqa: FBT001
    """Judge the prefix of a match: the API's base path, a part of it, or something unknown."""
    foreign = host is not None and HOLE not in host and host.lower() not in _HOSTS
    if skipped:
        if not prefix:
            return host is None and enough
        if not prefix[-1].endswith(HOLE):
            return False
        return enough or _ends_with_base(shape, prefix[:-1])
    if _ends_with_base(shape, prefix):
        return True
    if not prefix:
        return host is None
    if prefix[-1].endswith(HOLE):
        return not foreign
    return host is None and any(tuple(prefix) == base[-len(prefix) :] for base in shape.bases)


def _ends_with_base(shape: _Shape, prefix: list[str]) -> bool:
    """Return whether a prefix ends with a base path of the API, whose last segment may be unknown."""
    for base in shape.bases:
        end = prefix[len(prefix) - len(base) :] if len(prefix) >= len(base) else []
        if end and end[:-1] == list(base[:-1]) and _like(end[-1], base[-1]):
            return True
    return False


def _like(have: str, want: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, have.split(HOLE))), want) is not None
