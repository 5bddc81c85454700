"""Collect the parts of a generated function that translates an object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from shim.documents.sources import Step, parse_source
from shim.documents.vocabulary import Json

Branch = tuple[str, str]
"""A test, and the expression for the field's value if this test is the first to hold."""
Begin = Callable[..., Callable[..., dict[str, Json]]]
"""Takes the inputs of one call, and returns the function that builds a legacy object from an upstream one."""


@attrs.define
class Script:
    """The parts of one generated function."""

    parameters: Sequence[str]
    """The legacy path's parameters, which links may use in addition to members of the answer."""
    api: str
    """The API whose relations are used for links."""
    tier: str
    inner: Callable[[str, Any], tuple[Begin, bool]]
    """Makes the translator of a field's resource.

    Returns its ``begin``, and whether it accepts bare values.
    """
    names: dict[str, Any] = attrs.field(factory=dict)
    """The values of the names in the text."""
    once: dict[str, str] = attrs.field(factory=dict)
    """The variables of values that are constant in a call, by their expression."""
    holders: dict[str, str] = attrs.field(factory=dict)
    """The variables of upstream objects that lines read, by the objects' dotted names."""
    inside: dict[str, str] = attrs.field(factory=dict)
    """The variables of the translators of nested objects, by field."""
    lines: list[str] = attrs.field(factory=list)
    """The lines that run for each object."""

    def name(self, stem: str, value: object) -> str:
        """Return a generated name for a value."""
        name = f"{stem}_{len(self.names)}"
        self.names[name] = value
        return name

    def once_a_call(self, stem: str, expression: str) -> str:
        """Return the variable of an expression that is constant in a call."""
        return self.once.setdefault(expression, f"{stem}_{len(self.once)}")

    def holder(self, outer: str) -> str:
        """Return the variable of upstream's object at a dotted name.

        It is NOTHING if there is no object.
        """
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
        """Return the expression for the value at a source, None without a source.

        With ``noted`` the report lists the items that lack the value of ``[each]``.
        """
        if noted and f"[{Step.EACH}]" in source:
            return f"report.each(source, {self.name('path', parse_source(source))}, {source!r})"
        if "[" in source:
            return f"taken(source, {self.name('path', parse_source(source))})"
        outer, _, last = source.rpartition(".")
        return f"{self.holder(outer)}.get({last!r})"

    def nested(self, field: str, resource: Any) -> str:
        """Return the variable of the translator for a field's objects, in one call."""
        if field not in self.inside:
            inner, wraps = self.inner(field, resource)
            begin = self.name("begin", inner)
            part = f"report.part({field!r})"
            made = f"Nested({begin}(context, {part}), {part}, report.dropped, {wraps}, context.budget)"
            self.inside[field] = self.once_a_call("nested", made)
        return self.inside[field]


def put(field: str, value: str) -> str:
    """Return the line that sets a field, and creates the objects that enclose it."""
    *outer, last = field.split(".")
    steps = [f".setdefault({part!r}, {{}})" for part in outer]
    return f"made{''.join(steps)}[{last!r}] = {value}"


def chosen(
    field: str, branches: Sequence[Branch], which: str, sources: int = 1
) -> list[str]:
    """Return the lines that set a field to the value of the first test that holds.

    Each of the ``sources`` has the same number of tests. Where a later source is used,
    the defects of earlier ones are reported.
    """
    lines = list[str]()
    each = max(1, len(branches) // sources)
    for number, (test, value) in enumerate(branches):
        word = "elif" if number else "if"
        lines += [f"{word} {test}:", f"    {put(field, value)}"]
        if 0 < number // each < sources:
            lines.append(f"    report.pass_over({which}, {number // each}, source)")
    return [*lines, "else:", f"    report.leave_out({which}, source, made)"]
