"""From one TOML document to the values of ``model``; every defect is noted, none stops the reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from shim.documents.fields import TIERS, Resource
from shim.documents.model import (
    ATLAS_ERRORS,
    METHODS,
    NO_CONTENT,
    SHAPES,
    Api,
    Constant,
    Document,
    ErrorShape,
    Gone,
    Operation,
    Successor,
    Target,
)
from shim.documents.parse_calls import Question, parse_query, parse_request, parse_successor
from shim.documents.parse_fields import parse_resources, tiers_of
from shim.documents.read import read_declared, read_table
from shim.documents.tables import DocumentSource, Table, checked, read_template, same
from shim.documents.versions import parse_date, parse_specifiers, written

FORMAT = 1
"""The document format this code reads."""

DEFAULT_APIS: Mapping[str, Mapping[str, str]] = {
    "v1.0": {"base": "/api/atlas/v1.0", "version": "2023-01-01", "content_type": "application/json"},
    "v2": {"base": "/api/atlas/v2"},
}


Resources = Mapping[str, Resource]


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
    shared = _shared(top, others or {})
    error = _parse_error_shape(top)
    own = parse_resources(top.named_tables("resource"), apis, shared)
    resources = {**shared, **own}
    operations = tuple(
        _parse_operation(key, table, (name, error), apis, resources)
        for key, table in top.named_tables("operation").items()
    )
    if not operations:
        top.wrong("operation", "is missing; a document describes at least one operation")
    used = {resource.name for operation in operations for resource in _used_by(operation)}
    for key in own:
        if key not in used and not any(path.endswith(".resource") for path in source.misspelt):
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


def _parse_error_shape(top: Table) -> ErrorShape:
    """Return the shape of the legacy API's errors."""
    shape = read_table(ErrorShape, top.table("error"))
    for key, name in attrs.asdict(shape or ATLAS_ERRORS).items():
        if "[" in name:
            top.wrong("error", f"{key} is no name: {name!r} leads through a list, and errors of the shim have none")
    return shape or ATLAS_ERRORS


def _used_by(operation: Operation) -> Iterator[Resource]:
    """Return the resources that an operation's answers and bodies are made of."""
    found = [operation.resource]
    for successor in operation.successors.values():
        calls = (successor.only, *successor.choices.values())
        found += [call.body for call in calls if isinstance(call, Target) and call.body is not None]
    for resource in found:
        yield resource
        found += [field.of for field in resource.fields if field.of is not None]


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
        apis[name] = api = read_declared(Api, table, name=name, base=base.text)
        if api.version is not None:
            checked(table, "version", parse_date, api.version)
        table.finish()
    return apis


def _parse_operation(
    name: str,
    table: Table,
    document: tuple[str, ErrorShape],
    apis: Mapping[str, Api],
    resources: Resources,
) -> Operation:
    of, error = document
    versions = table.text("versions")
    specifiers, version = (checked(table, "versions", parse_specifiers, versions) if versions else None) or _ANY
    method = table.word("method", METHODS)
    path = read_template(table, "path")
    shape = table.word("shape", SHAPES, default="one")
    request = parse_request(table)
    query = parse_query(table, request)
    question = Question(method, path, shape, request, query, resources, error)
    successors = dict[str, Successor]()
    for tier, where, key in tiers_of(table):
        if (sub := where.table(key)) is not None:
            successors[tier] = parse_successor(tier, sub, question, is_first=not successors)
    resource = table.text("resource", default="")
    if resource and resource not in resources:
        table.wrong("resource", f"{resource!r} is no resource of this document")
    operation = read_declared(
        Operation,
        table,
        id=name,
        document=of,
        file=table.source.file,
        at=table.path,
        base=list(apis.values())[-1].base,
        version=written(version),
        versions=specifiers,
        status=_parse_status(table, apis),
        resource=resources.get(resource, Resource()),
        successors=successors,
        gone=read_table(Gone, table.table("gone")),
        constant=read_table(Constant, table.table("constant")),
        request=request,
        query=query,
        error=error,
        method=method,
        path=path,
        shape=shape,
    )
    _check_ways(table, operation)
    _check_content(table, operation, resource)
    table.finish(needs=(*TIERS, "tier", "gone", "constant"))
    return operation


def _check_ways(table: Table, operation: Operation) -> None:
    """Check that there is one way to answer an operation, or two with a switch between them."""
    successors, gone, constant = operation.successors, operation.gone, operation.constant
    if operation.switch and not (successors and gone is not None and constant is None):
        table.wrong("switch", "needs a successor for on, and [….gone] for off")
    elif not operation.switch and [bool(successors), gone is not None, constant is not None].count(True) != 1:
        table.wrong("", "needs either a successor ([….flex]), [….gone] or [….constant], and no two of them")


def _check_content(table: Table, operation: Operation, resource: str) -> None:
    """Check that an operation says what its answers are made of, if they have content."""
    status, shape = operation.status, operation.shape
    bare = [code for code in status.values() if code in NO_CONTENT]
    if not operation.successors:
        return
    if len(bare) < len(status) and not resource:
        table.wrong("resource", "is missing; name the resource whose fields an answer has")
    if bare and len(bare) == len(status) and resource:
        table.wrong("resource", f"can never apply: an answer with status {bare[0]} has no content")
    if bare and shape != "one":
        table.wrong("status", f"{bare[0]} has no content, and a list is one")
    if table.has("items") and shape != "page":
        table.wrong("items", "belongs to pages: it names the member that holds the list")


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
