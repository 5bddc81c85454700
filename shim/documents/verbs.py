"""The verbs of mapping documents, one class each.

A rule's table contains the key of one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from shim.documents.fields import BODY, Field, Use, Verb, unfit
from shim.documents.links import LinkBack
from shim.documents.read import source, true
from shim.documents.script import Branch, Script, chosen, put
from shim.documents.sources import parse_source
from shim.documents.tables import Rows
from shim.documents.vocabulary import Fidelity, Json
from shim.documents.ways import From, Group, Keyed, Parts, Values, check_value


@attrs.frozen(kw_only=True)
class Parameter(Verb):
    """A parameter of the legacy path."""

    key = "parameter"
    makes = ("string",)
    says = "{0.parameter} in the path"
    parameter: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.parameter,)

    def misused(self, field: Field, use: Use) -> Rows:
        for operation, known in use.names():
            unknown = self.parameter and self.parameter not in known
            yield (
                ".parameter",
                unknown,
                f"{self.parameter!r} is not a parameter of the path of {operation}",
            )

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        return [
            put(
                field.name,
                script.once_a_call(
                    "parameter", f"context.parameters[{self.parameter!r}]"
                ),
            )
        ]


@attrs.frozen(kw_only=True)
class Constant(Verb):
    """Always the same value."""

    key = "constant"
    levels = (Fidelity.CONSTANT, Fidelity.DERIVED)
    constant: Any

    def how(self, name: str) -> str:
        return f"always {json.dumps(self.constant)}"

    def misused(self, field: Field, use: Use) -> Rows:
        return check_value(field, ".constant", self.constant)

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        is_plain = type(self.constant) in {str, bool}
        value = repr(self.constant)
        if not is_plain:
            value = script.name("constant", self.constant)
        return [put(field.name, value)]


@attrs.frozen(kw_only=True)
class Count(Verb):
    """The number of items in upstream's list, or of those grouped into one object (``count = true``)."""

    key = "count"
    makes = ("integer",)
    of_lists = True
    unlike = "not a list"
    sources: tuple[str, ...] = source("count", unless=True)

    def how(self, name: str) -> str:
        if self.sources:
            return f"how many items {self.sources[0]} has"
        return "how many became one"

    def misused(self, field: Field, use: Use) -> Rows:
        alone = not self.sources and use.tier not in use.grouped
        yield (
            "",
            alone,
            "has no effect: no field with this resource uses group",
        )

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        if self.sources:
            return super().lines(script, field, which)
        return [put(field.name, "count")]

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        return f"type(value := {found}) is list", "len(value)"


@attrs.frozen(kw_only=True)
class List(Verb):
    """Upstream's value in a list, which is empty if upstream sent no value."""

    key = "list"
    makes = ("strings", "objects")
    says = "a list of {0.sources[0]}, empty without it"
    sources: tuple[str, ...] = source("list")

    def branches(self, script: Script, field: Field) -> list[Branch]:
        (name,) = self.sources
        kind = "str" if field.type == "strings" else "dict"
        wrapped = (f"type(value := {script.member(name)}) is {kind}", "[value]")
        empty = (
            f"look_up(source, {script.name('path', parse_source(name))}) is MISSING",
            "[]",
        )
        # In a request body, an empty list would be a change that the caller did not
        # request.
        if BODY in field.rules:
            return [wrapped]
        return [wrapped, empty]

    def why_not(self, field: Field, said: Json) -> str:
        if said is None:
            return unfit(field, said)
        return f"not an item of {field.type}"


@attrs.frozen(kw_only=True)
class Passed(Verb):
    """Whether a time has passed."""

    key = "passed"
    makes = ("boolean",)
    timeless = False
    says = "whether {0.sources[0]} is over"
    unlike = "not of type time"
    sources: tuple[str, ...] = source("passed")

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        now = script.once_a_call("now", "context.clock()")
        return (
            f"(value := parse_time({found})) is not None",
            f"value.timestamp() < {now}",
        )


@attrs.frozen(kw_only=True)
class Itself(Verb):
    """An object built from the members next to the field.

    With ``keyed`` it is stored under the text there, in a list as its only item.
    """

    key = "itself"
    makes = ("object", "objects")
    hands_on = True
    nests = True
    unlike = "it has no name"
    itself: bool = true()
    sources: tuple[str, ...] = source("keyed", unless=None)

    def how(self, name: str) -> str:
        return f"built from sibling members{f', by {self.sources[0]}' if self.sources else ''}"

    def misused(self, field: Field, use: Use) -> Rows:
        yield (
            ".keyed",
            self.sources and field.type != "object",
            "applies only to fields of type object",
        )

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        assert field.of is not None, "checked"
        one = f"{script.nested(field.name, field.of)}.one(source, '')"
        if self.sources:
            member = script.member(self.sources[0])
            is_text = f"type(value := {member}) is str"
            return chosen(field.name, [(is_text, f"{{value: {one}}}")], which)
        return [put(field.name, f"[{one}]" if field.type == "objects" else one)]


@attrs.frozen(kw_only=True)
class Unwind(Verb):
    """An object for each item of some lists, built from the members next to the field.

    Each object contains the item at its list's place. In an answer, other lists and
    objects around the item are left out. With ``times`` the object is repeated by that
    number in it. With ``keyed`` the items are in an object by name, and each gets its
    name as that member.
    """

    key = "unwind"
    makes = ("objects",)
    hands_on = True
    nests = True
    unlike = "not a list"
    sources: tuple[str, ...] = source("unwind", several=True)
    times: tuple[str, ...] = source("times", unless=None)
    keyed: str = ""

    @property
    def claims(self) -> tuple[str, ...]:
        # values around a list are read, too
        return tuple(said.partition(".")[0] for said in self.sources)

    def how(self, name: str) -> str:
        each = f"one for each of {' and '.join(self.sources)}"
        return f"{each}, {self.times[0]} times" if self.times else each

    def misused(self, field: Field, use: Use) -> Rows:
        for said in (*self.sources, *self.times):
            yield (
                "",
                "[" in said,
                f"{said!r} must be names only; all items of a list are used",
            )
        for said in self.times:
            yield (
                ".times",
                said.partition(".")[0] not in self.claims,
                f"{said!r} is not inside one of the lists",
            )

    def branches(self, script: Script, field: Field) -> list[Branch]:
        assert field.of is not None, "checked"
        lists = script.name("lists", tuple(map(parse_source, self.sources)))
        if self.times:
            times = script.name("times", parse_source(self.times[0]))
        else:
            times = "None"
        nested = script.nested(field.name, field.of)
        found = f"{nested}.unwound(source, {lists}, {times}, {self.keyed!r})"
        return [(f"(value := {found}) is not None", "value")]


@attrs.frozen(kw_only=True)
class Absent(Verb):
    """No value: it can't be known, so it is left out."""

    key = "absent"
    hands_on = True
    levels = (Fidelity.ABSENT,)
    absent: bool = true()

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        return ["pass"]


_ALL: tuple[type[Verb], ...] = (
    From,
    Parameter,
    Constant,
    Count,
    List,
    Passed,
    LinkBack,
    Itself,
    Unwind,
    Absent,
)
VERBS: Mapping[str, type[Verb]] = {verb.key: verb for verb in _ALL}
"""All verbs by key, in the order of the documentation."""
WAYS: tuple[type[From], ...] = (Values, Group, Keyed, Parts)
"""The conversions of ``from``, by another key of its rule."""
