"""The items of a list a column at a time: what the text of a function that writes them all at once is made of.

Items are of one kind if they have members of the same names, and the same words where a rule's condition looks. What a
rule makes of a kind is decided once; of each item's values one look at the whole column says that they are as usual.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from shim.documents.sources import parse_source
from shim.documents.value_types import Json, instant, usual_times

if TYPE_CHECKING:
    from shim.documents.fields import When

Part = tuple[str, ...]
"""The text of a field's value: expressions for what lies around the columns, and the columns, in turn.

It is empty if the items have no such field.
"""


class Unusual(Exception):  # noqa: N818 - such items are translated one by one
    """Items that can't be written a column at a time."""


is_plain = re.compile(r"[ !#-\[\]-~]*").fullmatch
"""Tells a text that every JSON encoder writes as it is."""


def plain(text: str) -> str:
    """Return a text that JSON has as it is; raises Unusual for any other."""
    if not is_plain(text):
        raise Unusual
    return text


LOOKS = {
    "are_times": (r"\n", usual_times),
    "are_plain": ("", is_plain),
    "are_segments": (r"\n", re.compile(r"(?:[0-9A-Za-z]++\n)*+[0-9A-Za-z]++").fullmatch),  # as they stand in a path
}
"""Tests of columns of text, all at once: what stands between the texts, and what tells that all of them are well."""


def are_of(kind: type, values: Iterable[object]) -> bool:
    """Return whether all values are of a type, and of no other."""
    return {*map(type, values)} == {kind}


HELP: dict[str, Any] = {
    "Unusual": Unusual, "are_of": are_of, "instant": instant, "plain": plain,
    **{name: matches for name, (_, matches) in LOOKS.items()},
}  # fmt: skip
"""What functions made of these parts may name besides their own values."""


def json_text(value: Json) -> str:
    """Return the JSON of a word that a document says; raises Unusual if encoders might differ."""
    if type(value) is str:
        return f'"{plain(value)}"'
    if type(value) not in {bool, int}:
        raise Unusual
    return json.dumps(value)


@attrs.define
class Columns:
    """The parts of a function that writes all items of one kind.

    Each has ``members``; where conditions look, they have ``words``. ``sources`` are the members that are looked at, of
    which ``c0`` and so on have the values; all ``tests`` must hold for them, and ``lines`` make others of them.
    ``names`` are the values that the text names, ``places`` the columns that are the texts of fields, by name.
    ``looks`` are the columns that must pass each of LOOKS. ``lacks``: that the items do not have a member makes a
    difference.
    """

    parameters: Sequence[str]
    api: str
    members: Collection[str]
    words: Mapping[str, Json]
    sources: list[str] = attrs.field(factory=list)
    tests: list[str] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)
    names: dict[str, Any] = attrs.field(factory=dict)
    places: dict[str, str] = attrs.field(factory=dict)
    looks: dict[str, dict[str, None]] = attrs.field(factory=dict)
    lacks: bool = False

    def has(self, source: str) -> bool:
        """Return whether the items have a value at a source; raises Unusual if that lies inside a member."""
        first, *inner = parse_source(source)
        if first in self.members and inner:
            raise Unusual
        self.lacks = self.lacks or first not in self.members
        return first in self.members

    def column(self, source: str, test: str = "") -> str:
        """Return the name of the values at a source, for which a test holds: a look, or one that names them ``{}``."""
        if source not in self.sources:
            self.sources.append(source)
        name = f"c{self.sources.index(source)}"
        if test in LOOKS:
            self.looks.setdefault(test, {})[name] = None
        elif test:
            self.tests.append(test.format(name))
        return name

    def condition(self) -> str:
        """Return what must hold for the columns."""
        looks = [f"{one}('{LOOKS[one][0]}'.join({' + '.join(names)}))" for one, names in self.looks.items() if names]
        return " and ".join(dict.fromkeys([*looks, *self.tests])) or "True"

    def segments(self, field: str) -> str:
        """Return the column that is the text of a field, all of which must stand in a path as they are."""
        if field not in self.places:
            raise Unusual
        place = self.places[field]
        self.looks.get("are_plain", {}).pop(place, None)
        self.looks.setdefault("are_segments", {})[place] = None
        return place

    def made(self, expression: str) -> str:
        """Return the name of a column that is made of others."""
        name = f"m{len(self.lines)}"
        self.lines.append(f"{name} = {expression}")
        return name

    def name(self, stem: str, value: object) -> str:
        """Return a name of ours for a value."""
        name = f"{stem}_{len(self.names)}"
        self.names[name] = value
        return name

    def holds(self, when: When | None) -> bool:
        """Return whether a condition holds for the items."""
        if when is None:
            return True
        is_there = self.has(when.source)
        if when.given is not None:
            if is_there:
                self.column(when.source, "None not in {}")
            return when.given == is_there
        word = self.words.get(when.source)
        if is_there:
            # True equals 1 to Python, and means something else to everybody.
            kind = "str" if type(word) is str else "bool"
            self.column(when.source, f"{{0}}.count({self.name('word', word)}) == len({{0}}) and are_of({kind}, {{0}})")
        return when.negated != (is_there and word in when.words)
