"""What ``from`` may make of a value, a class each; ``casts`` has those that make another value of it."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import attrs

from shim.documents.fields import Field, unfit
from shim.documents.read import Declared, members_in, read_as
from shim.documents.script import Branch, Columns, Part, Script, Unusual, is_plain
from shim.documents.sources import parse_source
from shim.documents.tables import Rows, Table
from shim.documents.vocabulary import FITS, LONGEST_TIME, PLAIN, Json, is_json

Drop = tuple[Any, ...]
"""Values that stand for not known."""


def is_dropped(drop: Drop, said: Json) -> bool:
    """Return whether a value stands for not known. False equals 0 to Python, and means something else to everybody."""
    return any((type(value) is bool, value) == (type(said) is bool, said) for value in drop)


def read_drop(table: Table, key: str) -> Drop:
    """Return the values of a rule that mean "not known"."""
    drop = table.get(key)
    if drop is not None and (not isinstance(drop, list) or not drop):
        table.wrong(key, "must be a list of values that mean 'not known'")
        return ()
    return tuple(drop or ())


def check_value(field: Field, at: str, value: Json) -> Rows:
    """Yield what keeps a field from having a value."""
    fits = FITS[field.type](value) and is_json(value)
    other = fits and field.words and value not in field.words
    yield at, not fits, f"{value!r} is not of the field's type, {field.type}"
    yield at, other, f"{value!r} is not one of the field's words: {', '.join(field.words)}"


def is_time(found: str) -> str:
    """Return the test of whether the value at an expression is a time."""
    second_look = f"len(value) <= {LONGEST_TIME} and instant(value)"
    return f"type(value := {found}) is str and (is_usual_time(value) or {second_look})"


@attrs.frozen
class Way(Declared):
    """A value is taken as it is; the subclasses make something else of it.

    A key of a rule names each, and a rule has one way at most.
    """

    key: ClassVar[str] = ""
    mark: ClassVar[str] = ", "
    """What stands between the source and what becomes of it, where that is said in words."""
    says: ClassVar[str] = ""
    """What becomes of a value, in words that name attributes of the way."""
    belongs: ClassVar[str] = ""
    """The one type of field that it belongs to; if that is of objects, their resource has to be named, too."""
    makes: ClassVar[tuple[str, ...]] = ()
    """The types of field that it makes a value of, any if empty."""
    of_lists: ClassVar[bool] = False
    """Whether it makes one value of a list."""

    @property
    def copies(self) -> bool:
        """Whether a value stays what it is, or objects in it are translated by a resource."""
        return type(self).made is Way.made

    def how(self) -> str:
        """Say what becomes of a value; empty when it stays what it is."""
        return self.says.format(self)

    def misused(self, field: Field) -> Rows:
        """Yield what could never be true of a rule of that field."""
        of = " with of, the resource that the items are" if self.belongs.startswith("object") else ""
        other = self.belongs and (field.type != self.belongs or (of and field.of is None))
        made = f"makes {' or '.join(self.makes)}, and the field's type is {field.type}"
        yield f".{self.key}", other, f"belongs to fields of type {self.belongs}{of}"
        yield f".{self.key}", self.makes and field.type not in self.makes, made

    def made(self, field: Field, said: Json) -> Json:
        """Return what a value becomes, None if it can't be made; never called where it is copied."""
        raise NotImplementedError

    def inner(self, script: Script, field: Field, source: str) -> tuple[str, str]:
        """Return the type of what holds objects, and the call that translates them."""
        return ("list", f"each(value, {source!r})") if field.type == "objects" else ("dict", f"one(value, {source!r})")

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        """Return the test of the value at an expression, and the expression for the legacy one."""
        if not self.copies:
            convert = script.name("convert", partial(_converted, self, field, drop))
            return f"(value := {convert}({found})) is not None", "value"
        if field.of is not None:
            kind, call = self.inner(script, field, source)
            return f"type(value := {found}) is {kind}", f"{script.nested(field, field.of)}.{call}"
        if field.type == "time":
            test = is_time(found)
        elif field.type in PLAIN:
            test = f"type(value := {found}) is {PLAIN[field.type].__name__}"
        else:
            test = f"{script.name('fits', FITS[field.type])}(value := {found})"
        return wanted(script, field, drop, test), "led_back(value, context)" if field.type == "links" else "value"

    def column(self, columns: Columns, field: Field, drop: Drop, source: str) -> Part:
        """Return the field's text in all items of a list, which have something at a source.

        Raises Unusual if it can't be written a column at a time.
        """
        kept = [word for word in field.words if not is_dropped(drop, word)]
        match field.type if self.copies else "":
            case "string" if field.words and all(map(is_plain, kept)):
                said = columns.column(source, f"{columns.name('words', frozenset(kept))}.issuperset({{}})")
            case "string" | "time" if not field.words and not drop:
                said = columns.column(source, "are_plain" if field.type == "string" else "are_times")
            case "integer" if not any(isinstance(value, list | dict) for value in drop):
                dropped = columns.name("dropped", frozenset(drop))
                said = columns.column(source, f"are_of(int, {{0}}) and {dropped}.isdisjoint({{0}})")
                return "''", columns.made(f"[*map(str, {said})]"), "''"
            case "boolean" if not drop:
                said = columns.column(source, "are_of(bool, {})")
                return "''", columns.made(f"['true' if value else 'false' for value in {said}]"), "''"
            case _:
                raise Unusual
        columns.places[field.name] = said
        return "'\"'", said, "'\"'"

    def why_not(self, field: Field, said: Json) -> str:
        """Say why a value, which is not null, can't be used."""
        return f"can't be made {field.type}" if self.makes else unfit(field, said)


AS_IS = Way()


def wanted(script: Script, field: Field, drop: Drop, test: str) -> str:
    """Return a test that also leaves out what stands for not known, and words that are not the field's."""
    if drop:
        test += f" and not {script.name('is_dropped', partial(is_dropped, drop))}(value)"
    return f"{test} and value in {script.name('words', frozenset(field.words))}" if field.words else test


def _converted(way: Way, field: Field, drop: Drop, said: Json) -> Json:
    """Return what a way makes of a value that is known, None if the field may not have it."""
    value = None if is_dropped(drop, said) else way.made(field, said)
    fits = value is not None and FITS[field.type](value) and (not field.words or value in field.words)
    return value if fits else None


@attrs.frozen
class Whole(Way):
    """A float with no fraction becomes an integer."""

    key = "whole"
    belongs = "integer"

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        test = f"(type(value := {found}) is int or type(value) is float and value.is_integer())"
        return wanted(script, field, drop, test), "int(value)"


@attrs.frozen
class Group(Way):
    """One object for all items of a list with the same value in the first present one of ``members``."""

    key = "group"
    belongs = "objects"
    members: tuple[str, ...] = read_as(lambda table, key: members_in(table, key, table.texts(key)), "group")

    def how(self) -> str:
        return f"one for each {' or '.join(self.members)}"

    def inner(self, script: Script, field: Field, source: str) -> tuple[str, str]:
        return "list", f"grouped(value, {source!r}, {script.name('members', tuple(map(parse_source, self.members)))})"


@attrs.frozen
class Keyed(Way):
    """A list becomes an object, with each item under the text that it has in a member."""

    key = "keyed"
    belongs = "object"
    of_lists = True
    says = "by {0.member}"
    member: str = read_as(lambda table, key: members_in(table, key, (table.text(key),))[0], "keyed")

    def inner(self, script: Script, field: Field, source: str) -> tuple[str, str]:
        return "list", f"keyed(value, {source!r}, {script.name('member', parse_source(self.member))})"
