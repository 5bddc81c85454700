"""The parts of a generated function, which translates an object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from shim.documents.sources import Step, parse_source
from shim.documents.vocabulary import Json

Branch = tuple[str, str]
"""A test, and the expression for the value that a field gets if it is the first that holds."""
Begin = Callable[..., Callable[..., dict[str, Json]]]
"""Takes the inputs of one call, and returns the function that makes a legacy object from an upstream one."""


@attrs.define
class Script:
    """The parts of one generated function."""

    parameters: Sequence[str]
    """Those of the legacy path, which links may name beside members of the answer."""
    api: str
    """The API whose relations links have."""
    tier: str
    inner: Callable[[str, Any], tuple[Begin, bool]]
    """Makes the translator of a field's resource; returns its ``begin``, and whether it accepts other values."""
    names: dict[str, Any] = attrs.field(factory=dict)
    """The values that the text names."""
    once: dict[str, str] = attrs.field(factory=dict)
    """The names of values that are constant in a call, by their expression."""
    holders: dict[str, str] = attrs.field(factory=dict)
    """The names of upstream's objects that lines read from, by their dotted names there."""
    inside: dict[str, str] = attrs.field(factory=dict)
    """The names of the translators of objects in fields, by field."""
    lines: list[str] = attrs.field(factory=list)
    """The lines that run for each object."""

    def name(self, stem: str, value: object) -> str:
        """Return a name of ours for a value."""
        name = f"{stem}_{len(self.names)}"
        self.names[name] = value
        return name

    def once_a_call(self, stem: str, expression: str) -> str:
        """Return the name of an expression's value, which is constant in a call."""
        return self.once.setdefault(expression, f"{stem}_{len(self.once)}")

    def holder(self, outer: str) -> str:
        """Return the name of upstream's object at a dotted name, which is NOTHING if there is no object."""
        if not outer:
            return "source"
        if outer not in self.holders:
            found = self.member(outer)
            self.holders[outer] = f"holder_{len(self.holders)}"
            self.lines.append(
                f"{self.holders[outer]} = found if type(found := {found}) is dict else NOTHING"
            )
        return self.holders[outer]

    def member(self, source: str, *, noted: bool = False) -> str:
        """Return the expression for the value at a source, None if there is no source.

        With ``noted`` the report lists the items that lack the value of ``[each]`` in
        them.
        """
        if noted and f"[{Step.EACH}]" in source:
            return f"report.each(source, {self.name('path', parse_source(source))}, {source!r})"
        if "[" in source:
            return f"taken(source, {self.name('path', parse_source(source))})"
        outer, _, last = source.rpartition(".")
        return f"{self.holder(outer)}.get({last!r})"

    def nested(self, field: str, resource: Any) -> str:
        """Return the name of the translator of the objects in a field, in one call."""
        if field not in self.inside:
            inner, wraps = self.inner(field, resource)
            begin = self.name("begin", inner)
            part = f"report.part({field!r})"
            made = f"Nested({begin}(context, {part}), {part}, report.dropped, {wraps}, context.budget)"
            self.inside[field] = self.once_a_call("nested", made)
        return self.inside[field]


def put(field: str, value: str) -> str:
    """Return the line that puts a value in a field's place, and makes the objects that it stands in."""
    *outer, last = field.split(".")
    steps = [f".setdefault({part!r}, {{}})" for part in outer]
    return f"made{''.join(steps)}[{last!r}] = {value}"


def chosen(
    field: str, branches: Sequence[Branch], which: str, sources: int = 1
) -> list[str]:
    """Return the lines that put the value of the first test that holds in a field's place.

    Each of the ``sources`` has as many tests. Where a later source is used, what the
    earlier ones had is reported.
    """
    lines = list[str]()
    each = max(1, len(branches) // sources)
    for number, (test, value) in enumerate(branches):
        word = "elif" if number else "if"
        lines += [f"{word} {test}:", f"    {put(field, value)}"]
        if 0 < number // each < sources:
            lines.append(f"    report.pass_over({which}, {number // each}, source)")
    return [*lines, "else:", f"    report.leave_out({which}, source, made)"]
