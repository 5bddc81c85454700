"""The retired interface, described (OpenAPI 3.1) from the mapping documents: an oracle for answers of a gateway."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shim.core.question import MOST, SIZE
from shim.documents import Document
from shim.documents.fields import BARE, Field, Resource
from shim.documents.model import NO_CONTENT, Api, Operation
from shim.documents.verbs import way_of
from shim.documents.ways import Keyed

JsonObject = dict[str, Any]

_LINK: JsonObject = {
    "type": "object",
    "properties": {"href": {"type": "string"}, "rel": {"type": "string"}},
    "required": ["href", "rel"],
}
_SCHEMAS: JsonObject = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "strings": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object"},
    "objects": {"type": "array", "items": {"type": "object"}},
    "array": {"type": "array"},
    "links": {"type": "array", "items": _LINK},
}
"""Kind of a mapping document's field -> JSON schema."""


def _enveloped(schema: JsonObject) -> JsonObject:
    """Return the schema of something that comes in an envelope if the caller wants one."""
    members = {"status": {"type": "integer"}, "content": schema}
    return {"anyOf": [schema, {"type": "object", "properties": members, "required": ["status", "content"]}]}


_ERROR = _enveloped(
    {
        "type": "object",
        "properties": {
            "detail": {"type": "string"},
            "error": {"type": "integer"},
            "errorCode": {"type": "string"},
            "parameters": {"type": "array"},
            "reason": {"type": "string"},
        },
        "required": ["error"],
    }
)


def described(documents: Iterable[Document]) -> JsonObject:
    """Return the description of every operation of these documents, on each of their bases."""
    paths: dict[str, JsonObject] = {}
    for document in documents:
        for api in document.apis.values():
            # A call without a version has the oldest one, which therefore describes the path first.
            for operation in sorted(document.operations, key=lambda one: one.version):
                _add(paths.setdefault(f"{api.base}{operation.path.text}", {}), api, operation)
    return {"openapi": "3.1.0", "info": {"title": "MongoDB Atlas' retired calls", "version": "1"}, "paths": paths}


def _add(methods: JsonObject, api: Api, operation: Operation) -> None:
    """Add an operation to a path; another version of a known one adds its content types."""
    new = _operation(api, operation)
    old = methods.setdefault(operation.method.lower(), new)
    if old is not new:
        for status, response in new["responses"].items():
            old["responses"].setdefault(status, response).setdefault("content", {}).update(response.get("content", {}))
        if "requestBody" in new:
            old.setdefault("requestBody", new["requestBody"])["content"].update(new["requestBody"]["content"])


def _operation(api: Api, operation: Operation) -> JsonObject:
    whole: JsonObject = {
        "operationId": f"{operation.id}.{api.name}",
        "parameters": [*_path(operation), *_query(operation)],
        "responses": _responses(api, operation),
    }
    if operation.request is not None:
        whole["requestBody"] = {"required": True, "content": {_media(api, operation): {"schema": _body(operation)}}}
    return whole


def _media(api: Api, operation: Operation) -> str:
    kind = api.content_type or f"application/vnd.atlas.{operation.version}+json"
    return kind.partition(";")[0]


def _path(operation: Operation) -> list[JsonObject]:
    # A value with one of these is not recognised, and the call passed on as it is.
    text = {"type": "string", "pattern": r"^[^/\\%\u0000-\u001f\u007f]+$"}
    return [{"name": name, "in": "path", "required": True, "schema": text} for name in operation.path.parameters]


def _query(operation: Operation) -> list[JsonObject]:
    flag = {"type": "boolean", "default": False}
    known: JsonObject = {"envelope": flag, "pretty": flag}
    if operation.shape == "page":
        known["pageNum"] = {"type": "integer", "minimum": 1, "default": 1}
        known["itemsPerPage"] = {"type": "integer", "minimum": 1, "maximum": MOST, "default": SIZE}
        known["includeCount"] = {"type": "boolean", "default": True}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in known.items()]


def _body(operation: Operation) -> JsonObject:
    request = operation.request
    assert request is not None, "the caller has looked"
    members: JsonObject = {name: dict(_SCHEMAS[kind]) for name, kind in request.members.items()}
    members |= {name: {"readOnly": True} for name in request.ignored}
    if request.choose:
        members[request.choose]["enum"] = list(request.words)
    required = list(request.required)
    return {"type": "object", "properties": members, "required": required, "additionalProperties": request.rest}


def _responses(api: Api, operation: Operation) -> JsonObject:
    error = {"application/*": {"schema": _ERROR}}
    responses: JsonObject = {"default": {"description": "An error, of Atlas' or of the shim.", "content": error}}
    if operation.successors or operation.constant is not None:
        status = operation.status[api.name]
        success: JsonObject = {"description": "As the retired endpoint answered."}
        if status not in NO_CONTENT:
            success["content"] = {_media(api, operation): {"schema": _answer(operation)}}
        responses[str(status)] = success
    if operation.gone is not None:
        responses["410"] = {"description": "Nothing takes its place, or what does is switched off.", "content": error}
    return responses


def _answer(operation: Operation) -> JsonObject:
    if operation.constant is not None:
        return _enveloped({"const": operation.constant.value})
    item = _resource(operation.resource)
    if operation.shape != "page":
        return _enveloped(item if operation.shape == "one" else {"type": "array", "items": item})
    members = {
        "links": _SCHEMAS["links"],
        operation.items: {"type": "array", "items": item},
        "totalCount": {"type": "integer", "minimum": 0},
        "status": {"type": "integer", "description": "In an envelope."},
    }
    return {"type": "object", "properties": members, "required": [operation.items]}


def _resource(resource: Resource) -> JsonObject:
    """Return an object's schema, or that of a bare value; of a dotted name each part is a member of the one before."""
    whole: JsonObject = {"type": "object", "properties": {}}
    for field in resource.fields:
        *outer, name = field.name.split(".")
        inside = whole
        for part in outer:
            inside = inside["properties"].setdefault(part, {"type": "object", "properties": {}})
        words = {"enum": list(field.words)} if field.words else {}
        inside["properties"][name] = {**_field(field), **words}
    value: JsonObject = whole["properties"].get(BARE, {})
    return value if resource.bare else whole


def _field(field: Field) -> JsonObject:
    """Return a field's schema; its objects have the schema of their own resource."""
    if field.of is None:
        return dict(_SCHEMAS[field.type])
    item = _resource(field.of)
    if field.type == "objects":
        return {"type": "array", "items": item}
    by_name = any(isinstance(way_of(rule), Keyed) for rules in field.rules.values() for rule in rules)
    return {"type": "object", "additionalProperties": item} if by_name else item
