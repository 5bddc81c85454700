"""Read the members of a legacy request body and its objects: their types, and which are dropped or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from shim.documents.fields import TYPES, When
from shim.documents.read import Declared, named, nested, read_as, under
from shim.documents.tables import Rows, Table, key_path, same
from shim.documents.vocabulary import FITS, Json


def _types(table: Table, key: str) -> Mapping[str, str]:
    return table.each(key, _type)


def _type(table: Table, key: str) -> str:
    return table.word(key, TYPES)


OR = " or "
"""Separates members one of which is required."""


def _inside(table: Table, key: str) -> Mapping[str, BodyObject]:
    found = table.each(key, table.around.objects.named)
    return {name: one for name, one in found.items() if one is not None}


@attrs.frozen(kw_only=True)
class RefusedChoice(Declared):
    """The 400 for a word of the body that selects no call."""

    detail: str
    error_code: str = under("errorCode")


@attrs.frozen(kw_only=True)
class RefusedValue(RefusedChoice):
    """The 400 for a body member's value that no successor accepts."""

    value: Any = None
    but: Any = None
    """Refuse any value except this one."""
    when: When | None = nested(When)
    """A condition on other members; without it the value is not refused."""
    ignored: str = ""
    """Why the member is left out; it is only refused where writes are strict."""

    def wrong(self, table: Table) -> Rows:
        both = ("value" in table.data) == ("but" in table.data)
        yield "value", both, "is missing, or combined with but; give one of the two"

    def takes(self, value: Json, around: Json = None) -> bool:
        """Return whether a value is accepted in the object ``around`` it."""
        if self.when is not None and not self.when.holds(around):
            return True
        if self.but is None:
            return not same(value, self.value)
        return same(value, self.but)


@attrs.frozen(kw_only=True)
class BodyMembers(Declared):
    """The members that a request body, or an object inside it, may have."""

    members: Mapping[str, str] = read_as(_types)
    """Their types."""
    inside: Mapping[str, BodyObject] = read_as(_inside, "of", factory=dict)
    """The members of nested objects that a table ``object`` describes."""
    required: tuple[str, ...] = ()
    """Required members; ``a or b`` requires one of them."""
    ignored: tuple[str, ...] = ()
    """Members that are dropped."""
    refused: Mapping[str, RefusedValue] = named(RefusedValue, "refuse")
    """The error for a member's value, before anything is sent."""

    def wrong(self, table: Table) -> Rows:
        for name in (name for one in self.required for name in one.split(OR)):
            yield (
                "required",
                name not in self.members,
                f"{name!r} is not a member of the body",
            )
        for name in self.ignored:
            yield (
                "ignored",
                name in self.members,
                f"{name!r} is declared as a member, and can't be ignored",
            )
        for name in self.inside:
            holds = self.members.get(name) in {"object", "objects"}
            yield (
                key_path(".of", name),
                not holds,
                f"{name!r} is not a member of type object or objects",
            )
        for name, refused in self.refused.items():
            yield (
                "refuse",
                name not in self.members,
                f"{name!r} is not a member of the body",
            )
            if refused.but is None:
                said = refused.value
            else:
                said = refused.but
            never = False
            if name in self.members and said is not None:
                never = not FITS[self.members[name]](said)
            what = f"has no effect: {said!r} is not of the member's type, {self.members.get(name)}"
            yield key_path(".refuse", name), never, what


@attrs.frozen(kw_only=True)
class BodyObject(BodyMembers):
    """The members that an object inside a request body may have."""

    keyed: bool = False
    """Whether such objects are keyed by names that the caller chooses."""


@attrs.define
class BodyObjects:
    """The descriptions of a document by name; each is read when first requested."""

    tables: Mapping[str, Table] = attrs.field(factory=dict)
    read: dict[str, BodyObject] = attrs.field(factory=dict)
    _outer: list[str] = attrs.field(factory=list)

    def named(self, table: Table, key: str) -> BodyObject | None:
        """Return the description that a key of a table names, None if there is no such description."""
        name = table.text(key)
        if name in self._outer:
            chain = " in ".join((name, *reversed(self._outer)))
            table.wrong(key, f"{name!r} contains itself: {chain}")
        elif name in self.tables:
            return self._get(name)
        elif name:
            table.wrong(key, f"{name!r} is not an object of this document")
        return None

    def _get(self, name: str) -> BodyObject:
        if name not in self.read:
            self._outer.append(name)
            self.read[name] = BodyObject.read(self.tables[name])
            self._outer.pop()
        return self.read[name]
