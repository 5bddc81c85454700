"""The paths and names of retired operations to look for, and the uses that are found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit

import attrs

from shim.core.recognise import Engine
from shim.core.settings import ATLAS_ORIGINS
from shim.documents.load import CALLER
from shim.documents.model import Operation
from shim.documents.templates import parameter_name
from shim.tools.scan import rules
from shim.tools.scan.pins import ANY, Limit, before

HOLE = "\x00"
"""A hole in a text: characters known only when the program runs. A NUL in the program itself is read as U+FFFD."""
_HOLES = re.compile(
    r"(?:\x00|\{\{[^{}]*\}\}|\{[^{}/]*\}|%\(\w+\)[sdr]|%[sdr](?![0-9A-Fa-f])|%s|\$\{\w+\}|\$\w+)+"
)
_ENOUGH = (
    3  # the number of fixed segments that identify a path even if its start is unknown
)
_HOSTS = "|".join(re.escape(urlsplit(origin).netloc) for origin in ATLAS_ORIGINS)
_START = rf"(?:[^/:]*://(?:(?:{_HOSTS})/|(?=[^/]*{HOLE})))?[^:]*"
"""The start of an unknown base URL, but not another host's."""
_NO_NAME = r"(?!(?:api|v\d+)/)"
"""Looks ahead for a segment that may be a parameter's, and not the start of another API's path."""
_VERSION = re.compile(
    r"(?:vnd\.atlas\.|--version[= ][\"']?)(20\d\d)-(\d\d)-(\d\d)|atlas-sdk/v(20\d{9})(?!\d)"
    r"|api/atlas/v1\.([05])(?![\w.])|org/atlas/mongodbatlas"
)
_UNSAID = {"": "20230101", "0": "20230101", "5": "20230201"}
"""The versions of v1.0, which the Go client before Atlas' SDK calls, and of v1.5; none of them says it."""


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
    """One use of retired operations."""

    place: Place
    kind: str
    """``call`` (an HTTP call), ``path`` (a path whose call was not seen), ``sdk`` (a client's method), ``package`` (one
    of a single package), ``command`` (of the Atlas CLI), ``resource`` (of Terraform, CloudFormation, Pulumi or the
    operator) or ``text`` (any other line)."""
    operations: tuple[Operation, ...]
    """Several where the method is not known."""
    method: str | None
    text: str
    """The path or the name."""


class Sought:
    """The paths of an engine's operations, and the callers that its documents name.

    Where only the version differs from the successor's call, an operation is looked for
    in a file that names a version: ``newest``. ``limits`` are the newest versions of
    tools that a tree admits, by the first word of a caller; others are of today.
    """

    def __init__(
        self,
        engine: Engine,
        newest: str | None = None,
        limits: Iterable[tuple[str, Limit]] = (),
    ) -> None:
        self.newest, self._living = (
            newest,
            frozenset(one.id for one in engine.operations if is_living(one)),
        )
        self.operations = {
            one.id: one
            for one in engine.operations
            if newest or one.id not in self._living
        }
        self._fixed = {
            one.id: {
                f"{api.base}/": api.version
                for api in document.apis.values()
                if api.version
            }
            for document in engine.documents
            for one in document.operations
        }
        self._by_name: dict[tuple[str, str], list[Operation]] = {}
        self._methods: dict[str, list[tuple[str, Operation]]] = {}
        self._shapes: list[
            tuple[str, list[Operation], re.Pattern[str], re.Pattern[str]]
        ] = []
        self._packages = set[str]()
        # each text with what is looked for has one of them
        self._words = {
            "atlas",
            "mongodb",
            "mongocli",
        }
        self._read_callers(engine, dict(limits))
        self._read_paths(engine)
        # What has the longer has the shorter, too.
        self._words -= {
            one
            for one in self._words
            for other in self._words
            if other != one and other in one
        }

    def _read_callers(self, engine: Engine, limits: Mapping[str, Limit]) -> None:
        every = {one.id: one for one in engine.operations}
        for caller, names in (
            pair for document in engine.documents for pair in document.callers.items()
        ):
            kind, name, since, until = re.findall(CALLER, caller)[0]
            newest = limits.get(kind, ANY)
            if (until and newest > before(until)) or (
                since and newest <= before(since)
            ):
                continue
            self._by_name.setdefault((kind, _plain(kind, name)), []).extend(
                every[one] for one in names
            )
            service, _, method = map(plain_name, name.rpartition("."))
            for one in filter(self.operations.get, names if kind == "sdk" else ()):
                self._methods.setdefault(method, []).append((service, every[one]))
            self._words.update([plain_name(name)] if kind == "word" else ())
            self._packages.update([name.partition(" ")[0]] if kind == "package" else ())
        for operation in self.operations.values():
            for method in map(plain_name, (operation.id, *operation.aliases)):
                known = self._methods.setdefault(method, [])
                if not any(one is operation for _, one in known):
                    known += [("", operation)]
        self._words.update(
            method
            for method, some in self._methods.items()
            if not all(service for service, _ in some)
        )

    def _read_paths(self, engine: Engine) -> None:
        bases = frozenset(
            api.base[1:]
            for document in engine.documents
            for api in document.apis.values()
        )
        by_shape: dict[tuple[str, ...], list[Operation]] = {}
        for one in self.operations.values():
            by_shape.setdefault(tuple(_shape(one.path.segments)), []).append(one)
        for shape, operations in sorted(by_shape.items(), key=lambda one: -len(one[0])):
            # A fixed segment that the successors' paths lack, if there is one.
            mark = max(frozenset.intersection(*map(_marks, operations)), default="")
            exact, near = (
                _pattern(shape, mark, bases, enough) for enough in (_ENOUGH, 1)
            )
            self._shapes.append((mark, operations, exact, near))
            word = mark or next(filter(None, shape[::-1]))
            # A file that has a word of many APIs alone, or names a version, speaks of
            # Atlas, too.
            if word not in rules.words("words", "common") and not any(
                one.id in self._living for one in operations
            ):
                self._words.add(plain_name(word))

    def concerns(self, text: str) -> bool:
        """Return whether a text has a word to look for."""
        folded = plain_name(text)
        return any(word in folded for word in self._words)

    def find(self, s: str, *, near: bool = False) -> Sequence[Operation]:
        """Return the operations whose path a text is, the longest path first; empty for any other text.

        With ``near`` the end of a path is enough, as in a client with a base URL, if it
        has the retired API's word.
        """
        s = re.split(r"[?#]", with_holes(s.strip()), maxsplit=1)[0]
        # Prose and a server's routes have them, URLs don't.
        if re.search(r"[\s<>]", s) or (
            s.startswith("/") and "/:" in s and "/api/" not in s
        ):
            return ()
        s = re.sub(r"(?<=[^:/])/{2,}", "/", s).rstrip("/")
        for mark, operations, exact, nearly in self._shapes:
            if mark in s and (nearly if near else exact).fullmatch(s):
                return operations
        return ()

    def called(
        self,
        place: Place,
        method: str | None,
        address: str,
        kind: str = "call",
        *,
        near: bool = False,
    ) -> list[RetiredUse]:
        """Return the use that a call to an address is, none for other addresses.

        With ``near`` the end of a path is enough, for programs that mention Atlas. If
        the method is unknown, the use is of all operations of the path, reads first.
        """
        found = [
            one for one in self.find(address, near=near) if method in {None, one.method}
        ]
        found.sort(key=lambda one: one.method != "GET")
        if found:
            return [
                RetiredUse(
                    place,
                    kind,
                    tuple(found),
                    method,
                    re.sub(f"{HOLE}+", "{…}", address),
                )
            ]
        return []

    def named(
        self, name: str, has: Callable[[str], bool] = lambda _: False
    ) -> tuple[Operation, ...]:
        """Return the operations of a client's method, variants included: one, or one for each version.

        ``has`` says whether a method is one of a service: documents name the service of
        common names.
        """
        folded = plain_name(name)
        endings = filter(folded.endswith, rules.table("words", "variants"))
        found = (
            self._methods.get(folded.removesuffix(ending), ()) for ending in endings
        )
        meant = (
            [one for service, one in some if not service or has(service)]
            for some in found
        )
        return tuple(next(filter(None, meant), ()))

    def of(self, kind: str, name: str) -> tuple[Operation, ...]:
        """Return the operations that a caller of this kind calls: those that end first, and of these its creation."""
        found = self._by_name.get((kind, _plain(kind, name)), [])
        return tuple(sorted(found, key=lambda one: (one.sunset, one.method != "POST")))

    def packaged(self, text: str, service: str, method: str) -> tuple[Operation, ...]:
        """Return the operations of a method of a package that a program names."""
        for package in self._packages:
            if package in text and (
                found := self.of("package", f"{package} {service}.{method}")
            ):
                return found
        return ()

    def wrapped(self, name: str) -> tuple[Operation, ...]:
        """Return the operations of a class or function that Pulumi or CDKTF generates from a Terraform name."""
        if not (name[:1].isupper() or name.startswith(("get", "lookup"))):
            return ()
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).casefold().removesuffix("_output")
        for prefix, kind in (
            ("data_mongodbatlas_", "data"),
            ("get_", "data"),
            ("lookup_", "data"),
            ("", "resource"),
        ):
            if snake.startswith(prefix):
                return self.of(kind, f"mongodbatlas_{snake.removeprefix(prefix)}")
        return ()

    def spelled(self, word: str) -> tuple[Operation, ...]:
        """Return the operations of a word that means a resource of Pulumi, CloudFormation or CDK wherever it stands."""
        if (
            pulumi := re.fullmatch(r"mongodbatlas:(?:index(?:/\w+)?:)?(\w+)", word)
        ) is not None:
            return self.wrapped(pulumi[1])
        return self.of("word", word) or self.of(
            "word", re.sub(r"^Cfn", "MongoDB::Atlas::", word)
        )

    def ending(self, uses: Iterable[RetiredUse], *texts: str) -> Iterator[RetiredUse]:
        """Yield the uses of what ends in the version that the first of these texts names, or else the file."""
        for use in uses:
            said = (use.text, *texts)
            days = [(one, self._day(one, said)) for one in use.operations]
            found = []
            for one, day in days:
                if one.id not in self._living or (day and day in one.versions):
                    found.append(one)
            if use.kind in {"resource", "command", "package"}:
                yield use
            elif found:
                yield attrs.evolve(use, operations=(*found,))

    def _day(self, operation: Operation, texts: Iterable[str]) -> str | None:
        """Return the version of an operation that the first of these texts with one names, or else the file."""
        for text in texts:
            fixed = []
            for base, day in self._fixed[operation.id].items():
                if base in text:
                    fixed.append(day)
            if fixed or newest_version(text):
                if fixed:
                    return fixed[0]
                return _day(newest_version(text))
        return _day(self.newest)


def _day(version: str | None) -> str | None:
    return version and f"{version[:4]}-{version[4:6]}-{version[6:8]}"


def with_holes(text: str) -> str:
    """Return a text with a hole for each run of placeholders: ``%s``, ``{name}``, ``$NAME``."""
    return _HOLES.sub(HOLE, text)


def plain_name(name: str) -> str:
    """Return a name as it is compared, whatever the language."""
    return name.replace("_", "").casefold()


def _plain(kind: str, name: str) -> str:
    """Return a caller's name as it is compared: of a command, words in full, one of many."""
    if kind != "atlas":
        return name
    names = rules.table("commands", "names")
    return " ".join(
        names.get(word, word).removesuffix("s") for word in name.casefold().split()
    )


def _shape(segments: Iterable[str]) -> list[str]:
    return ["" if parameter_name(segment) else segment for segment in segments]


def is_living(operation: Operation) -> bool:
    """Return whether an operation and its successor have the same method and path: only the version differs."""
    return any(
        target.method == operation.method
        and _shape(target.path.text.split("/"))
        == _shape(operation.full_path.split("/"))
        for successor in operation.successors.values()
        for _, target in successor.targets()
    )


def newest_version(text: str) -> str | None:
    """Return the newest version that a text names: in a media type, an option, a path, or that of a client for Go.

    It has the day and three more digits, which the SDK counts; elsewhere they are 999.
    """
    found = ("".join(filter(None, one.groups())) for one in _VERSION.finditer(text))
    return max((_UNSAID.get(one, one).ljust(11, "9") for one in found), default=None)


@cache
def _pattern(
    segments: tuple[str, ...], mark: str, bases: frozenset[str], enough: int
) -> re.Pattern[str]:
    """Return what matches a path, or its end with enough fixed segments, after a plausible start."""
    parts = [base.split("/") for base in bases]
    known = "|".join(
        rf"(?:.*[/{HOLE}])?{re.escape('/'.join(part[:-1]))}/(?:{re.escape(part[-1])}|[^/]*{HOLE}[^/]*)/"
        for part in parts
    )
    ends = "|".join(
        re.escape("/".join(part[at:])) for part in parts for at in range(1, len(part))
    )
    is_common = mark in rules.words("words", "common")
    least = 2
    if is_common:
        least = enough = max(enough, 2)
    # From its API's base on a path is known; any other start is one of Atlas' only
    # before a path that says enough.
    other = rf"(?!.*(?:{'|'.join(map(re.escape, bases))})/[^{HOLE}])"
    if sum(map(bool, segments)) >= least:
        start = rf"|{other}(?:/?|/?(?:{ends})/|{_START}{HOLE}/?)"
    else:
        start = ""
    found = [rf"(?:{known}{start}){_tail(segments, mark)}"]
    for at in range(1, len(segments)):
        tail = segments[at:]
        if not mark or mark in tail:
            is_enough = sum(map(bool, tail)) >= (enough if tail[0] else _ENOUGH)
            # A hole after the segment before it is part of the path, whose start is not
            # known to be Atlas'. Behind another fixed segment it is a parameter of
            # another path.
            before = rf"(?<![^/:{HOLE}]/)"
            name = "" if tail[0] else _NO_NAME
            if is_enough:
                start = rf"(?:/?{name}|{_START}{before}{HOLE}/?)"
            else:
                start = rf"(?:{known})(?:[^/]*{HOLE}/?)"
            found.append(other + start + _tail(tail, mark))
    return re.compile("|".join(found))


def _tail(segments: Sequence[str], mark: str) -> str:
    fixed = [one for one in segments if one]
    words = {one: re.escape(one) for one in fixed}
    if mark in fixed[:-1]:  # A loop or an argument may choose the last word.
        words[fixed[-1]] = f"(?:{words[fixed[-1]]}|{HOLE})"
    # The unknown end of the last segment may be a query.
    return "/".join(words[one] if one else ":?[^/:]+" for one in segments) + (
        f"{HOLE}?" if segments[-1] else ""
    )


def _marks(operation: Operation) -> frozenset[str]:
    """Return the fixed segments that a successor's path lacks; if both paths are the same, the last one."""
    fixed = [one for one in operation.path.segments if not parameter_name(one)]
    if is_living(operation):
        return frozenset(fixed[-1:])
    # The first segment is the collection that all paths of the API begin with.
    targets = []
    for successor in operation.successors.values():
        for _, target in successor.targets():
            targets.append(target)
    return frozenset(fixed[1:]).difference(
        *(target.path.segments for target in targets)
    )
