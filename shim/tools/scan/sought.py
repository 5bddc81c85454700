"""The paths and names of retired operations to look for, and the uses that are found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import urlsplit

import attrs

from shim.core.recognise import Engine
from shim.core.settings import ATLAS_ORIGINS
from shim.documents.model import Operation
from shim.documents.templates import parameter_name
from shim.tools.scan import rules
from shim.tools.scan.commands import atlas_words, http_words

HOLE = "\x00"
"""A hole in a text: characters known only when the program runs. A NUL in the program itself is read as U+FFFD."""
_HOLES = re.compile(r"(?:\x00|\{\{[^{}]*\}\}|\{[^{}/]*\}|%\(\w+\)[sdr]|%[sdr](?![0-9A-Fa-f])|%s|\$\{\w+\}|\$\w+)+")
_ENOUGH = 3  # the number of fixed segments that identify a path even if its start is unknown
_HOSTS = "|".join(re.escape(urlsplit(origin).netloc) for origin in ATLAS_ORIGINS)
_START = rf"(?:[^/:]*://(?:(?:{_HOSTS})/|(?=[^/]*{HOLE})))?[^:]*"
"""The start of an unknown base URL, but not another host's."""
_NO_NAME = r"(?!(?:api|v\d+)/)"
"""Looks ahead for a segment that may be a parameter's, and not the start of another API's path."""
_VERSION = re.compile(
    rb"(?:vnd\.atlas\.|--version[= ][\"']?)(20\d\d)-(\d\d)-(\d\d)|atlas-sdk/v(20\d\d)(\d\d)(\d\d)\d{3}(?!\d)"
)


@attrs.frozen
class Place:
    """A place: the file as given, line and column from 1, in characters."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@attrs.frozen
class RetiredUse:
    """One use of retired operations.

    ``kind`` is ``call`` (an HTTP call), ``path`` (a path whose call was not seen), ``sdk`` (a client's method),
    ``command`` (of the Atlas CLI), ``resource`` (of Terraform, CloudFormation, Pulumi, Kubernetes) or ``text`` (a line
    of a file that no grammar reads). There are several operations when the method is unknown. ``text`` is the path or
    the name.
    """

    place: Place
    kind: str
    operations: tuple[Operation, ...]
    method: str | None
    text: str


class Sought:
    """The paths and names of an engine's operations, except the ``silent`` ones."""

    def __init__(self, engine: Engine, silent: Collection[str] = ()) -> None:
        grouped: dict[tuple[str, ...], list[Operation]] = {}
        bases: dict[tuple[str, ...], set[str]] = {}
        for document in engine.documents:
            for operation in (one for one in document.operations if one.id not in silent):
                key = tuple("" if parameter_name(one) else one for one in operation.path.segments)
                grouped.setdefault(key, []).append(operation)
                bases.setdefault(key, set()).update(api.base[1:] for api in document.apis.values())
        known = [one for operations in grouped.values() for one in operations]
        self._shapes: list[tuple[str, tuple[Operation, ...], re.Pattern[str], re.Pattern[str]]] = []
        paths = set[str]()
        for key, operations in sorted(grouped.items(), key=lambda one: -len(one[0])):
            # A fixed segment that the successors' paths lack, if there is one.
            mark = max(frozenset.intersection(*map(_marks, operations)), default="")
            exact, near = (_pattern(key, mark, bases[key], enough) for enough in (_ENOUGH, 1))
            self._shapes.append((mark, tuple(operations), exact, near))
            paths.add((mark or next(filter(None, key[::-1]))).casefold())
        self._by_id = {name: one for one in known for name in (one.id, *one.aliases)}
        said = {**{name: one for one in known for name in one.sdk}, **self._by_id}
        self._folded = {name.replace("_", "").casefold(): operation for name, operation in said.items()}
        kinds = (*rules.table("resources"), *rules.table("spelled"))
        resources = (one.rpartition("mongodbatlas_")[2] for one in kinds)
        names = {*map(str.casefold, said), *resources, "atlas serverless", "mongocli"}
        words = {*paths, *names, *(name.replace("_", "") for name in names)}
        # A text without a word does not have those that contain it either.
        self._words = [one for one in words if not any(other in one for other in words if other != one)]

    def concerns(self, text: str) -> bool:
        """Return whether a text has a word to look for."""
        folded = text.casefold()
        return any(word in folded for word in self._words)

    def find(self, s: str, *, near: bool = False) -> tuple[Operation, ...]:
        """Return the operations whose path a text is, the longest path first; empty for any other text.

        With ``near`` the end of a path is enough, as in a client with a base URL, if it has the retired API's word.
        """
        s = re.split(r"[?#]", _HOLES.sub(HOLE, s.strip()), maxsplit=1)[0]
        # Prose and a server's routes have them, URLs don't.
        if re.search(r"[\s<>]", s) or (s.startswith("/") and "/:" in s and "/api/" not in s):
            return ()
        s = re.sub(r"(?<=[^:/])/{2,}", "/", s).rstrip("/")
        for mark, operations, exact, nearly in self._shapes:
            if mark in s and (nearly if near else exact).fullmatch(s):
                return operations
        return ()

    def called(
        self, place: Place, method: str | None, address: str, kind: str = "call", *, near: bool = False
    ) -> list[RetiredUse]:
        """Return the use that a call to an address is, none for other addresses.

        With ``near`` the end of a path is enough, for programs that mention Atlas. If the method is unknown, the use
        is of all operations of the path, reads first.
        """
        found = [one for one in self.find(address, near=near) if method in {None, one.method}]
        found.sort(key=lambda one: one.method != "GET")
        return [RetiredUse(place, kind, tuple(found), method, re.sub(f"{HOLE}+", "{…}", address))] if found else []

    def command(self, place: Place, words: Sequence[str]) -> list[RetiredUse]:
        """Return the use that a command line is, none for other commands."""
        method, addresses = http_words(words) or (None, [])
        for word in addresses:
            if found := self.called(place, method, word):
                return found
        named, said = atlas_words(words) or ("", "")
        operation = self.named(named)
        return [] if operation is None else [RetiredUse(place, "command", (operation,), operation.method, said)]

    def named(self, name: str, service: str = "") -> Operation | None:
        """Return the operation of a client's method, variants included, or of a service's with a common name."""
        folded = name.replace("_", "").casefold()
        endings = filter(folded.endswith, rules.table("words", "variants"))
        found = (self._folded.get(folded.removesuffix(ending)) for ending in endings)
        grouped = self._by_id.get(rules.table("grouped").get(service.casefold(), {}).get(name, ""))
        return next(filter(None, found), grouped)

    def wrapped(self, name: str) -> tuple[Operation, ...]:
        """Return the operations of a class or function that Pulumi or CDKTF generates from a Terraform name."""
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).casefold().removesuffix("_output")
        for prefix, kind in (("data_mongodbatlas_", "data"), ("get_", "data"), ("", "resource")):
            if snake.startswith(prefix):
                return self.resource(kind, f"mongodbatlas_{snake.removeprefix(prefix)}")
        return ()

    def resource(self, kind: str, name: str) -> tuple[Operation, ...]:
        """Return the operations that a ``resource``, ``data`` or ``type`` of this name calls, its creation first."""
        named = rules.table("resources").get(f"{kind} {name.casefold()}", ())
        return tuple(self._by_id[one] for one in named if one in self._by_id)

    def spelled(self, word: str) -> tuple[Operation, ...]:
        """Return the operations of a word that means a resource wherever it stands."""
        return self.resource(*rules.table("spelled").get(word.casefold(), "no name").split())


def is_living(operation: Operation) -> bool:
    """Return whether an operation and its successor have the same method and path: only the version differs."""

    def shape(path: str) -> list[str]:
        return ["" if parameter_name(segment) else segment for segment in path.split("/")]

    return any(
        target.method == operation.method and shape(target.path.text) == shape(operation.full_path)
        for successor in operation.successors.values()
        for _, target in successor.targets()
    )


def living(operations: Iterable[Operation], newest: str | None) -> frozenset[str]:
    """Return the operations whose path lives on, except those that end and have the newest version of a file."""
    return frozenset(one.id for one in operations if is_living(one) and (newest is None or newest not in one.versions))


def newest_version(content: bytes) -> str | None:
    """Return the newest version that a file names: in a media type, an option or the path of Atlas' SDK for Go."""
    if not any(mark in content for mark in (b"vnd.atlas.20", b"atlas-sdk/v20", b"--version")):
        return None
    return max((b"-".join(filter(None, one.groups())).decode() for one in _VERSION.finditer(content)), default=None)


def _pattern(segments: Sequence[str], mark: str, bases: Iterable[str], enough: int) -> re.Pattern[str]:
    """Return what matches a path, or its end with enough fixed segments, after a plausible start."""
    parts = [base.split("/") for base in bases]
    known = "|".join(
        rf"(?:.*/)?{re.escape('/'.join(part[:-1]))}/(?:{re.escape(part[-1])}|[^/]*{HOLE}[^/]*)/" for part in parts
    )
    ends = "|".join(re.escape("/".join(part[at:])) for part in parts for at in range(1, len(part)))
    found = [rf"(?:{known}|/?|/?(?:{ends})/|{_START}{HOLE}/?){_tail(segments, mark)}"]
    for at in range(1, len(segments)):
        tail = segments[at:]
        if not mark or mark in tail:
            is_enough = sum(map(bool, tail)) >= (enough if tail[0] else _ENOUGH)
            # A hole after the segment before it is part of the path, whose start is not known to be Atlas'.
            before = rf"(?<!{re.escape(segments[at - 2])}/)" if at > 1 and segments[at - 2] else ""
            name = "" if tail[0] else _NO_NAME
            start = rf"(?:/?{name}|{_START}{before}{HOLE}/?)" if is_enough else rf"(?:{known})(?:[^/]*{HOLE}/?)"
            found.append(start + _tail(tail, mark))
    return re.compile("|".join(found))


def _tail(segments: Sequence[str], mark: str) -> str:
    fixed = [one for one in segments if one]
    words = {one: re.escape(one) for one in fixed}
    if mark in fixed[:-1]:  # A loop or an argument may choose the last word.
        words[fixed[-1]] = f"(?:{words[fixed[-1]]}|{HOLE})"
    # The unknown end of the last segment may be a query.
    return "/".join(words[one] if one else "[^/]+" for one in segments) + (f"{HOLE}?" if segments[-1] else "")


def _marks(operation: Operation) -> frozenset[str]:
    """Return the fixed segments that a successor's path lacks; if both paths are the same, the last one."""
    fixed = [one for one in operation.path.segments if not parameter_name(one)]
    if is_living(operation):
        return frozenset(fixed[-1:])
    # The first segment is the collection that all paths of the API begin with.
    targets = [target for successor in operation.successors.values() for _, target in successor.targets()]
    return frozenset(fixed[1:]).difference(*(target.path.segments for target in targets))
