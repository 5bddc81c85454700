"""OpenAPI 3 descriptions (JSON) as values: operations by id, and what their answers are made of by version."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim.draft.shapes import ANY, Shape, union
from shim.errors import SettingsError

_METHODS = ("get", "post", "put", "patch", "delete")
_DATED = re.compile(r"\.(\d{4}-\d\d-\d\d)\+json$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@attrs.frozen
class AnswerVersion:
    """A success of one version: its date (empty where media types have none), what it is made of, its sunset."""

    version: str
    shape: Shape
    sunset: str
    schema: str


@attrs.frozen
class DescribedOperation:
    """One operation: ``base`` is the path of the description's server; query parameters by name."""

    id: str
    aliases: tuple[str, ...]
    method: str
    base: str
    path: str
    query: Mapping[str, Shape]
    answers: tuple[AnswerVersion, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in the order of the path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))


@attrs.frozen
class Description:
    """The operations of one description."""

    name: str
    operations: tuple[DescribedOperation, ...]

    def operation(self, wanted: str) -> DescribedOperation:
        """Return the operation with an id or alias; raises SettingsError that names those that are near."""
        for operation in self.operations:
            if wanted in {operation.id, *operation.aliases}:
                return operation
        ids = [operation.id for operation in self.operations]
        near = get_close_matches(wanted, ids, n=3, cutoff=0.4) or ids[:3]
        raise SettingsError(f"{self.name}: has no operation {wanted!r}; there are {', '.join(near)}")


def read_description(path: Path) -> Description:
    """Return the operations of a description; raises SettingsError on a file that is none."""
    data = _loaded(path)
    if not isinstance(data, dict) or not str(data.get("openapi", "")).startswith("3."):
        raise SettingsError(f"{path.name}: is no OpenAPI 3 description; its member openapi must begin with 3.")
    try:
        return Description(path.name, tuple(_operations(data, path.name)))
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError(f"{path.name}: is no well-formed OpenAPI 3: {type(error).__name__}: {error}") from None


def _operations(data: Mapping[str, Any], name: str) -> Iterator[DescribedOperation]:
    schemas, base = _Schemas(data, name), _base(data)
    for template, methods in (data.get("paths") or {}).items():
        for method in _METHODS:
            if isinstance(said := methods.get(method), dict) and "operationId" in said:
                parameters = [schemas.at(one) for one in (*methods.get("parameters", ()), *said.get("parameters", ()))]
                yield _operation(schemas, (method, base, template), said, parameters)


def _loaded(path: Path) -> Any:
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix in {".yaml", ".yml"}:
            return import_module("yaml").safe_load(text)
        return json.loads(text)
    except ModuleNotFoundError:
        raise SettingsError(f"{path.name}: reading YAML needs PyYAML; or give the description as JSON") from None
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path.name}: {error}") from None


def _base(data: Mapping[str, Any]) -> str:
    servers = data.get("servers") or [{}]
    return urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")


def _operation(
    schemas: _Schemas, call: tuple[str, str, str], said: Mapping[str, Any], parameters: list[Mapping[str, Any]]
) -> DescribedOperation:
    method, base, path = call
    other = said.get("x-xgen-operation-id-override")
    return DescribedOperation(
        id=said["operationId"],
        aliases=(other,) if isinstance(other, str) and other != said["operationId"] else (),
        method=method.upper(),
        base=base,
        path=path,
        query={one["name"]: schemas.shape(one.get("schema") or {}) for one in parameters if one.get("in") == "query"},
        answers=tuple(sorted(_answers(schemas, said), key=lambda answer: answer.version)),
    )


def _answers(schemas: _Schemas, said: Mapping[str, Any]) -> Iterator[AnswerVersion]:
    for status, response in (said.get("responses") or {}).items():
        if not str(status).startswith("2"):
            continue
        for media_type, media in (schemas.at(response).get("content") or {}).items():
            if "json" not in media_type:
                continue
            dated = _DATED.search(media_type)
            schema = media.get("schema") or {}
            sunset = str(media.get("x-sunset") or said.get("x-sunset") or "")
            yield AnswerVersion(
                version=dated[1] if dated else "",
                shape=schemas.shape(schema),
                sunset=sunset[:10] if _DAY.match(sunset) else "",
                schema=str(schema.get("$ref", "")).rpartition("/")[2],
            )


@attrs.frozen
class _Schemas:
    """The schemas of one description, with references followed; what leads into itself is cut."""

    root: Mapping[str, Any]
    name: str

    def at(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a reference leads to; anything else as it is."""
        followed = set()
        while isinstance(reference := value.get("$ref"), str):
            if reference in followed:
                raise SettingsError(f"{self.name}: {reference} leads to itself")
            followed.add(reference)
            found: Any = self.root if reference.startswith("#/") else None
            for part in reference[2:].split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                found = found.get(key) if isinstance(found, dict) else None
            if not isinstance(found, dict):
                raise SettingsError(f"{self.name}: {reference} leads nowhere in this file")
            value = found
        return value

    def shape(self, schema: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> Shape:
        """Return what a schema says; ``seen`` are the references on the way to it."""
        if not isinstance(schema, dict):  # true and false are schemas since 3.1
            return ANY
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return ANY if reference in seen else self.shape(self.at(schema), seen | {reference})
        parts = [self.shape(part, seen) for part in schema.get("allOf", ())]
        choices = schema.get("oneOf") or schema.get("anyOf") or self._mapped(schema)
        # A variant that names what it is a variant of is not all the others too.
        if not any(isinstance(one, dict) and one.get("$ref") in seen for one in choices):
            parts.append(union([self.shape(one, seen) for one in choices], variants=True))
        return union([self._own(schema, seen), *parts], variants=False)

    @staticmethod
    def _mapped(schema: Mapping[str, Any]) -> list[dict[str, str]]:
        mapping = (schema.get("discriminator") or {}).get("mapping") or {}
        return [{"$ref": one if "/" in one else f"#/components/schemas/{one}"} for one in mapping.values()]

    def _own(self, schema: Mapping[str, Any], seen: frozenset[str]) -> Shape:
        said = schema.get("type")
        kinds = [kind for kind in (said if isinstance(said, list) else [said]) if kind not in {None, "null"}]
        words = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
        members = schema.get("properties") or {}
        kind = kinds[0] if len(kinds) == 1 else "object" if members else ""
        values, items = schema.get("additionalProperties"), schema.get("items")
        return Shape(
            kind=kind,
            format=schema.get("format", "") if kind == "string" else "",
            words=tuple(word for word in words if isinstance(word, str)),
            members={name: self.shape(member, seen) for name, member in members.items()},
            values=self.shape(values, seen) if isinstance(values, dict) else None,
            item=self.shape(items, seen) if isinstance(items, dict) else None,
        )
