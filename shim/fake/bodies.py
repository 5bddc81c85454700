"""Reads request bodies as a strict API does: unknown, missing and mistyped members are refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from shim.fake.http import Json, JsonObject
from shim.fake.reads import ID
from shim.fake.refusals import AtlasRefusal


@dataclass(frozen=True, slots=True)
class Body:
    """The members of one JSON object; every method raises AtlasRefusal on a bad member."""

    members: JsonObject

    def given(self, name: str) -> Json:
        """Return a required member that is not null."""
        value = self.members.get(name)
        if value is None:
            raise AtlasRefusal("MISSING_ATTRIBUTE", name)
        return value

    def inner(self, name: str, known: str) -> Body:
        """Return the object in a member; it may have only known members."""
        return _only(self.given(name), known, AtlasRefusal("INVALID_ATTRIBUTE", name))

    def text(self, name: str, pattern: str = r"(?s).+", error: str = "INVALID_ATTRIBUTE") -> str:
        """Return a text that matches the pattern."""
        value = self.given(name)
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise AtlasRefusal(error, value if error != "INVALID_ATTRIBUTE" else name)
        return value

    def id(self, name: str) -> str:
        """Return a text with the form of an id."""
        return self.text(name, ID.pattern)

    def word(self, name: str, words: tuple[str, ...]) -> str:
        """Return a text that is one of some words."""
        value = self.text(name)
        if value not in words:
            raise AtlasRefusal("INVALID_ENUM_VALUE", value, name)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean, or the default if it is missing or null."""
        value = self.members.get(name)
        if not isinstance(value, bool | None):
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
        return default if value is None else value

    def tags(self, default: tuple[Mapping[str, str], ...] = ()) -> tuple[Mapping[str, str], ...]:
        """Return the tags: a key and a value each, 1 to 255 characters (contract)."""
        value = self.members.get("tags")
        if value is None:
            return default
        if not isinstance(value, list) or not all(map(_is_tag, value)):
            raise AtlasRefusal("INVALID_ATTRIBUTE", "tags")
        return tuple(value)


def read_body(content: bytes, known: str) -> Body:
    """Read a JSON object that may have only the known members, named between spaces; raises AtlasRefusal."""
    malformed = AtlasRefusal("MALFORMED_JSON")
    try:
        return _only(json.loads(content), known, malformed)
    except (ValueError, RecursionError):
        raise malformed from None


def _only(document: Json, known: str, otherwise: AtlasRefusal) -> Body:
    if not isinstance(document, dict):
        raise otherwise
    for name in document:
        if name not in known.split():
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return Body(document)


def _is_tag(value: Json) -> bool:
    if not isinstance(value, dict) or value.keys() != {"key", "value"}:
        return False
    return all(isinstance(each, str) and 1 <= len(each) <= 255 for each in value.values())
