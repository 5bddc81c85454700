"""Read lenses: how a partial legacy body is merged into the current resource.

An old version shows the resource in its own shape. A caller's changes are translated
into changes of the successor's shape, and everything else stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from shim.documents.errors import ErrorRule, read_errors, wrong_errors
from shim.documents.read import Declared, named, read_as
from shim.documents.tables import Rows, Table, checked, key_path
from shim.documents.vocabulary import is_json, parse_date

ONLY = "[only]"
"""The step into a list, or an object with names chosen by the caller, that has exactly one item."""
NAME = "[name]"
"""The step to the name of that item."""
FROM_LENS = ("asked", "was")
"""Additional sources for rules of a body: the caller's own members, and the old version's view of the resource."""

_PART = re.compile(r"([^.\[\]]+)(\[only\]|\[name\])?")

BodyPlace = tuple[str, ...]
"""The names and steps that lead to a value."""


def parse_place(text: str) -> BodyPlace:
    """Return the names and steps of a place; raises ValueError for an invalid text."""
    place: list[str] = []
    for part in text.split("."):
        found = _PART.fullmatch(part)
        if found is None or NAME in place:
            raise ValueError(
                f"{text!r} is not a place: separate names by dots, and add {ONLY} or (last) {NAME} to those of lists"
            )
        place += filter(None, found.groups())
    return tuple(place)


def _places(table: Table, key: str) -> Mapping[str, BodyPlace]:

    def read(sub: Table, name: str) -> BodyPlace:
        return checked(sub, name, parse_place, sub.text(name)) or ()

    return table.each(key, read)


@attrs.frozen(kw_only=True)
class LensList(Declared):
    """A successor's list whose items are identified, so that each keeps its identity."""

    by: tuple[str, ...]
    """The members that identify an item; equal items match in their order."""
    identity: str = ""
    """The member without which an item is new to the successor."""
    renamed: str = ""
    """The member that moves along where ``by`` changes."""
    counted: str = ""
    """The member of a legacy item with the number of the successor's items that it represents."""
    keeps: tuple[str, ...] = ()
    """Members that the old version can't express, and that stay unchanged."""
    needs: tuple[str, ...] = ()
    """Members that a new item must have."""

    def wrong(self, table: Table) -> Rows:
        yield (
            "by",
            not self.by,
            "is missing; name the members that identify an item",
        )


@attrs.frozen(kw_only=True)
class Lens(Declared):
    """How a legacy body is merged into the resource, or without a lookup into the document's ``start``."""

    members: tuple[str, ...]
    """The members of the legacy body that need it.

    A body without them needs no lookup.
    """
    version: str = ""
    """The version of the lookup."""
    switch: str = ""
    """The switch in ``ATLAS_SHIM_WRITES`` without which no body with these members is sent."""
    lists: Mapping[str, LensList] = named(LensList, "list")
    means: Mapping[str, BodyPlace] = read_as(_places, factory=dict)
    """Members with the same meaning as another place in the legacy body."""
    start: Any = None
    """The base for a legacy body where no resource exists yet."""
    empty: Any = None
    """The members of an object that represents an absent one."""
    default: Any = None
    """The values for members that a new item's body leaves out, where similar items may have others."""
    errors: Mapping[str, ErrorRule] = read_as(read_errors, factory=dict)
    """Successes of the lookup that mean errors."""

    def wrong(self, table: Table) -> Rows:
        legacy = table.around.operation
        declared = legacy.request.members if legacy.request else {}
        checked(table, "version", parse_date, self.version)
        looks = bool(self.version)
        yield (
            "members",
            not self.members,
            "is missing; name the members of the body that need the lens",
        )
        for name in self.members:
            yield (
                "members",
                name not in declared,
                f"{name!r} is not a member of the legacy body",
            )
        yield (
            "list",
            looks != bool(self.lists),
            "and version must be given together: the lookup returns the lists",
        )
        is_odd = looks == (self.start is not None)
        yield (
            "start",
            is_odd,
            "is required without version, and can't be combined with it",
        )
        both = self.switch and legacy.switch
        yield "switch", both, "can't be combined with the operation's own switch"
        yield (
            "errors",
            self.errors and not looks,
            "apply only to a lookup; give its version",
        )
        for key in ("start", "empty", "default"):
            value = getattr(self, key)
            is_object = value is None or (isinstance(value, dict) and is_json(value))
            yield key, not is_object, "must be a table"
        for name, place in self.means.items():
            first = name.partition(".")[0]
            at = key_path(".means", name)
            unknown = {first, *place[:1]} - {*self.members}
            yield at, unknown, f"no member is named {' or '.join(sorted(unknown))}"
        for name in self.lists:
            outer = name.rpartition(".")[0]
            is_wrong = outer and outer not in self.lists
            said = f"is in {outer!r}, which is not a list"
            yield key_path(".list", name), is_wrong, said
        yield from wrong_errors(self.errors)
        for code, rule in self.errors.items():
            yield (
                key_path(".errors", code),
                rule.when is None,
                "is an error code; move its rule from the lens to the successor's errors",
            )
