"""The parts of generated functions: of those that translate an object, and of those that write all items of a list.

The latter write a column at a time. Items are of one kind if they have members of the same names, and the same words
where a rule's condition looks. What a rule makes of a kind is decided once; of each item's values one look at the whole
column says that they are as usual.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from shim.documents.sources import parse_source, unquoted
from shim.documents.vocabulary import USUAL_TIME, Json, instant, usual_times

if TYPE_CHECKING:
    from shim.documents.fields import Field, Resource, When

Branch = tuple[str, str]
"""A test, and the expression for the value that a field gets if it is the first that holds."""
Begin = Callable[..., Callable[..., dict[str, Json]]]
"""A function that takes what a call is translated with, and returns the one that makes a legacy object of another."""
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


def are_plain(texts: Sequence[str]) -> bool:
    """Return whether every JSON encoder writes all texts as they are."""
    return is_plain("".join(texts)) is not None


def are_segments(texts: Sequence[str]) -> bool:
    """Return whether all texts stand in a path as they are: ASCII letters and digits, at least one of them."""
    return "".join(texts).encode().isalnum() and all(texts)


def are_times(texts: Sequence[str]) -> bool:
    """Return whether all texts are usual times; the sum of lengths shows that no text contains a line break."""
    together = "\n".join(texts)
    return len(together) == 21 * len(texts) - 1 and usual_times(together) is not None


LOOKS = {look.__name__: look for look in (are_plain, are_segments, are_times)}
"""Looks at texts of several columns at once."""
_TEXT = r"[ !#-\[\]-~]*+"
_UNREAD = rf'(?:"{_TEXT}"|-?(?:0|[1-9][0-9]{{0,14}})|true|false|null)'
_FORMS = {"are_plain": _TEXT, "are_segments": r"[0-9A-Za-z]++", "are_times": USUAL_TIME}
"""The form of a text that passes a look."""


def are_of(kind: type, values: Iterable[object]) -> bool:
    """Return whether all values are of a type, and of no other."""
    return {*map(type, values)} == {kind}


HELP: dict[str, Any] = {"Unusual": Unusual, "are_of": are_of, "instant": instant, "plain": plain, **LOOKS}
"""What functions made of these parts may name besides their own values."""


def json_text(value: Json) -> str:
    """Return the JSON of a word that a document says; raises Unusual if encoders might differ."""
    if type(value) is str:
        return f'"{plain(value)}"'
    if type(value) not in {bool, int}:
        raise Unusual
    return json.dumps(value)


@attrs.define
class _Text:
    """The text of a function: ``names`` has the values that it names.

    ``parameters`` are those of the legacy path, which links may name beside members of the answer; ``api`` is the API
    whose relations links have.
    """

    parameters: Sequence[str]
    api: str
    names: dict[str, Any] = attrs.field(factory=dict, kw_only=True)

    def name(self, stem: str, value: object) -> str:
        """Return a name of ours for a value."""
        name = f"{stem}_{len(self.names)}"
        self.names[name] = value
        return name


@attrs.define
class Script(_Text):
    """The parts of one generated function.

    ``once`` are the lines that run once a call, ``holders`` and ``lines`` those that run for each object. ``inner``
    makes the translator of a resource that objects inside are.
    """

    tier: str
    inner: Callable[[Field, Resource], Begin]
    once: list[str] = attrs.field(factory=list)
    holders: dict[str, str] = attrs.field(factory=dict)
    inside: dict[str, str] = attrs.field(factory=dict)
    lines: list[str] = attrs.field(factory=list)

    def once_a_call(self, stem: str, expression: str) -> str:
        """Return the name of what an expression is worth in all objects of a call."""
        name = f"{stem}_{len(self.once)}"
        self.once.append(f"{name} = {expression}")
        return name

    def holder(self, outer: str) -> str:
        """Return the name of upstream's object at a dotted name, which is NOTHING if there is no object."""
        if not outer:
            return "source"
        if outer not in self.holders:
            found = self.member(outer)
            self.holders[outer] = f"holder_{len(self.holders)}"
            self.lines.append(f"{self.holders[outer]} = found if type(found := {found}) is dict else NOTHING")
        return self.holders[outer]

    def member(self, source: str) -> str:
        """Return the expression for the value at a source, None if there is no source."""
        if "[" in source or unquoted(source) != source.split("."):
            return f"taken(source, {self.name('path', parse_source(source))})"
        outer, _, last = source.rpartition(".")
        return f"{self.holder(outer)}.get({last!r})"

    def nested(self, field: Field, resource: Resource) -> str:
        """Return the name of what translates the objects in a field, in one call."""
        if field.name not in self.inside:
            begin, part = self.name("begin", self.inner(field, resource)), f"report.part({field.name!r})"
            made = f"Nested({begin}(context, {part}), {part}, report, {resource.reads_bare(self.tier)})"
            self.inside[field.name] = self.once_a_call("nested", made)
        return self.inside[field.name]


def put(field: Field, value: str) -> str:
    """Return the line that puts a value in a field's place, and makes the objects that it stands in."""
    *outer, last = unquoted(field.name)
    return f"made{''.join(f'.setdefault({part!r}, {{}})' for part in outer)}[{last!r}] = {value}"


def chosen(field: Field, branches: Sequence[Branch], which: str, sources: int = 1) -> list[str]:
    """Return the lines that put the value of the first test that holds in a field's place.

    As many look at each of the ``sources``: of those before it, what could not be used is reported.
    """
    lines, each = list[str](), max(1, len(branches) // sources)
    for number, (test, value) in enumerate(branches):
        lines += [f"{'elif' if number else 'if'} {test}:", f"    {put(field, value)}"]
        if 0 < number // each < sources:
            lines.append(f"    report.pass_over({which}, {number // each}, source)")
    return [*lines, "else:", f"    report.leave_out({which}, source, made)"]


@attrs.define
class Columns(_Text):
    """The parts of a function that writes all items of one kind.

    Each has ``members``; where conditions look, they have ``words``. ``sources`` are the members that are looked at, of
    which ``c0`` and so on have the values; all ``tests`` must hold for them, and ``lines`` make others of them.
    ``places`` are the columns that are the texts of fields, by name.
    ``looks`` are the columns that must pass each of LOOKS. ``lacks``: that the items do not have a member makes a
    difference.
    """

    members: Collection[str]
    words: Mapping[str, Json]
    sources: list[str] = attrs.field(factory=list)
    tests: list[str] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)
    places: dict[str, str] = attrs.field(factory=dict)
    looks: dict[str, dict[str, None]] = attrs.field(factory=dict)
    lacks: bool = False

    def has(self, source: str) -> bool:
        """Return whether the items have a value at a source; raises Unusual if that lies inside a member."""
        first, *inner = parse_source(source)
        if first in self.members and (inner or first != source):
            raise Unusual
        self.lacks = self.lacks or first not in self.members
        return first in self.members

    def column(self, source: str, test: str = "") -> str:
        """Return the name of the values at a source that pass a test, an expression in which ``{}`` stands for them."""
        if source not in self.sources:
            self.sources.append(source)
        name = f"c{self.sources.index(source)}"
        if test in LOOKS:
            self.looks.setdefault(test, {})[name] = None
        elif test:
            self.tests.append(test.format(name))
        return name

    def condition(self) -> str:
        """Return what must hold for the columns; they pass all looks if they were ``looked`` at as text."""
        looks = [f"{one}({' + '.join(names)})" for one, names in self.looks.items() if names]
        return " and ".join(dict.fromkeys([f"(looked or {' and '.join(looks) or True})", *self.tests]))

    def pattern(self) -> str:
        """Return what the text of an item looks like, if its columns pass all looks: a group for each, in their order.

        Columns without a look are texts; other members are texts, small integers, or words. Nothing is tried in two
        ways, so that the time grows with the text's length alone.
        """
        forms = dict.fromkeys(self.sources, "")
        for look, name in [(look, name) for look, names in self.looks.items() for name in names]:
            source = self.sources[int(name[1:])]
            forms[source] = f'(?={_FORMS[look]}"){forms[source]}' if forms[source] else _FORMS[look]
        values = {member: f'"({forms[member] or _TEXT})"' if member in forms else _UNREAD for member in self.members}
        return r"\{" + ",".join([f'"{re.escape(plain(member))}":{value}' for member, value in values.items()]) + r"\}"

    def segments(self, field: str) -> str:
        """Return the column of a field's texts; each must be usable in a path without encoding."""
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
