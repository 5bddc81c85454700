"""Whether a text, known in parts, is the path of a retired operation."""

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
"""What no URL has: prose, and the routes of a server, have."""
_ENOUGH = 3
"""So many fixed segments make a path that can't be another API's, though its start is unknown."""
_HOSTS = frozenset(urlsplit(origin).netloc for origin in ATLAS_ORIGINS)


@attrs.frozen
class _Shape:
    """All operations of one path; ``mark`` is a fixed segment that tells them from their successors, if any does."""

    segments: tuple[str, ...]
    mark: str
    bases: tuple[tuple[str, ...], ...]
    operations: tuple[Operation, ...]


class Paths:
    """The paths of an engine's operations but for some, asked with texts."""

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
        """Words one of which stands in any program text that can name a retired path."""
        return frozenset(
            (shape.mark or next(filter(None, reversed(shape.segments)))).casefold() for shape in self._shapes
        )

    def _find(self, s: str, *, near: bool = False) -> tuple[Operation, ...]:
        """Return the operations whose path a text is, the longest path first; none for anything else.

        ``near`` takes the end of a path that has the word of the retired API, as a client with a base URL has it.
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
    """Return the operations of one method; of all, reads first, when it is unknown."""
    if method is not None:
        return tuple(one for one in operations if one.method == method)
    return tuple(sorted(operations, key=lambda one: one.method != "GET"))


def shown(s: str) -> str:
    """Return a text as people read it: holes are written as an ellipsis in braces."""
    return s.replace(HOLE, "{…}")


def _marks(operation: Operation) -> frozenset[str]:
    """Return the fixed segments that tell an operation from what took its place.

    Of one whose path lives on, the last one, which at least tells it from most paths.
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
    # The first segment names the collection that everything of the API is in.
    return frozenset(fixed - others - {operation.path.segments[0]})


def _segments(s: str) -> tuple[str | None, list[str]] | None:
    """Return the host (None when the text has none) and the path's segments; None when it is no URL."""
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
        # The unknown end of the authority may well hold the start of the path.
        return None if not segments else (host if host.strip(HOLE) else None, [HOLE, *segments])
    return host, segments


def _fits(shape: _Shape, host: str | None, segments: list[str], enough: int) -> bool:
    return any(
        _plausible(shape, host, prefix, skipped, fixed >= (enough if shape.segments[skipped] else _ENOUGH))
        for prefix, skipped, fixed in _tails(shape, segments)
    )


def _tails(shape: _Shape, segments: list[str]) -> Iterator[tuple[list[str], int, int]]:
    """Yield what stands before a match of the template or of its end, the segments skipped, and the fixed ones met."""
    for skipped in range(len(shape.segments)):
        tail = shape.segments[skipped:]
        before = len(segments) - len(tail)
        if before < 0 or (shape.mark and shape.mark not in tail):
            continue
        found = segments[before:]
        prefix = segments[:before]
        if skipped and before >= skipped and all(map(_meets_whole, shape.segments, prefix[before - skipped :])):
            continue  # it is the whole path, which is judged as such
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
    """Judge what stands before a match: the API's base, a part of it, or something unknown."""
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
    """Tell whether a prefix ends with a base of the API, of which the last segment may be unknown."""
    for base in shape.bases:
        end = prefix[len(prefix) - len(base) :] if len(prefix) >= len(base) else []
        if end and end[:-1] == list(base[:-1]) and _like(end[-1], base[-1]):
            return True
    return False


def _like(have: str, want: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, have.split(HOLE))), want) is not None
