"""Reads OpenAPI 3 descriptions: operations by id, and for each version the members of their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim.documents.load import MOST_BYTES, text_of
from shim.documents.sources import names_in
from shim.documents.vocabulary import parse_time
from shim.errors import SettingsError

_METHODS = ("get", "post", "put", "patch", "delete")
_LONGEST = 20
"""The longest chain of references."""
_MOST = 50_000
"""The most members of one answer; Atlas' largest has some 500."""
_DATED = re.compile(r"\.(\d{4}-\d\d-\d\d)\+json$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PLAIN = re.compile(r"(?!['$])[^.\[\]\\]*[^.\[\]\\\d][^.\[\]\\]*")
"""Names that need no quotes in a document, where dots, brackets and numbers have a meaning."""
_WIDE = {frozenset({"integer", "number"}): "number", frozenset({"string", "time"}): "string"}


@attrs.frozen
class Member:
    """A member: its type in a mapping document's words (empty: any), and the words of an enumeration."""

    type: str = ""
    words: frozenset[str] = frozenset()


Members = Mapping[str, Member]
"""Path -> member, nested with dots, with ``[]`` for the items of a list: ``rows[].plants[].name``."""


@attrs.frozen
class AnswerVersion:
    """The success of one version: its date (may be empty), its schema, its sunset (a day, empty, or what it says)."""

    version: str
    schema: Any
    sunset: str
    schemas: _Schemas = attrs.field(repr=False)

    @cached_property
    def members(self) -> Members:
        """The members by path; raises SettingsError if a reference leads nowhere, or if there are too many."""
        return self.schemas.members(self.schema)


@attrs.frozen
class DescribedOperation:
    """One operation; ``path`` begins with ``base``, the path in the description's server URL."""

    id: str
    aliases: tuple[str, ...]
    method: str
    base: str
    path: str
    query: Mapping[str, Member]
    answers: tuple[AnswerVersion, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in the order of the path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    def answer(self, version: str, default: int) -> AnswerVersion:
        """Return the answer in a version, or the answer at an index; raises SettingsError if it is not described."""
        found = [one for one in self.answers if version in {"", one.version}]
        if not found:
            known = ", ".join(one.version or "one without a date" for one in self.answers) or "no JSON answer at all"
            raise SettingsError(f"{self.id}: has no version {version or 'of an answer'}; there is {known}")
        return found[default]


@attrs.frozen
class Description:
    """The operations of one description."""

    name: str
    operations: tuple[DescribedOperation, ...]

    def operation(self, wanted: str) -> DescribedOperation:
        """Return the operation with an id or alias; raises SettingsError that suggests similar ids."""
        for operation in self.operations:
            if wanted in {operation.id, *operation.aliases}:
                return operation
        ids = [operation.id for operation in self.operations]
        near = get_close_matches(wanted, ids, n=3, cutoff=0.4) or ids[:3]
        raise SettingsError(f"{self.name}: has no operation {wanted!r}; there are {', '.join(near)} (--successor ID)")


def read_description(path: Path) -> Description:
    """Return the operations of a description in JSON; raises SettingsError on any other file."""
    try:
        data = json.loads(text_of(path, MOST_BYTES))
        return Description(path.name, tuple(_operations(data, path.name)))
    except SettingsError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, OSError, RecursionError) as error:
        why = f"{type(error).__name__}: {error}"
        raise SettingsError(f"{path.name}: is not an OpenAPI 3 description in JSON: {why}") from None


def _operations(data: Mapping[str, Any], name: str) -> Iterator[DescribedOperation]:
    if not str(data["openapi"]).startswith("3."):
        raise ValueError("its member openapi must begin with 3.")
    schemas, servers = _Schemas(data, name), data.get("servers") or [{}]
    base = urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")
    for path, methods in (data.get("paths") or {}).items():
        for method, said in methods.items():
            if method not in _METHODS or not isinstance(said, dict) or "operationId" not in said:
                continue
            parameters = [schemas.at(one) for one in (*methods.get("parameters", ()), *said.get("parameters", ()))]
            query = {one["name"]: one.get("schema") or {} for one in parameters if one.get("in") == "query"}
            other = said.get("x-xgen-operation-id-override")
            yield DescribedOperation(
                id=said["operationId"],
                aliases=(other,) if isinstance(other, str) and other != said["operationId"] else (),
                method=method.upper(),
                base=base,
                path=f"{base}{path}",
                query={key: schemas.members(schema).get("", Member()) for key, schema in query.items()},
                answers=tuple(sorted(_answers(schemas, said), key=lambda answer: answer.version)),
            )


def _answers(schemas: _Schemas, said: Mapping[str, Any]) -> Iterator[AnswerVersion]:
    for status, response in (said.get("responses") or {}).items():
        content = (schemas.at(response).get("content") or {}) if str(status).startswith("2") else {}
        for media_type, media in content.items():
            if "json" in media_type:
                dated = _DATED.search(media_type)
                sunset = str(media.get("x-sunset") or said.get("x-sunset") or "")
                schema = media.get("schema") or {}
                yield AnswerVersion(dated[1] if dated else "", schema, (_DAY.match(sunset) or [sunset])[0], schemas)


@attrs.frozen
class _Schemas:
    """The schemas of one description, with references resolved; recursion is cut."""

    root: Mapping[str, Any]
    name: str

    def at(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the target of a reference, and anything else unchanged."""
        for _ in range(_LONGEST):
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            found: Any = self.root if reference.startswith("#/") else None
            for part in reference[2:].split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
            if not isinstance(found, dict):
                raise SettingsError(f"{self.name}: {reference} leads nowhere in this file")
            value = found
        raise SettingsError(f"{self.name}: {reference} leads to itself")

    def members(self, schema: Any) -> dict[str, Member]:
        found = list(islice(self._members(schema, "", frozenset()), _MOST + 1))
        if len(found) > _MOST:
            raise SettingsError(f"{self.name}: an answer has more than {_MOST} members, each a question of its own")
        return merged(found)

    def _members(self, schema: Any, path: str, seen: frozenset[str]) -> Iterator[tuple[str, Member]]:
        """Yield the members of a schema at a path; ``seen`` are the references on the way."""
        if not isinstance(schema, dict):  # true and false are schemas since 3.1
            return
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield from () if reference in seen else self._members(self.at(schema), path, seen | {reference})
            return
        said = schema.get("type")
        kinds = [kind for kind in (said if isinstance(said, list) else [said]) if kind not in {None, "null"}]
        words = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
        kind = kinds[0] if len(kinds) == 1 else ""
        kind = "time" if (kind, schema.get("format")) == ("string", "date-time") else kind
        yield path, Member(kind, frozenset(word for word in words if isinstance(word, str)))
        mapping = (schema.get("discriminator") or {}).get("mapping") or {}
        mapped = [{"$ref": one if "/" in one else f"#/components/schemas/{one}"} for one in mapping.values()]
        variants = schema.get("oneOf") or schema.get("anyOf") or mapped
        # A variant may refer to its base schema, whose other variants it does not include.
        is_base = any(isinstance(one, dict) and one.get("$ref") in seen for one in variants)
        parts = [(inside(path, name), member) for name, member in (schema.get("properties") or {}).items()]
        parts += [(f"{path}[]", schema.get("items"))]
        parts += [(path, part) for part in (*schema.get("allOf", ()), *(() if is_base else variants))]
        for inner, part in parts:
            yield from self._members(part, inner, seen)


def inside(path: str, name: str) -> str:
    """Return the path of a member, in quotes if a document needs them; no path leads to a name with quotes inside."""
    shown = name if _PLAIN.fullmatch(name) else "'" + (name.replace("'", "?") or "?") + "'"
    return f"{path}.{shown}".lstrip(".")


def outer_of(path: str) -> str:
    """Return the path of the object that a member stands in."""
    return ".".join(names_in(path)[:-1])


def observed(value: Any, path: str = "") -> Iterator[tuple[str, Member]]:
    """Yield the members of a recorded value by path; null has no type."""
    kinds = {type(None): "", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
    yield path, Member(kinds[type(value)] if type(value) in kinds else "time" if parse_time(value) else "string")
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield from observed(inner, inside(path, name))
    for item in value if isinstance(value, list) else ():
        yield from observed(item, f"{path}[]")


def merged(found: Iterable[tuple[str, Member]]) -> dict[str, Member]:
    """Return one member for each path, with the type that all agree on and the words of all."""
    types: dict[str, set[str]] = {}
    words: dict[str, frozenset[str]] = {}
    for path, member in found:
        types.setdefault(path, set()).add(member.type)
        words[path] = words.get(path, frozenset()) | member.words
    # A schema may say only `object` where its variants are precise.
    known = {path: frozenset(kinds - {"", "object"} or kinds - {""}) for path, kinds in types.items()}
    one = {path: "".join(kinds) if len(kinds) == 1 else _WIDE.get(kinds, "") for path, kinds in known.items()}
    return {path: Member(kind, words[path]) for path, kind in one.items()}


def type_of(members: Members, path: str) -> str:
    """Return the type of a field of a mapping document; ``object`` if nothing is known."""
    kind, item = (members.get(one, Member()).type for one in (path, f"{path}[]"))
    if {f"{path}[].rel", f"{path}[].href"} <= members.keys():
        return "links"
    return {"string": "strings", "object": "objects"}.get(item, kind) if kind == "array" else kind or "object"


def within(members: Members, prefix: str) -> dict[str, Member]:
    """Return the members below a path, by their paths from there."""
    return {
        path.removeprefix(prefix): one for path, one in members.items() if path.startswith(prefix) and path != prefix
    }
