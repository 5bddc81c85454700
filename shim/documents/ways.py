"""The verb ``from``, and its conversions, one class each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import attrs

from shim.documents.fields import Field, Use, Verb, unfit
from shim.documents.read import source, that
from shim.documents.script import Branch, Script
from shim.documents.sources import parse_source
from shim.documents.tables import Rows, key_path
from shim.documents.vocabulary import FITS, PLAIN, Json, is_json


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and value != {}


def _is_list(value: object) -> bool:
    return isinstance(value, list) and value != []


def _is_count(value: object) -> bool:
    return type(value) is int and value > 0


def is_dropped(drop: Sequence[Any], said: Json) -> bool:
    """Return whether a value means "not known".

    In Python False equals 0, but here they differ.
    """
    is_bool = type(said) is bool
    same_kind = [value for value in drop if (type(value) is bool) == is_bool]
    return said in same_kind


def check_value(field: Field, at: str, value: Json) -> Rows:
    """Yield the reasons why a field can't have a value."""
    fits = FITS[field.type](value) and is_json(value)
    other = fits and field.words and value not in field.words
    yield at, not fits, f"{value!r} is not of the field's type, {field.type}"
    words = ", ".join(field.words)
    yield at, other, f"{value!r} is not one of the field's words: {words}"


@attrs.frozen(kw_only=True)
class From(Verb):
    """Upstream's value at the first source that is present.

    Values in ``drop`` are left out. The subclasses convert the value: each has a key of
    the rule, and a rule has at most one.
    """

    key = "from"
    hands_on = True
    mark: ClassVar[str] = ", "
    """The words between the source and its conversion."""

    sources: tuple[str, ...] = source("from", several=True)
    drop: Sequence[Any] = that(
        _is_list, "must be a list of values that mean 'not known'", ()
    )
    """Values that mean "not known"."""

    def how(self, name: str) -> str:
        if self.sources == (name,):
            shown = ""
        else:
            shown = f"from {', else '.join(self.sources)}"
        return self.mark.join(filter(None, (shown, self.becomes())))

    def becomes(self) -> str:
        """Return the conversion of a value in words; empty if it stays the same."""
        return self.says.format(self)

    def misused(self, field: Field, use: Use) -> Rows:
        described = field.of is not None or field.type == "links"
        what = "values, parts and drop can't be combined with type links or with of"
        yield "", described and (self.drop or self.changes), what

    def inner(self, script: Script, field: Field, source: str) -> tuple[str, str]:
        """Return the type of the container of objects, and the call that translates them."""
        if field.type == "objects":
            return ("list", f"each(value, {source!r})")
        return ("dict", f"one(value, {source!r})")

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        if field.of is not None:
            kind, call = self.inner(script, field, source)
            nested = script.nested(field.name, field.of)
            return f"type(value := {found}) is {kind}", f"{nested}.{call}"
        if field.type == "time":
            is_no_time = script.once_a_call("is_no_time", "report.is_no_time")
            test = f"type(value := {found}) is str and not {is_no_time}(value)"
        elif field.type == "integer":  # in JSON, 5.0 is one, too
            test = f"(type(value := {found}) is int or type(value) is float and value.is_integer())"
        elif field.type in PLAIN:
            test = f"type(value := {found}) is {PLAIN[field.type].__name__}"
        else:
            test = f"{script.name('fits', FITS[field.type])}(value := {found})"
        made = {"links": "led_back(value, context)", "integer": "int(value)"}
        return self.wanted(script, field, test), made.get(field.type, "value")

    def wanted(self, script: Script, field: Field, test: str) -> str:
        """Return a test that also leaves out values for "not known", and words that the field doesn't allow."""
        if self.drop:
            test += f" and not {script.name('is_dropped', partial(is_dropped, self.drop))}(value)"
        if field.words:
            return f"{test} and value in {script.name('words', frozenset(field.words))}"
        return test

    def why_not(self, field: Field, said: Json) -> str:
        if said is not None and is_dropped(self.drop, said):
            return "it means not known"
        made = said is not None and self.changes
        if made:
            return self.unlike or f"can't be made {field.type}"
        return unfit(field, said)


@attrs.frozen(kw_only=True)
class Group(From):
    """One object for all items of a list that share the value of the first present member in ``members``."""

    key = "group"
    makes = ("objects",)
    nests = True
    members: tuple[str, ...] = source("group", several=True, of_item=True)

    def becomes(self) -> str:
        return f"one for each {' or '.join(self.members)}"

    def inner(self, script: Script, field: Field, source: str) -> tuple[str, str]:
        paths = tuple(map(parse_source, self.members))
        members = script.name("members", paths)
        return "list", f"grouped(value, {source!r}, {members})"


@attrs.frozen(kw_only=True)
class Keyed(From):
    """A list becomes an object, with each item under the text of one of its members."""

    key = "keyed"
    makes = ("object",)
    nests = True
    of_lists = True
    says = "by {0.members[0]}"
    members: tuple[str, ...] = source("keyed", of_item=True)

    def inner(self, script: Script, field: Field, source: str) -> tuple[str, str]:
        member = script.name("member", parse_source(self.members[0]))
        return "list", f"keyed(value, {source!r}, {member})"


@attrs.frozen(kw_only=True)
class Values(From):
    """Words become other words, or true and false."""

    key = "values"
    makes = ("string", "boolean")
    changes = True
    mark = ": "
    unlike = "an unknown word"
    values: Mapping[str, Any] = that(_is_table, "must be a table of words", {})

    def becomes(self) -> str:
        turned: dict[str, list[str]] = {}
        for said, means in self.values.items():
            text = means if type(means) is str else json.dumps(means)
            turned.setdefault(text, []).append(said)
        parts = [f"{' or '.join(said)} is {means}" for means, said in turned.items()]
        return "; ".join(parts)

    def misused(self, field: Field, use: Use) -> Rows:
        for word, value in self.values.items():
            yield from check_value(field, key_path(".values", word), value)

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        known = {}
        for word, means in self.values.items():
            if not is_dropped(self.drop, word):
                known[word] = means
        means = script.name("means", known)
        is_text = f"type(value := {found}) is str"
        has_meaning = f"(value := {means}.get(value)) is not None"
        return f"{is_text} and {has_meaning}", "value"


@attrs.frozen(kw_only=True)
class Parts(From):
    """The first parts of a dotted text, such as a version."""

    key = "parts"
    makes = ("string",)
    changes = True
    says = "its first {0.count} parts between dots"
    count: int = that(
        _is_count, "must be how many parts, 1 or more, not {!r}", 1, "parts"
    )

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        convert = script.name("convert", partial(self.converted, field))
        return f"(value := {convert}({found})) is not None", "value"

    def converted(self, field: Field, said: Json) -> str | None:
        """Return the first parts of a text, None if it has fewer or means "not known"."""
        if type(said) is str and not is_dropped(self.drop, said):
            parts = said.split(".")[: self.count]
        else:
            parts = []
        value = ".".join(parts)
        is_whole = len(parts) == self.count and all(parts)
        if is_whole and (not field.words or value in field.words):
            return value
        return None
