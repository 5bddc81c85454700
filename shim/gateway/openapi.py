"""The retired interface as the gateway serves it, described (OpenAPI 3.1) from the mapping documents alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shim.core.query import MOST, SIZE
from shim.documents import Document
from shim.documents.model import BARE, BODY, NO_CONTENT, Api, Field, Operation, Resource, Target

JsonObject = dict[str, Any]

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
    "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
}
"""Kind of a mapping document's field -> JSON schema."""

_LINK = {
    "type": "object",
    "properties": {"href": {"type": "string"}, "rel": {"type": "string"}},
    "required": ["href", "rel"],
}
_PLAIN_ERROR = {
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


def _enveloped(schema: JsonObject) -> JsonObject:
    """Return the schema of something that comes in an envelope where the caller wants one."""
    members = {"status": {"type": "integer"}, "content": schema}
    return {"anyOf": [schema, {"type": "object", "properties": members, "required": ["status", "content"]}]}


def described(documents: Iterable[Document]) -> JsonObject:
    """Return the description of every operation of these documents, on each of their bases."""
    paths: dict[str, JsonObject] = {}
    for document in documents:
        for api in document.apis.values():
            # The oldest version is what a call without one has, and so what a place is described by first.
            for operation in sorted(document.operations, key=lambda one: one.version):
                _add(paths.setdefault(f"{api.base}{operation.path.text}", {}), api, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MongoDB Atlas' retired calls, as atlas-shim answers them",
            "version": "1",
            "description": "Made from the mapping documents in use. All other calls are passed on as they are.",
        },
        "security": [{"bearer": []}, {"digest": []}],
        "paths": paths,
        "components": {
            "schemas": {"Error": _enveloped(_PLAIN_ERROR), "Link": _LINK},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "digest": {"type": "http", "scheme": "digest"},
            },
        },
    }


def _add(methods: JsonObject, api: Api, operation: Operation) -> None:
    """Add an operation to a path; another version of one that is there adds its content types to it."""
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
        "summary": operation.id,
        "deprecated": True,
        "x-sunset": f"{operation.sunset:%Y-%m-%d}",
        "x-successors": _successors(operation),
        "parameters": [*_path(operation), *_query(operation)],
        "responses": _responses(api, operation),
    }
    if note := " ".join(filter(None, (operation.note, operation.without_successor))):
        whole["description"] = note
    if operation.request is not None:
        whole["requestBody"] = {"required": True, "content": {_media(api, operation): {"schema": _body(operation)}}}
    return whole


def _media(api: Api, operation: Operation) -> str:
    kind = api.content_type or f"application/vnd.atlas.{operation.version}+json"
    return kind.partition(";")[0]


def _successors(operation: Operation) -> dict[str, list[str]]:
    found = {}
    for tier, successor in operation.successors.items():
        targets = [successor.only, *successor.choices.values()]
        found[tier] = [f"{target.method} {target.path.text}" for target in targets if isinstance(target, Target)]
    return found


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
    error = {"application/*": {"schema": {"$ref": "#/components/schemas/Error"}}}
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
        schema = _field(field)
        if field.words:
            schema["enum"] = list(field.words)
        inside["properties"][name] = {
            **schema,
            "x-fidelity": {tier: rules[0].fidelity.value for tier, rules in field.rules.items() if tier != BODY},
        }
    value: JsonObject = whole["properties"].get(BARE, {})
    return value if resource.bare else whole


def _field(field: Field) -> JsonObject:
    """Return a field's schema; the objects in it are what their own resource says."""
    if field.of is None:
        return dict(_SCHEMAS[field.type])
    item = _resource(field.of)
    if field.type == "objects":
        return {"type": "array", "items": item}
    by_name = any(rule.keyed for rules in field.rules.values() for rule in rules)
    return {"type": "object", "additionalProperties": item} if by_name else item
