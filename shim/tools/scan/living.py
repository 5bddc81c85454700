"""Operations whose path lives on: the version that a program names tells a retired call from a present one.

Such an operation and its successor have the same method and path, and only Accept differs (clusters). A path or the
name of a method says nothing of them; what a program says of its version beside it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import attrs
from packaging.version import Version

from shim.documents.model import Operation
from shim.documents.templates import parameter_name

if TYPE_CHECKING:
    from shim.tools.scan.sightings import Use


MARKS = (b"vnd.atlas", b"atlas-sdk/v", b"--version")
"""What a file has that names a version."""
_NAMED = re.compile(
    r"vnd\.atlas\.(?P<accept>20\d\d-\d\d-\d\d)"
    r"|--version[= ][\"']?(?P<option>20\d\d-\d\d-\d\d)"
    r"|atlas-sdk/v(?P<sdk>20\d{6})\d{3}(?!\d)"
    r"|[\"'`=](?P<alone>20\d\d-\d\d-\d\d)(?![\w-])"
)
_PUT_TOGETHER = re.compile(r"vnd\.atlas\.(?!20\d\d-|[a-z])|vnd\.atlas\.?[\"'`]")
"""A media type whose date stands elsewhere in the program."""
_DATA = (".json", ".yaml", ".yml")
"""Ends of the names of descriptions of an API, which list all versions of a path one after the other."""
_BY_NAME = frozenset({"sdk", "import"})
"""Kinds of use that only a client library's own version speaks for."""


def is_living(operation: Operation) -> bool:
    """Tell whether an operation's method and path are its successor's too."""
    mine = _shape(operation.full_path)
    return any(
        target.method == operation.method and _shape(target.path.text) == mine
        for successor in operation.successors.values()
        for _, target in successor.targets()
    )


def _shape(path: str) -> list[str]:
    return ["" if parameter_name(segment) else segment for segment in path.split("/")]


@attrs.frozen
class Mention:
    """A version that a program names: where (a line from 1), which, and whether a client library has it."""

    line: int
    version: Version
    is_library: bool


def mentions(text: str) -> tuple[Mention, ...]:
    """Return the versions that a program text names; a date alone only where a media type is put together."""
    together = _PUT_TOGETHER.search(text) is not None
    return tuple(_mentions(text, together=together))


def _mentions(text: str, *, together: bool) -> Iterator[Mention]:
    line, at = 1, 0
    for found in _NAMED.finditer(text):
        said = found[found.lastgroup or 0]
        if found.lastgroup == "alone" and not together:
            continue
        try:
            day = date.fromisoformat(said)
        except ValueError:
            continue
        line, at = line + text.count("\n", at, found.start()), found.start()
        yield Mention(line, Version(f"{day.year}.{day.month}.{day.day}"), found.lastgroup == "sdk")


class Versions:
    """The versions that the files of a scan name, and what follows for uses of living operations."""

    def __init__(self, operations: Iterable[Operation], found: Sequence[Mention]) -> None:
        self._living = tuple(operation for operation in operations if is_living(operation))
        self._named = {
            is_library: frozenset(one.version for one in found if one.is_library is is_library)
            for is_library in (True, False)
        }

    @property
    def silent(self) -> frozenset[str]:
        """The living operations of whose versions no file names one; there is nothing to find of them."""
        named = self._named[True] | self._named[False]
        return frozenset(one.id for one in self._living if not any(version in one.versions for version in named))

    def spoken_for(self, uses: Sequence[Use], text: str) -> list[Use]:
        """Return the uses in a file that are of retired operations, with those alone."""
        known: Mapping[bool, Sequence[Mention]] = {True: [], False: []}
        if any(operation in self._living for use in uses for operation in use.operations):
            said = mentions(text)
            known = {kind: [one for one in said if one.is_library is kind] for kind in (True, False)}
        kept = []
        for use in uses:
            fits = [one for one in use.operations if one not in self._living or self._fits(one, use, known)]
            if fits:
                kept.append(attrs.evolve(use, operations=tuple(fits)))
        return kept

    def _fits(self, operation: Operation, use: Use, known: Mapping[bool, Sequence[Mention]]) -> bool:
        near, others = known[use.kind in _BY_NAME], self._named[use.kind in _BY_NAME]
        first = min(_successors_versions(operation), default=_NEVER)
        if near and use.place.file.endswith(_DATA):
            others = frozenset(one.version for one in near)
        elif near:
            nearest = min(abs(one.line - use.place.line) for one in near)
            return any(one.version in operation.versions for one in near if abs(one.line - use.place.line) == nearest)
        return any(one in operation.versions for one in others) and not any(one >= first for one in others)


_NEVER = Version("9999.12.31")
"""A later version than any that a successor has whose calls name a media type."""


def _successors_versions(operation: Operation) -> Iterator[Version]:
    for successor in operation.successors.values():
        for _, target in successor.targets():
            if target.version:
                yield Version(target.version.replace("-", "."))
