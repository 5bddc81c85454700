"""The compiled documents, and the question that every message meets first: is it a retired call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

import attrs

from shim.core.messages import Headers, field
from shim.core.rules import Compiled, compile_fields
from shim.core.settings import Settings
from shim.documents import Document, load_documents, mapping_folders
from shim.documents.model import Api, Operation, Verb
from shim.documents.templates import decoded, parameter_name
from shim.documents.versions import Named, named_in
from shim.errors import SettingsError


@attrs.frozen(slots=False, eq=False)
class Entry:
    """An operation with its fields compiled, by tier; told apart by identity, so that it can be part of a key."""

    operation: Operation

    @cached_property
    def compiled(self) -> Mapping[str, tuple[Compiled, ...]]:
        """The fields of the answer by tier."""
        return {tier: compile_fields(self.operation.fields, tier) for tier in self.operation.successors}

    @cached_property
    def reading(self) -> frozenset[str]:
        """The tiers whose content takes part in the answer; of the others any success will do."""
        fields, page = self.operation.fields, self.operation.shape == "page"
        return frozenset(
            tier
            for tier in self.operation.successors
            if page or any(rule.sources or rule.when for field in fields for rule in field.rules[tier])
        )

    @cached_property
    def timeless(self) -> bool:
        """Whether a read's translation depends on nothing but the call and upstream's bytes."""
        rules = [rule for field in self.operation.fields for tier in field.rules.values() for rule in tier]
        return self.operation.method == "GET" and not any(rule.verb is Verb.PASSED for rule in rules)


@attrs.frozen
class Match:
    """A recognised call: the operation, the interface it was made on, and the path's parameters.

    ``raw`` values are as they stand in the path; ``parameters`` are their decoded text.
    """

    entry: Entry
    api: Api
    raw: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.entry.operation

    @property
    def needs_body(self) -> bool:
        """Whether the request body takes part in the decision or translation."""
        return self.operation.method not in {"GET", "DELETE"}


@attrs.define
class _Node:
    """One segment of the tree of all legacy paths; a fixed segment is tried before a parameter."""

    fixed: dict[str, _Node] = attrs.field(factory=dict)
    parameter: _Node | None = None
    ends: dict[str, list[tuple[Api, Entry]]] = attrs.field(factory=dict)


_SHORT = 400
"""Characters of path and Accept up to which what a call is is remembered."""


class Engine:
    """All operations of a set of documents; immutable, so one may serve every door and thread."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = tuple(documents)
        self._root = _Node()
        # Programs make the same few calls again and again.
        self._recent = lru_cache(maxsize=512)(self._match)
        self._bases: tuple[str, ...] = tuple({f"{api.base}/" for doc in documents for api in doc.apis.values()})
        self._names: dict[str, Entry] = {}
        for document in documents:
            for operation in document.operations:
                entry = Entry(operation)
                self._names.update(dict.fromkeys((operation.id, *operation.aliases), entry))
                for api in document.apis.values():
                    _plant(self._root, api, entry)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation, in document order."""
        return tuple(operation for document in self.documents for operation in document.operations)

    def recognise(self, method: str, target: str, headers: Headers) -> Match | None:
        """Return what a call is, or None when the shim has no part in it.

        ``target`` is the raw request target; it is matched as it stands. The Accept field
        decides which version, and so which operation, is meant.
        """
        if not target.startswith(self._bases):
            return None
        path, accept = target.partition("?")[0], _accept(headers)
        match = self._match if len(path) + len(accept or "") > _SHORT else self._recent
        return match(method, path, accept)

    def _match(self, method: str, path: str, accept: str | None) -> Match | None:
        for node, values in _walk(self._root, path[1:].split("/"), 0, ()):
            if method in node.ends:
                return _resolve(node.ends[method], values, accept)
        return None

    def named(self, name: str) -> Operation | None:
        """Return the operation with an id or alias."""
        entry = self._names.get(name)
        return None if entry is None else entry.operation

    def check_settings(self, settings: Settings) -> None:
        """Raise SettingsError when a sunset is set for a document that does not exist."""
        names = {document.name for document in self.documents}
        for name in settings.sunsets:
            if name not in names:
                known = ", ".join(sorted(names))
                raise SettingsError(f"ATLAS_SHIM_SUNSET: {name!r} is no document; there are {known}")


def _plant(root: _Node, api: Api, entry: Entry) -> None:
    node = root
    for segment in (*api.base[1:].split("/"), *entry.operation.path.segments):
        if parameter_name(segment):
            node.parameter = node.parameter or _Node()
            node = node.parameter
        else:
            node = node.fixed.setdefault(segment, _Node())
    node.ends.setdefault(entry.operation.method, []).append((api, entry))


def _walk(
    node: _Node, segments: Sequence[str], index: int, values: tuple[str, ...]
) -> Iterable[tuple[_Node, tuple[str, ...]]]:
    if index == len(segments):
        if node.ends:
            yield node, values
        return
    segment = segments[index]
    if segment in node.fixed:
        yield from _walk(node.fixed[segment], segments, index + 1, values)
    if node.parameter is not None and segment:
        yield from _walk(node.parameter, segments, index + 1, (*values, segment))


def _resolve(ends: Sequence[tuple[Api, Entry]], values: tuple[str, ...], accept: str | None) -> Match | None:
    texts = [decoded(value) for value in values]
    if None in texts:
        return None
    named: Any = None
    found: tuple[Api, Entry] | None = None
    for api, entry in ends:
        if api.version is None:
            if named is None:
                named = named_in(accept)
            if named is Named.OTHER:
                continue
            if named is not Named.NOTHING and not entry.operation.versions.contains(named):
                continue
        elif not entry.operation.versions.contains(api.version.replace("-", ".")):
            continue
        # A caller that names no version has the oldest one.
        if found is None or entry.operation.version < found[1].operation.version:
            found = (api, entry)
    if found is None:
        return None
    names = found[1].operation.path.parameters
    return Match(
        api=found[0],
        entry=found[1],
        raw=dict(zip(names, values, strict=True)),
        parameters=dict(zip(names, [text for text in texts if text is not None], strict=True)),
    )


def _accept(headers: Headers) -> str | None:
    lines = [value for name, value in headers if name.lower() == "accept"]
    return ",".join(lines) if len(lines) > 1 else field(headers, "accept")


def load_engine(environ: Mapping[str, str]) -> Engine:
    """Return an engine for the shipped documents and those in ``ATLAS_SHIM_MAPPINGS``.

    Raises DocumentError that lists every defect.
    """
    return Engine(load_documents(mapping_folders(environ)))


def shared_engine(environ: Mapping[str, str]) -> Engine:
    """Return the engine that everybody with this environment shares, read once for each ``ATLAS_SHIM_MAPPINGS``."""
    return _shared(environ.get("ATLAS_SHIM_MAPPINGS", ""))


@cache
def _shared(folder: str) -> Engine:
    return load_engine({"ATLAS_SHIM_MAPPINGS": folder} if folder else {})
