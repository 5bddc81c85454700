"""Checks of the caller's question and the calls that answer it: what could never be sent, chosen or told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shim.documents.fields import Resource
from shim.documents.model import ATLAS_ERRORS, Document, Operation, RequestBody, Successor, Target
from shim.documents.tables import key_path
from shim.documents.value_types import FITS
from shim.documents.verbs import From
from shim.documents.ways import json_type

OF_PAGE = frozenset({"links", "totalCount"})
"""Members of a page beside its list (contract: Paginated…View)."""


def check_calls(document: Document, operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield (key path, what is wrong) for one operation's question, its successors' calls, and their errors."""
    at = operation.at
    if operation.items in OF_PAGE or "." in operation.items:
        yield f"{at}.items", f"{operation.items!r} is no name for a page's list"
    if operation.request is not None:
        yield from _check_request(f"{at}.request", operation.request)
    for successor in operation.successors.values():
        words = {key_path(".choose", word): word for word in successor.choices}
        for key, target in targets(successor):
            for where, what in _check_target(document, operation, target, words.get(key, "")):
                yield f"{successor.at}{key}{where}", what
        for code in successor.errors:
            is_status = code.isdecimal() and successor.error == ATLAS_ERRORS  # others may have numbers as codes
            if is_status and not (len(code) == 3 and 400 <= int(code) <= 599):
                yield key_path(f"{successor.at}.errors", code), "can never apply: it is no status of an error"


def targets(successor: Successor) -> Iterator[tuple[str, Target]]:
    """Return the upstream calls of a successor with the key each stands under."""
    if successor.only is not None:
        yield "", successor.only
    for word, choice in successor.choices.items():
        if isinstance(choice, Target):
            yield key_path(".choose", word), choice


def _check_request(at: str, request: RequestBody) -> Iterator[tuple[str, str]]:
    for name in request.ignored:
        if name in request.members:
            yield f"{at}.ignored", f"{name!r} is declared as a member, and would never be read"
    if request.members.get(request.choose, "string") != "string":
        yield f"{at}.choose", f"{request.choose!r} must be of type string to have words"
    for name, refused in request.refused.items():
        kind = request.members.get(name)
        if kind is not None and not FITS[kind](refused.value):
            where = f"{key_path(f'{at}.refuse', name)}.value"
            yield where, f"can never apply: {refused.value!r} is not of the member's type, {kind}"


def _check_target(document: Document, operation: Operation, target: Target, word: str) -> Iterator[tuple[str, str]]:
    if (target.method == "GET") != (operation.method == "GET"):
        yield ".method", f"{target.method} can't answer {operation.method}: a read stays a read, and a write a write"
    for api in document.apis.values():
        is_path = target.method == operation.method and target.path.text == f"{api.base}{operation.path.text}"
        if is_path and not target.version:
            yield ".path", "is the legacy call itself, which a media_type does not change; the path must be another"
        elif is_path and (api.version is not None or operation.versions.contains(target.version.replace("-", "."))):
            yield (
                ".path",
                f"is the legacy call itself; versions must end before {target.version}, or the path be another",
            )
    if target.items in OF_PAGE:
        yield ".items", f"{target.items!r} is never the list of a page"
    chosen = operation.query
    for name, rule in target.query.items():
        if chosen is not None and name == chosen.choose and rule.values:
            needed = (word,) if word else chosen.words
            for lacking in [one for one in needed if one not in rule.values]:
                yield key_path(".query", name), f"has no word for {lacking!r}, which chooses this call"
    if target.body is not None and operation.request is not None:
        yield from _check_body(target.body, operation.request)


def _check_body(body: Resource, request: RequestBody) -> Iterator[tuple[str, str]]:
    """Yield a problem for what reads a member that is never there, or is of another type than it makes."""
    for field in body.fields:
        for rule in field.rules["body"]:
            where = rule.at.removeprefix(body.at)
            for source in rule.sources:
                if re.split(r"[.\[]", source)[0] in request.ignored:
                    yield f".body{where}", f"reads {source!r}, which is ignored"
                kind = request.members.get(source)
                takes = rule.verb.way.takes(json_type(field.type)) if isinstance(rule.verb, From) else ()
                if kind is not None and takes and not {json_type(kind), "any"} & {*takes}:
                    yield f".body{where}", f"can never apply: {source!r} is of type {kind}"
