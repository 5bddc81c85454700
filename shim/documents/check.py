"""What can only be seen from the whole: rules that can never apply, names that lead nowhere, ties.

Rows say where, whether it is wrong, and what is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from shim.documents.calls import ATLAS_ERRORS, Successor, Target
from shim.documents.check_fields import check_fields
from shim.documents.fields import Resource
from shim.documents.model import Api, Document, Operation
from shim.documents.question import RequestBody
from shim.documents.tables import Rows, key_path
from shim.documents.templates import Template, parameter_name
from shim.documents.value_types import FITS
from shim.documents.verbs import From
from shim.documents.versions import overlap
from shim.documents.ways import json_type

OF_PAGE = frozenset({"links", "totalCount"})
"""Members of a page beside its list (contract: Paginated…View)."""
_SORTABLE = frozenset({"boolean", "integer", "number", "string", "time"})


def check_documents(documents: Sequence[Document]) -> Iterator[tuple[Document, str, str]]:
    """Yield (document, key path, what is wrong) for every defect of a set of documents."""
    yield from _twice(documents)
    yield from _ties(documents)
    for document in documents:
        rows = (row for operation in document.operations for row in _rows(document, operation))
        for at, is_wrong, what in chain(rows, check_fields(document)):
            if is_wrong:
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
    seen: dict[tuple[str, ...], list[tuple[Document, Operation]]] = {}
    for document in documents:
        for base in [api.base for api in document.apis.values()]:
            for operation in document.operations:
                parts = ["{}" if parameter_name(part) else part for part in operation.path.segments]
                same = seen.setdefault((operation.method, base, *parts), [])
                for owner, other in same:
                    if other is not operation and overlap(operation.versions, other.versions):
                        where = f"{other.id} ({owner.file})"
                        yield document, operation.at, f"has the same method, path and versions as {where}"
                same.append((document, operation))


def _rows(document: Document, operation: Operation) -> Rows:
    """Return what may be wrong with an operation, its question, and its successors' calls and errors."""
    at, method, request, blank = operation.at, operation.method, operation.request, operation.blank
    successors, is_read = operation.successors, operation.method == "GET"
    first = next(iter(successors.values()), None)
    no_list = operation.items in OF_PAGE or "." in operation.items
    yield f"{at}.sunset", operation.sunset < operation.deprecated, "is earlier than deprecated (RFC 9745, 4)"
    yield f"{at}.blank", blank and not (is_read and successors), "belongs to reads that have a successor"
    yield f"{at}.blank", blank and blank >= operation.sunset, "can never apply: the sunset is not later"
    yield f"{at}.switch", operation.switch and is_read, "belongs to writes"
    for name in operation.cluster:
        yield f"{at}.cluster", name not in operation.path.parameters, f"{name!r} is no parameter of the path"
    lacking = len(successors) > 1 and not operation.cluster
    yield f"{at}.cluster", lacking, "is missing; name the path parameters that tell one cluster from another"
    if first is not None and len(successors) == 1:
        yield f"{first.at}.after", first.after, "can never apply: there is no other tier"
    yield from _of_order(operation)
    yield f"{at}.request", request and method in {"GET", "DELETE"}, f"describes a body, and {method} has none"
    chosen = any(successor.choices for successor in successors.values())
    yield f"{at}.query", operation.query and not chosen, "can never apply: no successor has choose"
    yield f"{at}.items", no_list, f"{operation.items!r} is no name for a page's list"
    if request is not None:
        yield from _of_request(f"{at}.request", request)
    for successor in successors.values():
        yield from _of_successor(document, operation, successor)
    for base in [api.base for api in document.apis.values()]:
        below = operation.path.text.startswith(f"{base}/")
        yield f"{at}.path", below, f"is below the base of its api already; leave {base} out"


def _of_order(operation: Operation) -> Rows:
    at, order = f"{operation.at}.order", operation.order
    types = {field.name: field.type for field in operation.fields}
    for key in order:
        kind = types.get(key.removeprefix("-"))
        both = key.startswith("-") and key[1:] in order
        if operation.resource.bare:
            yield at, True, "can't sort what is bare"
        elif kind is None:
            yield at, True, f"{key!r} is no field of the resource"
        else:
            yield at, both, f"{key!r} and {key[1:]!r} can't both apply"
            yield at, not both and kind not in _SORTABLE, f"{key!r} can't be sorted by: its type is {kind}"
    for tier, successor in operation.successors.items():
        kept = order and any(target.paging != "collected" for _, target in successor.targets())
        yield at, kept, f"can never apply: {tier} keeps upstream's pages; set paging to collected"


def _of_request(at: str, request: RequestBody) -> Rows:
    for name in request.ignored:
        yield f"{at}.ignored", name in request.members, f"{name!r} is declared as a member, and would never be read"
    no_words = request.members.get(request.choose, "string") != "string"
    yield f"{at}.choose", no_words, f"{request.choose!r} must be of type string to have words"
    for name, refused in request.refused.items():
        kind = request.members.get(name)
        what = f"can never apply: {refused.value!r} is not of the member's type, {kind}"
        yield f"{key_path(f'{at}.refuse', name)}.value", kind and not FITS[kind](refused.value), what


def _of_successor(document: Document, operation: Operation, successor: Successor) -> Rows:
    words = {key_path(".choose", word): word for word in successor.choices}
    for key, target in successor.targets():
        at, is_one = f"{successor.at}{key}", operation.shape == "one"
        other = "belongs to lists; this operation answers with one resource"
        yield from _unknown(f"{at}.path", target.path, operation)
        yield f"{at}.paging", is_one and target.paging == "collected" and not target.next, other
        yield f"{at}.items", is_one and target.items != "results", other
        yield f"{at}.next", is_one and target.next, other
        for where, is_wrong, what in _of_target(document, operation, target, words.get(key, "")):
            yield f"{at}{where}", is_wrong, what
    if successor.probe is not None:
        yield from _unknown(f"{successor.at}.probe", successor.probe, operation)
    for code in successor.errors:
        is_number = code.isdecimal() and successor.error == ATLAS_ERRORS  # others may have numbers as codes
        is_status = len(code) == 3 and code.isdecimal() and 400 <= int(code) <= 599
        never = not is_status and (is_number or not successor.error.code)
        yield key_path(f"{successor.at}.errors", code), never, "can never apply: it is no status of an error"


def _unknown(at: str, path: Template, operation: Operation) -> Rows:
    for name in path.parameters:
        yield at, name not in operation.path.parameters, f"{{{name}}} is no parameter of the legacy path"


def _of_target(document: Document, operation: Operation, target: Target, word: str) -> Rows:
    other = (target.method == "GET") != (operation.method == "GET")
    what = f"{target.method} can't answer {operation.method}: a read stays a read, and a write a write"
    yield ".method", other, what
    for api in document.apis.values():
        yield ".path", *_is_itself(api, operation, target)
    yield ".items", target.items in OF_PAGE, f"{target.items!r} is never the list of a page"
    chooser = operation.query
    for name, rule in target.query.items():
        if chooser is not None and name == chooser.choose and rule.values:
            for lacking in (word,) if word else chooser.words:
                what = f"has no word for {lacking!r}, which chooses this call"
                yield key_path(".query", name), lacking not in rule.values, what
    if target.body is not None and operation.request is not None:
        yield from _of_body(target.body, operation.request)


def _is_itself(api: Api, operation: Operation, target: Target) -> tuple[bool, str]:
    """Return whether a successor's call is the legacy one, and what is to be done about it."""
    is_there = not target.host and target.method == operation.method
    same = is_there and target.path.text == f"{api.base}{operation.path.text}"
    if not target.version:
        return same, "is the legacy call itself, which a media_type does not change; the path must be another"
    is_old = api.version is not None or operation.versions.contains(target.version.replace("-", "."))
    what = f"is the legacy call itself; versions must end before {target.version}, or the path be another"
    return same and is_old, what


def _of_body(body: Resource, request: RequestBody) -> Rows:
    """Yield what reads a member that is never there, or is of another type than it makes."""
    for field in body.fields:
        for rule in field.rules["body"]:
            where = f".body{rule.at.removeprefix(body.at)}"
            for source in rule.sources:
                ignored = re.split(r"[.\[]", source)[0] in request.ignored
                kind = request.members.get(source)
                takes = rule.verb.way.takes(json_type(field.type)) if isinstance(rule.verb, From) else ()
                unfit = kind is not None and takes and not {json_type(kind), "any"} & {*takes}
                yield where, ignored, f"reads {source!r}, which is ignored"
                yield where, unfit, f"can never apply: {source!r} is of type {kind}"
