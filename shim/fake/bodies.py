"""Reading request bodies as a strict API does: unknown, missing and mistyped members are refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from shim.fake.lookup import is_id
from shim.fake.messages import Json, JsonObject
from shim.fake.refusals import AtlasRefusal

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*")


def members(body: bytes, known: frozenset[str]) -> JsonObject:
    """Return the members of a body that may have only the known ones; raises AtlasRefusal."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise AtlasRefusal("MALFORMED_JSON") from None
    if not isinstance(document, dict):
        raise AtlasRefusal("MALFORMED_JSON")
    return _only(document, known)


def inner(body: JsonObject, name: str, known: frozenset[str]) -> JsonObject:
    """Return the object in a member, which may have only the known members; raises AtlasRefusal."""
    value = _given(body, name)
    if not isinstance(value, dict):
        raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return _only(value, known)


def text(body: JsonObject, name: str) -> str:
    """Return a member that is a text and not empty; raises AtlasRefusal."""
    value = _given(body, name)
    if not isinstance(value, str) or not value:
        raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return value


def identity(body: JsonObject, name: str) -> str:
    """Return a member that is written like an id; raises AtlasRefusal."""
    value = text(body, name)
    if not is_id(value):
        raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return value


def word(body: JsonObject, name: str, words: tuple[str, ...], default: str | None = None) -> str:
    """Return a member that is one of some words; raises AtlasRefusal."""
    if default is not None and body.get(name) is None:
        return default
    value = text(body, name)
    if value not in words:
        raise AtlasRefusal("INVALID_ENUM_VALUE", value, name)
    return value


def flag(body: JsonObject, name: str, *, default: bool) -> bool:
    """Return a member that is true or false; raises AtlasRefusal."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return value


def tags(body: JsonObject, default: tuple[Mapping[str, str], ...]) -> tuple[Mapping[str, str], ...]:
    """Return the tags: a key and a value each, 1 to 255 characters (contract); raises AtlasRefusal."""
    value = body.get("tags")
    if value is None:
        return default
    if not isinstance(value, list) or not all(map(_is_tag, value)):
        raise AtlasRefusal("INVALID_ATTRIBUTE", "tags")
    return tuple(value)


def cluster_name(body: JsonObject) -> str:
    """Return the name of a new cluster; raises AtlasRefusal."""
    name = text(body, "name")
    if _NAME.fullmatch(name) is None:
        raise AtlasRefusal("CLUSTER_NAME_INVALID", name)
    return name


def _given(body: JsonObject, name: str) -> Json:
    value = body.get(name)
    if value is None:
        raise AtlasRefusal("MISSING_ATTRIBUTE", name)
    return value


def _only(document: JsonObject, known: frozenset[str]) -> JsonObject:
    for name in document:
        if name not in known:
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return document


def _is_tag(value: Json) -> bool:
    if not isinstance(value, dict) or value.keys() != {"key", "value"}:
        return False
    return all(isinstance(each, str) and 1 <= len(each) <= 255 for each in value.values())
