"""The paths and names of retired operations to search for, and the uses found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from shim.core.recognize import Engine
from shim.documents.load import CALLER
from shim.documents.model import Operation
from shim.documents.templates import parameter_name
from shim.tools.scan import rules
from shim.tools.scan.paths import HOLE, PathPattern, with_holes
from shim.tools.scan.pins import ANY, Limit, before

_VERSION = re.compile(
    r"""
    (?:vnd\.atlas\.|--version[=\ ]["']?)(20\d\d)-(\d\d)-(\d\d)  # a media type, or an option of the CLI
    | atlas-sdk/v(20\d{9})(?!\d)  # Atlas's SDK for Go: v20231115014
    | api/atlas/v1\.([05])(?![\w.])  # a path: /api/atlas/v1.0/
    | org/atlas/mongodbatlas  # the client for Go before the SDK
    """,
    re.VERBOSE,
)
_UNSAID = {"": "20230101", "0": "20230101", "5": "20230201"}
"""The versions of v1.0, which the Go client before Atlas's SDK calls, and of v1.5."""


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
    """``call`` (an HTTP call), ``path`` (a path without a visible call), ``sdk`` (a
    client's method), ``package`` (one of a single package), ``command`` (of the Atlas
    CLI), ``resource`` (of Terraform, CloudFormation, Pulumi or the operator) or
    ``text`` (any other line).
    """
    operations: tuple[Operation, ...]
    """Several if the method is not known."""
    method: str | None
    text: str
    """The path or the name."""


class Sought:
    """The paths of an engine's operations, and the callers that its documents name.

    If only the version differs from the successor's call, an operation is searched for
    in files that name a version: ``newest``. ``limits`` are the newest versions of
    tools that a tree allows, by the first word of a caller; other callers are current.
    """

    def __init__(
        self,
        engine: Engine,
        newest: str | None = None,
        limits: Iterable[tuple[str, Limit]] = (),
    ) -> None:
        self.newest = newest
        self._living = frozenset(one.id for one in engine.operations if is_living(one))
        self.operations = dict[str, Operation]()
        for one in engine.operations:
            if newest or one.id not in self._living:
                self.operations[one.id] = one
        self._by_name: dict[tuple[str, str], list[Operation]] = {}
        self._methods: dict[str, list[_ClientMethod]] = {}
        self._paths: list[PathPattern] = []
        self._packages = set[str]()
        self._words = {"atlas", "mongodb", "mongocli"}
        self._fixed = _fixed_versions(engine)
        self._read_callers(engine, dict(limits))
        self._read_paths(engine)
        self._words = _shortest(self._words)

    def _read_callers(self, engine: Engine, limits: Mapping[str, Limit]) -> None:
        every = {one.id: one for one in engine.operations}
        for document in engine.documents:
            for caller, names in document.callers.items():
                kind, name, since, until = re.findall(CALLER, caller)[0]
                newest = limits.get(kind, ANY)
                if until and newest > before(until):
                    continue
                if since and newest <= before(since):
                    continue
                self._add_caller(kind, name, [every[one] for one in names])
        for operation in self.operations.values():
            for method in map(plain_name, (operation.id, *operation.aliases)):
                known = self._methods.setdefault(method, [])
                if not any(one.operation is operation for one in known):
                    known.append(_ClientMethod("", operation))
        for method, some in self._methods.items():
            if any(not one.service for one in some):
                self._words.add(method)

    def _add_caller(self, kind: str, name: str, operations: list[Operation]) -> None:
        key = (kind, _plain(kind, name))
        self._by_name.setdefault(key, []).extend(operations)
        if kind == "word":
            self._words.add(plain_name(name))
        elif kind == "package":
            self._packages.add(name.partition(" ")[0])
        elif kind == "sdk":
            service, _, method = map(plain_name, name.rpartition("."))
            for one in operations:
                if one.id in self.operations:
                    of_name = self._methods.setdefault(method, [])
                    of_name.append(_ClientMethod(service, one))

    def _read_paths(self, engine: Engine) -> None:
        bases = set[str]()
        for document in engine.documents:
            bases.update(api.base[1:] for api in document.apis.values())
        by_shape: dict[tuple[str, ...], list[Operation]] = {}
        for one in self.operations.values():
            by_shape.setdefault(tuple(_shape(one.path.segments)), []).append(one)
        # A long path may end as a short one does.
        for shape in sorted(by_shape, key=len, reverse=True):
            operations = by_shape[shape]
            # A fixed segment that the successors' paths lack, if there is one.
            mark = max(frozenset.intersection(*map(_marks, operations)), default="")
            pattern = PathPattern(shape, mark, frozenset(bases), operations)
            self._paths.append(pattern)
            word = mark or next(filter(None, shape[::-1]))
            # A file with a word of many APIs is about Atlas only if it has another one.
            is_common = word in rules.words("words", "common")
            # A file that names a version is about Atlas, whatever words it has.
            needs_version = any(one.id in self._living for one in operations)
            if not is_common and not needs_version:
                self._words.add(plain_name(word))

    def concerns(self, text: str) -> bool:
        """Return whether a text has a word to search for."""
        folded = plain_name(text)
        return any(word in folded for word in self._words)

    def find(self, s: str, *, near: bool = False) -> Sequence[Operation]:
        """Return the operations of the path in a text, the longest path first, or none.

        With ``near``, the end of a path is enough, as in a client with a base URL, if
        it has the retired API's word.
        """
        path = re.split(r"[?#]", with_holes(s.strip()), maxsplit=1)[0]
        if re.search(r"[\s<>]", path):
            # Prose or markup.
            return ()
        if path.startswith("/") and "/:" in path and "/api/" not in path:
            # A route of a server.
            return ()
        path = re.sub(r"(?<=[^:/])/{2,}", "/", path).rstrip("/")
        for pattern in self._paths:
            if pattern.matches(path, near=near):
                return pattern.operations
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
        """Return the use of a call to an address, or None for other addresses.

        With ``near``, the end of a path is enough, for programs that mention Atlas. If
        the method is unknown, the use is of all operations of the path, reads first.
        """
        found = []
        for one in self.find(address, near=near):
            if method is None or method == one.method:
                found.append(one)
        if not found:
            return []
        found.sort(key=lambda one: one.method != "GET")
        text = re.sub(f"{HOLE}+", "{…}", address)
        return [RetiredUse(place, kind, tuple(found), method, text)]

    def named(
        self, name: str, has: Callable[[str], bool] = lambda _: False
    ) -> tuple[Operation, ...]:
        """Return the operations of a client's method, including variants.

        There is one, or one for each version. ``has`` tests whether a method is one of
        a service, because documents name the service of common names.
        """
        folded = plain_name(name)
        for ending in rules.table("words", "variants"):
            if not folded.endswith(ending):
                continue
            found = []
            for one in self._methods.get(folded.removesuffix(ending), ()):
                if not one.service or has(one.service):
                    found.append(one.operation)
            if found:
                return tuple(found)
        return ()

    def of(self, kind: str, name: str) -> tuple[Operation, ...]:
        """Return the operations that a caller of this kind calls.

        They are those that end first, and of these the creation.
        """
        found = self._by_name.get((kind, _plain(kind, name)), [])
        return tuple(sorted(found, key=lambda one: (one.sunset, one.method != "POST")))

    def packaged(self, text: str, service: str, method: str) -> tuple[Operation, ...]:
        """Return the operations of a method of a package that a program names."""
        for package in self._packages:
            if package in text:
                found = self.of("package", f"{package} {service}.{method}")
                if found:
                    return found
        return ()

    def wrapped(self, name: str) -> tuple[Operation, ...]:
        """Return the operations of a generated class or function.

        Pulumi or CDKTF generates it from a Terraform name.
        """
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
        """Return the operations of a word that means a resource anywhere.

        It is one of Pulumi, CloudFormation or CDK.
        """
        pulumi = re.fullmatch(r"mongodbatlas:(?:index(?:/\w+)?:)?(\w+)", word)
        if pulumi is not None:
            return self.wrapped(pulumi[1])
        in_cdk = re.sub(r"^Cfn", "MongoDB::Atlas::", word)
        return self.of("word", word) or self.of("word", in_cdk)

    def ending(self, uses: Iterable[RetiredUse], *texts: str) -> Iterator[RetiredUse]:
        """Yield the uses of operations that end in a version.

        The version comes from the first of these texts, or else from the file.
        """
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
        """Return the version of an operation from these texts, or from the file."""
        for text in texts:
            fixed = []
            for base, day in self._fixed[operation.id].items():
                if base in text:
                    fixed.append(day)
            if fixed:
                return fixed[0]
            newest = newest_version(text)
            if newest:
                return _day(newest)
        return _day(self.newest)


@attrs.frozen
class _ClientMethod:
    """A method of clients that calls an operation."""

    service: str
    """The service that it must belong to, empty if the name alone is enough."""
    operation: Operation


def _fixed_versions(engine: Engine) -> dict[str, dict[str, str]]:
    """Return, by an operation's id, the version of each base: that of v1.0."""
    fixed = {}
    for document in engine.documents:
        versions = {}
        for api in document.apis.values():
            if api.version:
                versions[f"{api.base}/"] = api.version
        for one in document.operations:
            fixed[one.id] = versions
    return fixed


def _shortest(words: set[str]) -> set[str]:
    """Return the words that contain no other one.

    A text without the shorter word lacks the longer, too.
    """
    found = set[str]()
    for word in sorted(words, key=len):
        if not any(shorter in word for shorter in found):
            found.add(word)
    return found


def _day(version: str | None) -> str | None:
    return version and f"{version[:4]}-{version[4:6]}-{version[6:8]}"


def plain_name(name: str) -> str:
    """Return a name as it is compared, whatever the language."""
    return name.replace("_", "").casefold()


def _plain(kind: str, name: str) -> str:
    """Return a caller's name as it is compared.

    Of a command, words in full, one of many.
    """
    if kind != "atlas":
        return name
    names = rules.table("commands", "names")
    words = []
    for word in name.casefold().split():
        words.append(names.get(word, word).removesuffix("s"))
    return " ".join(words)


def _shape(segments: Iterable[str]) -> list[str]:
    return ["" if parameter_name(segment) else segment for segment in segments]


def is_living(operation: Operation) -> bool:
    """Return whether an operation and its successor differ only in the version."""
    own = _shape(operation.full_path.split("/"))
    for successor in operation.successors.values():
        for _, target in successor.targets():
            path = _shape(target.path.text.split("/"))
            if target.method == operation.method and path == own:
                return True
    return False


def newest_version(text: str) -> str | None:
    """Return the newest version that a text names.

    It may be in a media type, an option, a path, or a Go client's version. It has the
    day and three more digits, which the SDK counts; elsewhere they are 999.
    """
    versions = []
    for found in _VERSION.finditer(text):
        version = "".join(filter(None, found.groups()))
        versions.append(_UNSAID.get(version, version).ljust(11, "9"))
    return max(versions, default=None)


def _marks(operation: Operation) -> frozenset[str]:
    """Return the fixed segments that a successor's path lacks.

    If both paths are the same, it is the last one.
    """
    fixed = [one for one in operation.path.segments if not parameter_name(one)]
    if is_living(operation):
        return frozenset(fixed[-1:])
    # The first segment is the collection that all paths of the API begin with.
    targets = []
    for successor in operation.successors.values():
        for _, target in successor.targets():
            targets.append(target)
    successors = [target.path.segments for target in targets]
    return frozenset(fixed[1:]).difference(*successors)
