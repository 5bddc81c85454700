"""Operations whose successor has the same method and path: only the version in Accept differs (clusters).

A path or a method's name does not show whether such a call is retired; the versions in the program do.
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
"""Words of a file that names a version."""
_NAMED = re.compile(
    r"vnd\.atlas\.(?P<accept>20\d\d-\d\d-\d\d)"
    r"|--version[= ][\"']?(?P<option>20\d\d-\d\d-\d\d)"
    r"|atlas-sdk/v(?P<sdk>20\d{6})\d{3}(?!\d)"
    r"|[\"'`=](?P<alone>20\d\d-\d\d-\d\d)(?![\w-])"
)
_PUT_TOGETHER = re.compile(r"vnd\.atlas\.(?!20\d\d-|[a-z])|vnd\.atlas\.?[\"'`]")
"""A media type whose date is elsewhere in the program."""
_DATA = (".json", ".yaml", ".yml")
"""Suffixes of API descriptions, which list all versions of a path."""
_BY_NAME = frozenset({"sdk", "import"})
"""Kinds of use for which only the client library's version counts."""


def is_living(operation: Operation) -> bool:
    """Return whether an operation and its successor have the same method and path."""
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
    """A version in a program: its line (from 1), its date, and whether it is a client library's."""

    line: int
    version: Version
    is_library: bool


def mentions(text: str) -> tuple[Mention, ...]:
    """Return the versions in a program text; bare dates count only if the text builds a media type."""
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
    """The versions in the files of a scan, which decide on uses of these operations."""

    def __init__(self, operations: Iterable[Operation], found: Sequence[Mention]) -> None:
        self._living = tuple(operation for operation in operations if is_living(operation))
        self._named = {
            is_library: frozenset(one.version for one in found if one.is_library is is_library)
            for is_library in (True, False)
        }

    @property
    def silent(self) -> frozenset[str]:
        """The operations of which no file names a version; they can't be found."""
        named = self._named[True] | self._named[False]
        return frozenset(one.id for one in self._living if not any(version in one.versions for version in named))

    def spoken_for(self, uses: Sequence[Use], text: str) -> list[Use]:
        """Return the uses of retired operations in a file, without other operations."""
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
"""A version later than any successor's."""


def _successors_versions(operation: Operation) -> Iterator[Version]:
    for successor in operation.successors.values():
        for _, target in successor.targets():
            if target.version:
                yield Version(target.version.replace("-", "."))
