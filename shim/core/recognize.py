"""Recognize retired calls with the compiled documents; every door asks this first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import attrs

from shim.core.messages import Headers
from shim.core.settings import STRICT, SWITCHES, Settings, parse_writes
from shim.core.translate import Translator
from shim.documents import Document, load_documents, mapping_folders
from shim.documents.fields import Resource, Rule
from shim.documents.model import Api, Operation
from shim.documents.templates import decoded, parameter_name
from shim.documents.vocabulary import named_in
from shim.errors import SettingsError


@attrs.frozen
class SortKey:
    """A field by which lists are sorted: its path in an item, and whether the largest comes first."""

    path: tuple[str, ...]
    is_time: bool
    backwards: bool


class CompiledOperation:
    """An operation with values derived from its rules.

    Compared by identity, so that it can be part of a key.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation, self.switched, successors = (
            operation,
            operation.switched,
            operation.successors,
        )
        is_list = operation.shape != "one"
        self.reads = set()
        rules = list[Rule]()
        for tier, one in successors.items():
            used = [*one.resource.rules_for(tier)]
            rules += used
            reads = any(rule.sources or rule.when for rule in used)
            if is_list or one.resource.rest or reads:
                self.reads.add(tier)
        """The tiers whose content is needed for the answer.

        For the others, any success is enough.
        """
        is_timeless = all(rule.verb.timeless for rule in rules)
        self.timeless = operation.method == "GET" and is_timeless
        """Whether a read's translation depends only on the call and upstream's bytes."""
        later = [one for one in successors.values() if one.after]
        self.tiers = {}
        for tier, one in successors.items():
            others = [other for other in later if other is not one]
            self.tiers[tier] = (one, *others)
        """The successors in the order of requests, by the tier to begin with."""
        types = {field.name: field.type for field in operation.fields}
        named = [
            (key.removeprefix("-"), key.startswith("-")) for key in operation.order
        ]
        self.order = []
        for name, backwards in named:
            path = tuple(name.split("."))
            self.order.append(SortKey(path, types[name] == "time", backwards))
        """The sort keys of lists."""
        self.guarded: Operation | None = None
        if operation.lens and operation.lens.switch:
            self.guarded = attrs.evolve(operation, switch=operation.lens.switch)
        """The operation for bodies that need a switch."""
        self.answers = cache(self._answers)
        """Builds the answer of one tier on an API; generated when first needed."""
        self._bodies: dict[tuple[object, ...], Translator] = {}

    def _answers(self, tier: str, api: str) -> Translator:
        operation, successor = self.operation, self.operation.successors.get(tier)
        # The legacy endpoint's own members stay unchanged.
        if successor is None:
            resource = Resource(rest=True)
        else:
            resource = successor.resource
        title = f"{operation.document} {operation.id} {tier} {api}"
        path = (*operation.path.parameters, *(successor.given if successor else ()))
        return Translator(title, resource, tier, parameters=path, api=api)

    def body(self, resource: Resource, given: Sequence[str] = ()) -> Translator:
        """Return the function that builds a successor's body or query.

        Generated when first needed.
        """
        key = (id(resource), *given)
        found = self._bodies.get(key)
        if found is None:
            title = f"{self.operation.document} {self.operation.id} body"
            without = (*resource.without, *given)
            # Values from lookups are not members that pass.
            found = self._bodies[key] = Translator(
                title, attrs.evolve(resource, without=without), "body"
            )
        return found


@attrs.frozen
class Match:
    """A recognized call: the operation, the API, and the path's parameters."""

    operation: Operation
    compiled: CompiledOperation
    api: Api
    raw: Mapping[str, str]
    """The parameters as written in the path."""
    parameters: Mapping[str, str]
    """Their decoded texts."""
    cluster: tuple[str, ...]
    """The decoded names that identify a cluster; empty if the operation has none."""
    needs_body: bool
    """Whether the request body is needed for the decision or the translation."""
    content_type: str
    """The media type of the operation's version."""


class Candidates:
    """The operations of one path and method, each on an API and in a range of its versions."""

    def __init__(self) -> None:
        self.operations: list[tuple[Api, CompiledOperation]] = []
        self.has_endings = False

    def choose(
        self, accept: str, last: str
    ) -> tuple[Api, CompiledOperation, str] | None:
        """Return the API and the operation that Accept selects, and the content type of its answers.

        ``last`` is the last segment of the path, or its ending where a path has one.
        """
        found: list[tuple[Api, CompiledOperation]] = []
        for api, compiled in self.operations:
            operation, ending = compiled.operation, compiled.operation.path.ending
            version = api.version or named_in(accept, operation.content)
            if version is None:
                fits = operation.oldest
            else:
                fits = version in operation.versions
            if ending:  # the part before the colon is the parameter
                fits = (
                    fits
                    and last.endswith(ending)
                    and decoded(last.removesuffix(ending)) is not None
                )
            if fits:
                found.append((api, compiled))
        if not found:
            return None
        # A caller that gives no version gets the oldest one.
        api, compiled = min(found, key=_precedence)
        operation = compiled.operation
        if operation.content == "json":
            kind = api.content_type or f"{operation.accept};charset=utf-8"
        elif api.content_type:
            kind = f"application/{operation.content}"
        else:
            kind = operation.accept
        return api, compiled, kind


def _precedence(candidate: tuple[Api, CompiledOperation]) -> tuple[bool, str]:
    """Return the sort key of candidates: a path with an ending first, then by version."""
    _, compiled = candidate
    operation = compiled.operation
    return not operation.path.ending, operation.version


LookedUp = tuple[Candidates, list[str]]
"""The operations of a method and path, and the raw values of the path's parameters."""


_ByFixed: TypeAlias = dict[tuple[str, ...], dict[str, Candidates]]
"""Operations by the fixed segments of their path, and by method."""


def _by_path(documents: Iterable[Document]) -> _ByFixed:
    """Return operations by method and by all segments of their path.

    A parameter's segment is empty.
    """
    found: _ByFixed = {}
    for document in documents:
        for compiled in map(CompiledOperation, document.operations):
            operation = compiled.operation
            for api in document.apis.values():
                whole = f"{api.base}{operation.path.text}"
                segments = []
                for segment in whole[1:].split("/"):
                    segments.append("" if parameter_name(segment) else segment)
                by_method = found.setdefault(tuple(segments), {})
                candidates = by_method.setdefault(operation.method, Candidates())
                candidates.operations.append((api, compiled))
                candidates.has_endings |= bool(operation.path.ending)
    return found


class Engine:
    """All operations of a set of documents.

    Immutable, so that doors and threads can share it. ``reads`` and ``writes`` are the
    enabled switches. An operation that Atlas keeps is recognized only if its switch is
    on, and is in no list of retired operations.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        reads: Collection[str] = (),
        writes: Collection[str] = (),
    ) -> None:
        operations = [one for document in documents for one in document.operations]
        self.switches = set()
        for one in operations:
            if one.switched is not None:
                self.switches.add((one.method == "GET", one.switched.switch))
        """Whether a switch belongs to reads, and each successor's word for it."""
        self.loaded = tuple(documents)
        """The documents as loaded, with everything that a switch can enable."""
        documents = [document.where_on(reads, writes) for document in documents]
        retired = []
        for document in documents:
            gone = [one for one in document.operations if not one.lives]
            retired.append(attrs.evolve(document, operations=tuple(gone)))
        self.documents = tuple(document for document in retired if document.operations)
        self.operations = tuple(
            operation
            for document in self.documents
            for operation in document.operations
        )
        """Every retired operation, in document order."""
        bases = set[str]()
        for document in documents:
            bases.update(f"{api.base}/" for api in document.apis.values())
        self.bases = tuple(bases)
        """The beginnings of all paths that are recognized."""
        self._paths: dict[int, dict[tuple[int, ...], _ByFixed]] = {}
        """Paths by their number of segments and the positions of the fixed ones.

        More fixed ones come first.
        """
        ends = _by_path(documents)
        for path in sorted(ends, key=lambda path: [not segment for segment in path]):
            places = tuple(place for place, segment in enumerate(path) if segment)
            fixed = tuple(filter(None, path))
            of_length = self._paths.setdefault(len(path), {})
            of_length.setdefault(places, {})[fixed] = ends[path]

    def recognize(self, method: str, target: str, headers: Headers) -> Match | None:
        """Return the match of a call, None if the shim does not handle it.

        ``target`` is the raw request target, matched without decoding. The Accept field
        selects the version, and so the operation.
        """
        found = self.look_up(method, target)
        if found is None:
            return None
        return match_in(found, headers)

    def has(self, method: str, target: str) -> bool:
        """Return whether an operation has this method and path, in any version."""
        return self.look_up(method, target) is not None

    def look_up(self, method: str, target: str) -> LookedUp | None:
        """Return the operations of a method and path, and the values of the path's parameters."""
        if not target.startswith(self.bases):
            return None
        path = target.partition("?")[0]
        # some clients write a slash after a list's path
        path = path.removesuffix("/")
        segments = path[1:].split("/")
        for places, by_fixed in self._paths.get(len(segments), {}).items():
            by_method = by_fixed.get(tuple([segments[place] for place in places]))
            if by_method is None:
                continue
            # HEAD is like GET without content (RFC 9110, 9.3.2).
            candidates = by_method.get(method) or (
                by_method.get("GET") if method == "HEAD" else None
            )
            values = [
                segment for place, segment in enumerate(segments) if place not in places
            ]
            if candidates is not None and all(values):
                return candidates, values
        return None

    def named(self, name: str) -> Operation | None:
        """Return the operation with an id or alias."""
        for one in self.operations:
            if name == one.id or name in one.aliases:
                return one
        return None

    def check_settings(self, settings: Settings) -> None:
        """Raise SettingsError for a sunset of a document, or a switch, that does not exist."""
        names = {document.name for document in self.documents}
        reads = {"off"}
        writes = {"off"}
        for of_reads, word in self.switches:
            (reads if of_reads else writes).add(word)
        for operation in self.operations:
            for word in operation.switches:
                writes |= {word, f"{word}{STRICT}"}
        asked = {word.removesuffix(STRICT) for word in settings.writes}
        problems = [
            *_not_among("ATLAS_SHIM_SUNSET", settings.sunsets, names),
            *_not_among("ATLAS_SHIM_READS", settings.reads, reads),
            *_not_among("ATLAS_SHIM_WRITES", asked, writes),
        ]
        if problems:
            raise SettingsError(*problems)


def _not_among(
    variable: str, words: Iterable[str], known: Collection[str]
) -> Iterator[str]:
    """Yield a problem for each unknown word of a variable."""
    choices = ", ".join(sorted(known)) or "none"
    for word in sorted(words):
        if word not in known:
            yield f"{variable}: {word!r} is not one of {choices}"


def match_in(found: LookedUp, headers: Headers) -> Match | None:
    """Return the match of a path that was looked up.

    The Accept field selects the version.
    """
    candidates, values = found
    said = []
    for name, value in headers:
        if len(name) == 6 and name.lower() == "accept":
            said.append(value)
    accept = ",".join(said)
    return match_of(candidates, values, accept)


def match_of(candidates: Candidates, values: list[str], accept: str) -> Match | None:
    """Return the match of a path's raw values; None if no version fits or a value decodes to no single text."""
    chosen = candidates.choose(
        accept, values[-1] if values and candidates.has_endings else ""
    )
    if chosen is None:
        return None
    api, compiled, kind = chosen
    operation = compiled.operation
    if ending := operation.path.ending:
        values = [*values[:-1], values[-1].removesuffix(ending)]
    texts = [*map(decoded, values)]
    if None in texts:
        return None
    raw = dict(zip(operation.path.parameters, values, strict=True))
    named = zip(operation.path.parameters, texts, strict=True)
    parameters: dict[str, Any] = dict(named)
    cluster = tuple([parameters[name] for name in operation.cluster])
    return Match(
        operation,
        compiled,
        api,
        raw,
        parameters,
        cluster,
        operation.method not in {"GET", "DELETE"},
        kind,
    )


def load_engine(
    environ: Mapping[str, str], documents: Sequence[Document] = ()
) -> Engine:
    """Return an engine for some documents, by default the shipped ones and those in ``ATLAS_SHIM_MAPPINGS``.

    Successors with a switch are included as ``ATLAS_SHIM_READS`` and
    ``ATLAS_SHIM_WRITES`` set. Raises DocumentError, which lists every defect, and
    SettingsError.
    """
    words = [parse_writes(environ.get(name, ""), name=name) for name in SWITCHES]
    return Engine(documents or load_documents(mapping_folders(environ)), *words)


def shared_engine(environ: Mapping[str, str]) -> Engine:
    """Return the engine of an environment.

    Environments with the same folder and switches share it.
    """
    return _shared(
        *(environ.get(name, "") for name in ("ATLAS_SHIM_MAPPINGS", *SWITCHES))
    )


@cache
def _shared(folder: str, reads: str, writes: str) -> Engine:
    return load_engine(
        {
            "ATLAS_SHIM_MAPPINGS": folder,
            **dict(zip(SWITCHES, (reads, writes), strict=True)),
        }
    )
