"""What ``from`` may make of a value, a class each; ``casts`` has those that make another type of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, ClassVar, Self

import attrs

from shim.documents.columns import Columns, Part, Unusual, is_plain, json_text
from shim.documents.fields import LISTS, Branch, Field, Problems, Script, unfit
from shim.documents.read import members_in, read_as, read_declared
from shim.documents.sources import parse_source
from shim.documents.tables import Table, key_path
from shim.documents.value_types import FITS, LONGEST_TIME, PLAIN, Json, is_json

Convert = Callable[[Json], Json]
"""A function to the legacy value, or to None if there is no such value."""
Drop = tuple[Any, ...]
"""Values that stand for not known."""

SCALARS = ("string", "integer", "number", "boolean")
BOOLEANS = {"true": True, "false": False}

_JSON_TYPES = {"time": "string", "integer": "number", "strings": "array", "objects": "array", "links": "array"}

is_integer = re.compile(r"-?(?:0|[1-9][0-9]{0,39})").fullmatch
"""Tells integers as JSON writes them (RFC 8259, 6), of a length that is read at once."""


def json_type(kind: str) -> str:
    """Return what JSON calls the values of a type of member."""
    return _JSON_TYPES.get(kind, kind)


def is_dropped(drop: Drop, said: Json) -> bool:
    """Return whether a value stands for not known. False equals 0 to Python, and means something else to everybody."""
    return any((type(value) is bool, value) == (type(said) is bool, said) for value in drop)


def read_drop(table: Table, key: str) -> Drop:
    """Return the values of a rule that stand for not known."""
    drop = table.get(key)
    if drop is None:
        return ()
    if not isinstance(drop, list) or not drop:
        table.wrong(key, "must be a list of values that mean 'not known'")
        return ()
    return tuple(drop)


def check_value(field: Field, at: str, value: Json) -> Problems:
    """Yield a problem for a value that a field can't have."""
    if not FITS[field.type](value) or not is_json(value):
        yield at, f"{value!r} is not of the field's type, {field.type}"
    elif field.words and value not in field.words:
        yield at, f"{value!r} is not one of the field's words: {', '.join(field.words)}"


def is_time(found: str) -> str:
    """Return the test of whether the value at an expression is a time."""
    second_look = f"len(value) <= {LONGEST_TIME} and instant(value)"
    return f"type(value := {found}) is str and (is_usual_time(value) or {second_look})"


@attrs.frozen
class Way:
    """A value is taken as it is; the classes below make something else of it.

    A key of a rule names each, and a rule has one way at most.
    """

    key: ClassVar[str] = ""
    mark: ClassVar[str] = ", "
    """What stands between the source and what becomes of it, where that is said in words."""
    says: ClassVar[str] = ""
    """What becomes of a value, in words that name attributes of the way."""
    copies: ClassVar[bool] = True
    """Whether a value stays what it is: an object that a resource translates, or a link."""
    belongs: ClassVar[str] = ""
    """The one type of field that has it."""
    makes: ClassVar[tuple[str, ...]] = ()
    """The types of field that it makes of other types, any if empty."""
    reads: ClassVar[Collection[str] | None] = None
    """What JSON calls the values that it takes, any if empty; None if the type of the field says it."""

    @classmethod
    def read(cls, table: Table) -> Self:
        """Return what a rule's table says."""
        return read_declared(cls, table)

    def how(self) -> str:
        """Say what becomes of a value; empty when it stays what it is."""
        return self.says.format(self)

    def check(self, field: Field, at: str) -> Problems:
        """Yield what could never be true of a rule of that field, which stands ``at``."""
        of = " with of, the resource that the items are" if self.belongs.startswith("object") else ""
        if self.belongs and (field.type != self.belongs or (of and field.of is None)):
            yield f"{at}.{self.key}", f"belongs to fields of type {self.belongs}{of}"
        if self.makes and field.type not in self.makes:
            yield f"{at}.{self.key}", f"makes {' or '.join(self.makes)}, and the field's type is {field.type}"

    def takes(self, made: str) -> Collection[str]:
        """Return what JSON calls the values of which it makes one of the JSON type ``made``; empty if any."""
        return {made} if self.reads is None else self.reads

    def reads_list(self, field: Field) -> bool | None:
        """Return whether what it reads is a list; None if it may be one."""
        if self.reads in {("array",), ("string",)}:
            return self.reads == ("array",)
        return None if field.type == "any" else field.type in LISTS

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        """Return the test of the value at an expression, and the expression for the legacy one."""
        if field.of is not None:
            kind = "list" if field.type == "objects" else "dict"
            value = f"{script.nested(field, field.of)}.{'each' if kind == 'list' else 'one'}(value, {source!r})"
            return f"type(value := {found}) is {kind}", value
        if field.type == "time":
            test = is_time(found)
        elif field.type in PLAIN:
            test = f"type(value := {found}) is {PLAIN[field.type].__name__}"
        else:
            test = f"{script.name('fits', FITS[field.type])}(value := {found})"
        test = _wanted(script, field, drop, test)
        return test, "led_back(value, context)" if field.type == "links" else "value"

    def column(self, columns: Columns, field: Field, drop: Drop, source: str) -> Part:
        """Return the field's text in all items of a list, which have something at a source.

        Raises Unusual if it can't be written a column at a time.
        """
        kept = [word for word in field.words if not is_dropped(drop, word)]
        match field.type:
            case "string" if field.words and all(map(is_plain, kept)):
                said = columns.column(source, f"{columns.name('words', frozenset(kept))}.issuperset({{}})")
            case "string" | "time" if not field.words and not drop:
                said = columns.column(source, "are_plain" if field.type == "string" else "are_times")
            case "integer" if not any(isinstance(value, list | dict) for value in drop):
                dropped = columns.name("dropped", frozenset(drop))
                return "''", columns.column(source, f"are_of(int, {{0}}) and {dropped}.isdisjoint({{0}})"), "''"
            case "boolean" if not drop:
                said = columns.column(source, "are_of(bool, {})")
                return "''", columns.made(f"['true' if value else 'false' for value in {said}]"), "''"
            case _:
                raise Unusual
        columns.places[field.name] = said
        return "'\"'", said, "'\"'"

    def why_not(self, field: Field, said: Json) -> str:
        """Say why a value, which is not null, gave none."""
        return f"can't be made {field.type}" if self.makes else unfit(field, said)


def _wanted(script: Script, field: Field, drop: Drop, test: str) -> str:
    if drop:
        test += f" and not {script.name('is_dropped', partial(is_dropped, drop))}(value)"
    if field.words:
        test += f" and value in {script.name('words', frozenset(field.words))}"
    return test


AS_IS = Way()


def by_function(script: Script, field: Field, drop: Drop, found: str, convert: Convert) -> Branch:
    """Return the branch of a way that a function of ours goes."""

    def converted(said: Json) -> Json:
        if is_dropped(drop, said):
            return None
        value = convert(said)
        if value is None or not FITS[field.type](value) or (field.words and value not in field.words):
            return None
        return value

    return f"(value := {script.name('convert', converted)}({found})) is not None", "value"


def _read_values(table: Table, key: str) -> Mapping[str, Any]:
    values = table.get(key)
    if isinstance(values, dict) and values:
        return values
    table.wrong(key, "must be a table of words")
    return {}


@attrs.frozen
class Values(Way):
    """Words become others; those for booleans and integers too (``true``, ``5``)."""

    key = "values"
    mark = ": "
    copies = False
    reads = ()
    values: Mapping[str, Any] = read_as(_read_values)

    def how(self) -> str:
        turned: dict[Any, list[str]] = {}
        for said, means in self.values.items():
            turned.setdefault(means if isinstance(means, str) else json.dumps(means), []).append(said)
        return "; ".join(f"{' or '.join(said)} is {means}" for means, said in turned.items())

    def check(self, field: Field, at: str) -> Problems:
        for word, value in self.values.items():
            yield from check_value(field, key_path(f"{at}.values", word), value)

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        if any(word in BOOLEANS or is_integer(word) for word in self.values):
            return by_function(script, field, drop, found, self._convert())
        words = script.name("words", {word: new for word, new in self.values.items() if not is_dropped(drop, word)})
        return f"type(value := {found}) is str and (word := {words}.get(value)) is not None", "word"

    def column(self, columns: Columns, field: Field, drop: Drop, source: str) -> Part:
        texts = {word: json_text(value) for word, value in self.values.items() if not is_dropped(drop, word)}
        said, words = columns.column(source), columns.name("texts", texts)
        return "''", columns.made(f"[*map({words}.__getitem__, {said})]"), "''"

    def _convert(self) -> Convert:
        by_type: dict[type, dict[Any, Any]] = {str: dict(self.values), bool: {}, int: {}}
        for word, value in self.values.items():
            if word in BOOLEANS:
                by_type[bool][BOOLEANS[word]] = value
            elif is_integer(word):
                by_type[int][int(word)] = value
        return lambda said: by_type[type(said)].get(said) if type(said) in by_type else None

    def why_not(self, field: Field, said: Json) -> str:
        return "an unknown word"


@attrs.frozen
class Whole(Way):
    """A float with no fraction becomes an integer."""

    key = "whole"
    belongs = "integer"

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        test = f"(type(value := {found}) is int or type(value) is float and value.is_integer())"
        return _wanted(script, field, drop, test), "int(value)"


@attrs.frozen
class Group(Way):
    """All items of a list that have the same in the first of ``members`` that is there become one object."""

    key = "group"
    belongs = "objects"
    members: tuple[str, ...] = read_as(lambda table, key: members_in(table, key, table.texts(key)), "group")

    def how(self) -> str:
        return f"one for each {' or '.join(self.members)}"

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        test, _ = super().branch(script, field, drop, found, source)
        members = script.name("members", tuple(map(parse_source, self.members)))
        assert field.of is not None, "checked"
        return test, f"{script.nested(field, field.of)}.grouped(value, {source!r}, {members})"


@attrs.frozen
class Keyed(Way):
    """A list becomes an object, with each item under the text that it has in a member."""

    key = "keyed"
    belongs = "object"
    reads = ("array",)
    says = "by {0.member}"
    member: str = read_as(lambda table, key: members_in(table, key, (table.text(key),))[0], "keyed")

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        assert field.of is not None, "checked"
        member = script.name("member", parse_source(self.member))
        value = f"{script.nested(field, field.of)}.keyed(value, {source!r}, {member})"
        return f"type(value := {found}) is list", value
