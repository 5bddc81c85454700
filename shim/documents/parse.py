"""From one TOML document to the values of ``model``; every defect is noted, none stops the reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from shim.documents.model import (
    NO_CONTENT,
    TIERS,
    Api,
    Constant,
    Document,
    Field,
    Gone,
    Operation,
    RefusedChoice,
    RefusedValue,
    RequestBody,
    Successor,
    Target,
)
from shim.documents.parse_fields import TYPES, parse_body, parse_resource
from shim.documents.tables import DocumentSource, Table, checked, read_template, same
from shim.documents.versions import parse_date, parse_specifiers, written

FORMAT = 1
"""The document format this code reads."""

SHAPES = ("one", "page")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PAGING = ("kept", "collected")

DEFAULT_APIS: Mapping[str, Mapping[str, str]] = {
    "v1.0": {"base": "/api/atlas/v1.0", "version": "2023-01-01", "content_type": "application/json"},
    "v2": {"base": "/api/atlas/v2"},
}


Resources = Mapping[str, tuple[Field, ...]]


def parse_document(
    data: Mapping[str, Any], source: DocumentSource, others: Mapping[str, Document] | None = None
) -> Document:
    """Return the document that a TOML file says; defects go to ``source.problems``.

    ``others`` are documents by name, whose resources it may use.
    """
    top = Table(data, source)
    if not same(top.get("format"), FORMAT):
        top.wrong("format", f"must be {FORMAT}, the only format this version of atlas-shim reads")
    name = top.text("name")
    title = top.text("title", default="")
    apis = _parse_apis(top)
    own = {key: parse_resource(table, apis) for key, table in top.named_tables("resource").items()}
    resources = {**_shared(top, others or {}), **own}
    tables = top.named_tables("operation")
    operations = tuple(_parse_operation(key, table, name, apis, resources) for key, table in tables.items())
    if not operations:
        top.wrong("operation", "is missing; a document describes at least one operation")
    used = [table.get("resource") for table in tables.values()]
    for key in own:
        if key not in used:
            top.wrong("resource", f"{key!r} is used by no operation")
    top.finish()
    return Document(
        name=name,
        title=title,
        file=source.file,
        apis=apis,
        operations=operations,
        overridden=dict(source.overridden),
        resources=own,
    )


def _shared(top: Table, others: Mapping[str, Document]) -> Resources:
    """Return the resources of the document that this one names with ``resources_of``."""
    name = top.text("resources_of", default="")
    if name and name not in others:
        top.wrong("resources_of", f"{name!r} is the name of no document that has resources of its own")
    return others[name].resources if name in others else {}


def _parse_apis(top: Table) -> Mapping[str, Api]:
    tables = top.named_tables("api") or {
        name: Table(api, top.source, f"api.{name}") for name, api in DEFAULT_APIS.items()
    }
    apis: dict[str, Api] = {}
    for name, table in tables.items():
        base = read_template(table, "base")
        if base.parameters:
            table.wrong("base", "can't have parameters; they stand in the paths of operations")
        if any(base.text == api.base for api in apis.values()):
            table.wrong("base", "is the base of another api of this document")
        version = table.text("version", default="") or None
        if version is not None:
            checked(table, "version", parse_date, version)
        content_type = table.text("content_type", default="") or None
        table.finish()
        apis[name] = Api(name=name, base=base.text, version=version, content_type=content_type)
    return apis


def _parse_operation(
    name: str,
    table: Table,
    document: str,
    apis: Mapping[str, Api],
    resources: Resources,
) -> Operation:
    versions = table.text("versions")
    specifiers, version = (checked(table, "versions", parse_specifiers, versions) if versions else None) or _ANY
    gone = _parse_gone(table)
    method = table.word("method", METHODS)
    request = _parse_request(table)
    successors = {
        tier: _parse_successor(tier, sub, request, method) for tier in TIERS if (sub := table.table(tier)) is not None
    }
    resource = table.text("resource", default="")
    if resource and resource not in resources:
        table.wrong("resource", f"{resource!r} is no resource of this document")
    constant = _parse_constant(table)
    switch = table.text("switch", default="")
    _check_ways(table, successors, gone, constant, switch)
    status = _parse_status(table, apis)
    shape = table.word("shape", SHAPES, default="one")
    _check_content(table, successors, resource, shape, status)
    operation = Operation(
        id=name,
        aliases=table.texts("aliases"),
        method=method,
        path=read_template(table, "path"),
        versions=specifiers,
        version=written(version),
        deprecated=table.instant("deprecated"),
        sunset=table.instant("sunset"),
        blank=table.maybe_instant("blank"),
        switch=switch,
        shape=shape,
        order=table.texts("order"),
        status=status,
        note=table.text("note", default=""),
        cluster=table.texts("cluster"),
        sdk=table.texts("sdk"),
        fields=resources.get(resource, ()),
        successors=successors,
        gone=gone,
        constant=constant,
        request=request,
        document=document,
        file=table.source.file,
        at=table.path,
        base=list(apis.values())[-1].base,
    )
    table.finish()
    return operation


def _check_ways(
    table: Table, successors: Mapping[str, Successor], gone: Gone | None, constant: Constant | None, switch: str
) -> None:
    """Check that there is one way to answer an operation, or two with a switch between them."""
    if switch and not (successors and gone is not None and constant is None):
        table.wrong("switch", "needs a successor for on, and [….gone] for off")
    elif not switch and [bool(successors), gone is not None, constant is not None].count(True) != 1:
        table.wrong("", "needs either a successor ([….flex]), [….gone] or [….constant], and no two of them")


def _parse_constant(table: Table) -> Constant | None:
    sub = table.table("constant")
    if sub is None:
        return None
    if not sub.has("value"):
        sub.wrong("value", "is missing; give the answer")
    constant = Constant(value=sub.get("value"), why=sub.text("why"))
    sub.finish()
    return constant


def _check_content(
    table: Table, successors: Mapping[str, Successor], resource: str, shape: str, status: Mapping[str, int]
) -> None:
    """Check that an operation says what its answers are made of, if they have content."""
    bare = [code for code in status.values() if code in NO_CONTENT]
    if not successors:
        return
    if len(bare) < len(status) and not resource:
        table.wrong("resource", "is missing; name the resource whose fields an answer has")
    if bare and len(bare) == len(status) and resource:
        table.wrong("resource", f"can never apply: an answer with status {bare[0]} has no content")
    if bare and shape == "page":
        table.wrong("status", f"{bare[0]} has no content, and a page is one")


_ANY = (SpecifierSet(), Version("2023.1.1"))
"""What stands in for versions that were noted as a problem."""


def _parse_status(table: Table, apis: Mapping[str, Api]) -> Mapping[str, int]:
    value = table.get("status")
    by_api = value if isinstance(value, dict) else dict.fromkeys(apis, 200 if value is None else value)
    for api, status in by_api.items():
        if api not in apis:
            table.wrong("status", f"{api!r} is not one of {', '.join(apis)}")
        if type(status) is not int or not 200 <= status <= 299:
            table.wrong("status", f"must be a success status such as 200, not {status!r}")
    for api in apis:
        if api not in by_api:
            table.wrong("status", f"says nothing of {api}")
    return by_api


def _parse_gone(table: Table) -> Gone | None:
    sub = table.table("gone")
    if sub is None:
        return None
    gone = Gone(detail=sub.text("detail"), see=sub.text("see"))
    sub.finish()
    return gone


def _parse_request(table: Table) -> RequestBody | None:
    sub = table.table("request")
    if sub is None:
        return None
    members_table = sub.table("members")
    members = {}
    if members_table is None:
        sub.wrong("members", "is missing; give the body's members and their types")
    else:
        members = {key: members_table.word(key, TYPES) for key in members_table.names()}
        members_table.finish()
    request = RequestBody(
        members=members,
        required=sub.texts("required"),
        ignored=sub.texts("ignored"),
        choose=sub.text("choose", default=""),
        words=sub.texts("words"),
        refused={name: _parse_refused(one) for name, one in sub.named_tables("refuse").items()},
    )
    for key, names in (
        ("refuse", tuple(request.refused)),
        ("required", request.required),
        ("choose", (request.choose,) if request.choose else ()),
    ):
        for name in names:
            if name not in members:
                sub.wrong(key, f"{name!r} is no member of the body")
    if bool(request.choose) != bool(request.words):
        sub.wrong("words", "and choose belong together: the words that the choosing member may have")
    sub.finish()
    return request


def _parse_refused(table: Table) -> RefusedValue:
    if not table.has("value"):
        table.wrong("value", "is missing; give the value that is refused")
    refused = RefusedValue(table.get("value"), table.text("errorCode"), table.text("detail"))
    table.finish()
    return refused


def _parse_successor(tier: str, table: Table, request: RequestBody | None, method: str) -> Successor:
    choices: dict[str, Target | RefusedChoice] = {}
    for word, sub in table.named_tables("choose").items():
        refuse = sub.table("refuse")
        if refuse is None:
            choices[word] = _parse_target(sub, request, method)
        else:
            choices[word] = RefusedChoice(error_code=refuse.text("errorCode"), detail=refuse.text("detail"))
            refuse.finish()
        sub.finish()
        if request is None or word not in request.words:
            table.wrong("choose", f"{word!r} is not one of the words that request.words declares")
    for word in request.words if choices and request is not None else ():
        if word not in choices:
            table.wrong("choose", f"says nothing of {word!r}")
    if choices and not any(isinstance(choice, Target) for choice in choices.values()):
        table.wrong("choose", "refuses every word; an operation that nothing took the place of has gone")
    only = None if choices else _parse_target(table, request, method)
    probe = read_template(table, "probe") if table.has("probe") else None
    if probe is not None and not any(isinstance(choice, RefusedChoice) for choice in choices.values()):
        table.wrong("probe", "can never apply: it is asked before a word is refused, and none is")
    successor = Successor(
        tier=tier,
        owner=table.owner,
        only=only,
        choices=choices,
        after=table.texts("after"),
        probe=probe,
        errors=_parse_errors(table),
        note=table.text("note", default=""),
    )
    if tier != TIERS[0] and not successor.after:
        table.wrong("after", "is missing; list the error codes of the other tier that lead to this one")
    table.finish()
    return successor


def _parse_errors(table: Table) -> Mapping[str, str]:
    sub = table.table("errors")
    return {} if sub is None else {code: sub.text(code) for code in sub.names()}


def _parse_target(table: Table, request: RequestBody | None, method: str) -> Target:
    version = table.text("version")
    if version:
        checked(table, "version", parse_date, version)
    body = table.table("body")
    return Target(
        method=table.word("method", METHODS, default=method),
        path=read_template(table, "path", verbs=True),
        version=version,
        paging=table.word("paging", PAGING, default="kept"),
        items=table.text("items", default="results"),
        body=None if body is None else parse_body(body, request),
    )
