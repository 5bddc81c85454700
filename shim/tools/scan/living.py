"""Operations whose successor has the same method and path: only the version in Accept differs (clusters).

A path or a method's name does not show whether such a call is retired; the versions in the program do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import attrs
from packaging.version import Version

from shim.documents.model import Operation
from shim.documents.templates import parameter_name

if TYPE_CHECKING:
    from shim.tools.scan.sought import Use


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
_DATA = (".json", ".yaml", ".yml")  # suffixes of API descriptions, which list all versions of a path
_NEVER = Version("9999.12.31")


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


class Mention(NamedTuple):
    """A version in a program: its line (from 1), its date, and whether it is a client library's."""

    line: int
    version: Version
    is_library: bool


def mentions(text: str) -> Iterator[Mention]:
    """Yield the versions in a program text; bare dates count only if the text builds a media type."""
    together, line, at = _PUT_TOGETHER.search(text) is not None, 1, 0
    for found in _NAMED.finditer(text):
        if found.lastgroup == "alone" and not together:
            continue
        try:
            day = date.fromisoformat(found[found.lastgroup or 0])
        except ValueError:
            continue
        line, at = line + text.count("\n", at, found.start()), found.start()
        yield Mention(line, Version(f"{day.year}.{day.month}.{day.day}"), found.lastgroup == "sdk")


class Versions:
    """The versions in the files of a scan, which decide on uses of living operations."""

    def __init__(self, operations: Iterable[Operation], found: Iterable[Mention]) -> None:
        self._living = [operation for operation in operations if is_living(operation)]
        self._named = {(one.is_library, one.version) for one in found}

    @property
    def silent(self) -> frozenset[str]:
        """The operations of which no file names a version; they can't be found."""
        named = {version for _, version in self._named}
        return frozenset(one.id for one in self._living if not any(version in one.versions for version in named))

    def spoken_for(self, uses: Sequence[Use], text: str) -> Iterator[Use]:
        """Yield the uses of retired operations in a file, without other operations."""
        is_doubted = any(operation in self._living for use in uses for operation in use.operations)
        near = list(mentions(text)) if is_doubted else []
        for use in uses:
            fits = [one for one in use.operations if one not in self._living or self._fits(one, use, near)]
            if fits:
                yield attrs.evolve(use, operations=tuple(fits))

    def _fits(self, operation: Operation, use: Use, near: Sequence[Mention]) -> bool:
        """Return whether a use is of the retired version: by the nearest version in its file, else by all others."""
        by_library = use.kind == "sdk"
        near = [one for one in near if one.is_library is by_library]
        others = {version for is_library, version in self._named if is_library is by_library}
        if near and not use.place.file.endswith(_DATA):
            distance = min(abs(one.line - use.place.line) for one in near)
            return any(one.version in operation.versions for one in near if abs(one.line - use.place.line) == distance)
        if near:
            others = {one.version for one in near}
        first = min(
            (
                Version(target.version.replace("-", "."))
                for successor in operation.successors.values()
                for _, target in successor.targets()
                if target.version
            ),
            default=_NEVER,
        )
        return any(one in operation.versions for one in others) and not any(one >= first for one in others)
