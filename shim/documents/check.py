"""What can only be seen from the whole: rules that can never apply, names that lead nowhere, ties.

Rows say where, whether it is wrong, and what is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

import attrs

from shim.documents.calls import ATLAS_ERRORS, Successor, Target
from shim.documents.check_fields import check_fields
from shim.documents.fields import Resource
from shim.documents.model import Document, Operation
from shim.documents.question import RequestBody
from shim.documents.tables import Rows, below, key_path
from shim.documents.templates import Template, parameter_name
from shim.documents.verbs import From
from shim.documents.versions import overlap
from shim.documents.vocabulary import FITS
from shim.documents.ways import json_type

OF_PAGE = frozenset({"links", "totalCount"})
"""Members of a page beside its list (contract: Paginated…View)."""
_SORTABLE = frozenset({"boolean", "integer", "number", "string", "time"})


def check_documents(documents: Sequence[Document]) -> Iterator[tuple[Document, str, str]]:
    """Yield (document, key path, what is wrong) for every defect of a set of documents."""
    names, ids, calls = dict[str, str](), dict[str, str](), dict[tuple[str, ...], list[tuple[Document, Operation]]]()
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
            parts = ["{}" if parameter_name(part) else part for part in operation.path.segments]
            parts.append(operation.path.ending)
            for api in document.apis.values():
                same = calls.setdefault((operation.method, api.base, *parts), [])
                for owner, other in same:
                    if other is not operation and overlap(operation.versions, other.versions):
                        where = f"{other.id} ({owner.file})"
                        yield document, operation.at, f"has the same method, path and versions as {where}"
                same.append((document, operation))
    for document in documents:
        rows = [below(operation.at, _of_operation(document, operation)) for operation in document.operations]
        for at, is_wrong, what in chain(*rows, check_fields(document)):
            if is_wrong:
                yield document, at, what


def _of_operation(document: Document, operation: Operation) -> Rows:
    """Return what may be wrong with an operation, its question, and its successors' calls and errors."""
    method, request, blank, successors = operation.method, operation.request, operation.blank, operation.successors
    is_read, parameters = method == "GET", operation.path.parameters
    no_list = operation.items in OF_PAGE or "." in operation.items
    yield ".sunset", operation.sunset < operation.deprecated, "is earlier than deprecated (RFC 9745, 4)"
    yield ".blank", blank and not (is_read and successors), "belongs to reads that have a successor"
    yield ".blank", blank and blank >= operation.sunset, "can never apply: the sunset is not later"
    yield ".switch", operation.switch and is_read, "belongs to writes"
    for name in operation.cluster:
        yield ".cluster", name not in parameters, f"{name!r} is no parameter of the path"
    lacking = len([one for one in successors.values() if not one.switch]) > 1 and not operation.cluster
    yield ".cluster", lacking, "is missing; name the path parameters that tell one cluster from another"
    yield from _of_order(operation)
    yield ".request", request and method in {"GET", "DELETE"}, f"describes a body, and {method} has none"
    chosen = any(successor.choices for successor in successors.values())
    yield ".query", operation.query and not chosen, "can never apply: no successor has choose"
    yield ".items", no_list, f"{operation.items!r} is no name for a page's list"
    if request is not None:
        yield from below(".request", _of_request(request))
    for successor in successors.values():
        yield from below(successor.at.removeprefix(operation.at), _of_successor(document, operation, successor))
    for api in document.apis.values():
        inside = bool(api.base) and operation.path.text.startswith(f"{api.base}/")
        yield ".path", inside, f"is below the base of its api already; leave {api.base} out"


def _of_order(operation: Operation) -> Rows:
    order, types = operation.order, {field.name: field.type for field in operation.fields}
    for key in order:
        kind = types.get(key.removeprefix("-"))
        both = key.startswith("-") and key[1:] in order
        if operation.resource.bare:
            yield ".order", True, "can't sort what is bare"
        elif kind is None:
            yield ".order", True, f"{key!r} is no field of the resource"
        else:
            yield ".order", both, f"{key!r} and {key[1:]!r} can't both apply"
            yield ".order", not both and kind not in _SORTABLE, f"{key!r} can't be sorted by: its type is {kind}"
    for tier, successor in operation.successors.items():
        kept = order and any(target.paging != "collected" for _, target in successor.targets())
        yield ".order", kept, f"can never apply: {tier} keeps upstream's pages; set paging to collected"


def _of_request(request: RequestBody) -> Rows:
    for name in request.ignored:
        yield ".ignored", name in request.members, f"{name!r} is declared as a member, and would never be read"
    no_words = request.members.get(request.choose, "string") != "string"
    yield ".choose", no_words, f"{request.choose!r} must be of type string to have words"
    for name, refused in request.refused.items():
        kind = request.members.get(name)
        key, said = ("value", refused.value) if refused.but is None else ("but", refused.but)
        what = f"can never apply: {said!r} is not of the member's type, {kind}"
        yield f"{key_path('.refuse', name)}.{key}", kind and not FITS[kind](said), what


def _of_successor(document: Document, operation: Operation, successor: Successor) -> Rows:
    alone, words = len(operation.successors) == 1, {key_path(".choose", word): word for word in successor.choices}
    yield ".after", alone and successor.after and not operation.lives, "can never apply: there is no other tier"
    if successor.request is not None:
        yield from below(".request", _of_request(successor.request))
        operation = attrs.evolve(operation, request=successor.request)
    for key, target in successor.targets():
        yield from below(key, _of_target(document, operation, target, words.get(key, "")))
    if successor.probe is not None:
        yield from _unknown(".probe", successor.probe, operation)
    for code in successor.errors:
        is_number = code.isdecimal() and successor.error == ATLAS_ERRORS  # others may have numbers as codes
        is_status = len(code) == 3 and code.isdecimal() and 400 <= int(code) <= 599
        no_codes = successor.error.detail and not successor.error.code
        never = not is_status and (is_number or no_codes)
        yield key_path(".errors", code), never, "can never apply: it is no status of an error"


def _unknown(at: str, path: Template, operation: Operation) -> Rows:
    for name in path.parameters:
        yield at, name not in operation.path.parameters, f"{{{name}}} is no parameter of the legacy path"


def _of_target(document: Document, operation: Operation, target: Target, word: str) -> Rows:
    """Return what may be wrong with a call, which ``word`` chooses if there are several."""
    is_one, method = operation.shape == "one", operation.method
    other = "belongs to lists; this operation answers with one resource"
    yield from _unknown(".path", target.path, operation)
    yield ".paging", is_one and target.paging == "collected" and not target.next, other
    no_next = "belongs to lists, or to the one list of a resource that a GET reads"
    yield ".items", is_one and target.items != "results" and not target.next, other
    yield ".next", is_one and target.next and (target.alike or method != "GET"), no_next
    what = f"{target.method} can't answer {method}: a read stays a read, and a write a write"
    yield ".method", (target.method == "GET") != (method == "GET"), what
    what = f"is the legacy call itself; versions must end before {target.version}, or the path be another"
    if not target.version:
        what = "is the legacy call itself, which a media_type does not change; the path must be another"
    for api in document.apis.values():
        same = target.path.text == f"{api.base}{operation.path.text}" and not target.host and target.method == method
        is_new = target.version and api.version is None and target.version.replace("-", ".") not in operation.versions
        yield ".path", same and not is_new, what
    yield ".items", target.items in OF_PAGE, f"{target.items!r} is never the list of a page"
    chooser = operation.query
    for name, rule in target.query.items():
        if chooser is not None and name == chooser.choose and rule.values:
            for lacking in (word,) if word else chooser.words:
                what = f"has no word for {lacking!r}, which chooses this call"
                yield key_path(".query", name), lacking not in rule.values, what
    if target.body is not None and operation.request is not None:
        yield from below(".body", _of_body(target.body, operation.request))


def _of_body(body: Resource, request: RequestBody) -> Rows:
    """Yield what reads a member that is never there, or is of another type than it makes."""
    rules = [(field.type, rule) for field in body.fields for rule in field.rules["body"]]
    for made, rule, source in [(kind, one, source) for kind, one in rules for source in one.sources]:
        at, kind = rule.at.removeprefix(body.at), request.members.get(source)
        takes = rule.verb.way.takes(json_type(made)) if isinstance(rule.verb, From) else ()
        unfit = kind is not None and takes and not {json_type(kind), "any"} & {*takes}
        yield at, re.split(r"[.\[]", source)[0] in request.ignored, f"reads {source!r}, which is ignored"
        yield at, unfit, f"can never apply: {source!r} is of type {kind}"
