"""What can only be seen from the whole: rules that can never apply, names that lead nowhere, ties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shim.documents.check_calls import check_calls, targets
from shim.documents.check_fields import check_fields
from shim.documents.model import Document, Operation, Successor
from shim.documents.templates import Template, parameter_name
from shim.documents.versions import overlap


def check_documents(documents: Sequence[Document]) -> Iterator[tuple[Document, str, str]]:
    """Yield (document, key path, what is wrong) for every defect of a set of documents."""
    yield from _twice(documents)
    yield from _ties(documents)
    for document in documents:
        for operation in document.operations:
            for at, what in (*_check_operation(operation), *check_calls(document, operation)):
                yield document, at, what
            for base in [api.base for api in document.apis.values()]:
                if operation.path.text.startswith(f"{base}/"):
                    yield document, f"{operation.at}.path", f"is below the base of its api already; leave {base} out"
        for at, what in check_fields(document):
            yield document, at, what


def _twice(documents: Sequence[Document]) -> Iterator[tuple[Document, str, str]]:
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    for document in documents:
        if document.name in names:
            hint = f"{document.name!r} is also the name of {names[document.name]}; to change rules use overrides"
            yield document, "name", hint
        names[document.name] = document.file
        for operation in document.operations:
            for name in (operation.id, *operation.aliases):
                if name in ids:
                    yield document, operation.at, f"{name!r} is already an operation or alias of {ids[name]}"
                ids[name] = document.file


def _ties(documents: Sequence[Document]) -> Iterator[tuple[Document, str, str]]:
    seen: list[tuple[str, tuple[str, ...], Document, Operation]] = []
    for document in documents:
        for api in document.apis.values():
            for operation in document.operations:
                path = tuple("{}" if parameter_name(part) else part for part in operation.path.segments)
                key = (operation.method + " " + api.base, path)
                for base, other_path, other_document, other in seen:
                    same = (base, other_path) == key and overlap(operation.versions, other.versions)
                    if same and other is not operation:
                        where = f"{other.id} ({other_document.file})"
                        yield document, operation.at, f"has the same method, path and versions as {where}"
                seen.append((*key, document, operation))


def _check_operation(operation: Operation) -> Iterator[tuple[str, str]]:
    at = operation.at
    own = set(operation.path.parameters)
    yield from _check_dates(operation)
    for name in operation.cluster:
        if name not in own:
            yield f"{at}.cluster", f"{name!r} is no parameter of the path"
    if len(operation.successors) > 1 and not operation.cluster:
        yield f"{at}.cluster", "is missing; name the path parameters that tell one cluster from another"
    first = next(iter(operation.successors.values()), None)
    if len(operation.successors) == 1 and first is not None and first.after:
        yield f"{first.at}.after", "can never apply: there is no other tier"
    yield from _check_order(operation)
    for successor in operation.successors.values():
        yield from _check_successor(operation, successor, own)
    writes = operation.method not in {"GET", "DELETE"}
    if operation.request is not None and not writes:
        yield f"{at}.request", f"describes a body, and {operation.method} has none"
    chosen = any(successor.choices for successor in operation.successors.values())
    if operation.query is not None and not chosen:
        yield f"{at}.query", "can never apply: no successor has choose"


def _check_dates(operation: Operation) -> Iterator[tuple[str, str]]:
    at = operation.at
    if operation.sunset < operation.deprecated:
        yield f"{at}.sunset", "is earlier than deprecated (RFC 9745, 4)"
    if operation.blank is not None:
        if operation.method != "GET" or not operation.successors:
            yield f"{at}.blank", "belongs to reads that have a successor"
        if operation.blank >= operation.sunset:
            yield f"{at}.blank", "can never apply: the sunset is not later"
    if operation.switch and operation.method == "GET":
        yield f"{at}.switch", "belongs to writes"


_SORTABLE = frozenset({"boolean", "integer", "number", "string", "time"})


def _check_order(operation: Operation) -> Iterator[tuple[str, str]]:
    at = f"{operation.at}.order"
    types = {field.name: field.type for field in operation.fields}
    for key in operation.order:
        kind = types.get(key.removeprefix("-"))
        if operation.resource.bare:
            yield at, "can't sort what is bare"
        elif kind is None:
            yield at, f"{key!r} is no field of the resource"
        elif key.startswith("-") and key[1:] in operation.order:
            yield at, f"{key!r} and {key[1:]!r} can't both apply"
        elif kind not in _SORTABLE:
            yield at, f"{key!r} can't be sorted by: its type is {kind}"
    for tier, successor in operation.successors.items():
        if operation.order and any(target.paging != "collected" for _, target in targets(successor)):
            yield at, f"can never apply: {tier} keeps upstream's pages; set paging to collected"


def _check_successor(operation: Operation, successor: Successor, own: set[str]) -> Iterator[tuple[str, str]]:
    at = successor.at
    for key, target in targets(successor):
        yield from _known(f"{at}{key}.path", target.path, own)
        if operation.shape == "one" and target.paging == "collected":
            yield f"{at}{key}.paging", "belongs to lists; this operation answers with one resource"
        if operation.shape == "one" and target.items != "results":
            yield f"{at}{key}.items", "belongs to lists; this operation answers with one resource"
        if operation.shape == "one" and target.next:
            yield f"{at}{key}.next", "belongs to lists; this operation answers with one resource"
    if successor.probe is not None:
        yield from _known(f"{at}.probe", successor.probe, own)


def _known(at: str, path: Template, own: set[str]) -> Iterator[tuple[str, str]]:
    for name in path.parameters:
        if name not in own:
            yield at, f"{{{name}}} is no parameter of the legacy path"
