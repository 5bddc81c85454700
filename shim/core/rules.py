"""Compiled fields, applied: from one object of the other side to one of the legacy interface.

Every value that leaves here is upstream's own, a path parameter, a declared constant or word, or
the statement that a declared time has passed. What can't be translated is left out and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Literal, TypeAlias

import attrs

from shim.documents.model import Rule
from shim.documents.value_types import Json, JsonObject


class NoValue(Enum):
    """Why a rule gives no value; told apart from null."""

    ABSENT = "absent"
    """The rule says that there is none."""
    MISSING = "missing"
    """Upstream did not send what the value comes from."""
    BARE = "bare"
    """Likewise, but it sent the object that would hold it."""


@attrs.frozen
class InvalidValue:
    """A value that upstream sent and that cannot be used: where it stood, what it was, and why not."""

    source: str
    said: Json
    why: str


@attrs.frozen
class SecondChoice:
    """The value of a later source, since an earlier one was invalid."""

    value: Json
    invalid: InvalidValue


@attrs.frozen
class TranslationContext:
    """What rules may look at besides the object.

    ``raw`` are the path's parameters as they stand in it, ``parameters`` their decoded text; ``now`` is in
    seconds since the epoch; ``api`` is the API's name; ``links_base`` is the origin and base path that links
    begin with.
    """

    raw: Mapping[str, str]
    parameters: Mapping[str, str]
    now: float
    api: str
    links_base: str


Result: TypeAlias = "Json | NoValue | InvalidValue | SecondChoice"
ValueOf = Callable[[JsonObject, TranslationContext, JsonObject], Result]
"""Object, context and the members made so far -> what a rule makes of them."""


@attrs.frozen
class Case:
    """One rule ready for use; ``holds`` is its condition, None for all other cases."""

    holds: Callable[[JsonObject], bool] | None
    value_of: ValueOf
    rule: Rule


@attrs.frozen
class CompiledField:
    """A field ready for use: its name, where in the document it goes, and its cases, of which the first counts."""

    name: str
    parts: tuple[str, ...]
    cases: tuple[Case, ...]


@attrs.define
class TranslationReport:
    """What is to be reported of the objects that fields were applied to.

    ``invalid`` are fields with the value that could not be used; ``passed_over`` are invalid values that a
    later source made up for; ``rules`` is the worst rule by field that an object got, where a field has
    several; ``missing`` counts by field the objects that lacked the rule's source.
    """

    invalid: list[tuple[str, InvalidValue]] = attrs.field(factory=list)
    passed_over: list[InvalidValue] = attrs.field(factory=list)
    rules: dict[str, Rule] = attrs.field(factory=dict)
    missing: dict[str, tuple[int, Rule]] = attrs.field(factory=dict)


def apply(
    fields: Sequence[CompiledField], source: JsonObject, context: TranslationContext, report: TranslationReport
) -> JsonObject:
    """Return the object that the fields make of one of the other side."""
    made: JsonObject = {}
    for field in fields:
        cases = field.cases
        case = cases[0] if len(cases) == 1 else _case(field, source, report)
        result = case.value_of(source, context, made)
        if isinstance(result, NoValue):
            if result is not NoValue.ABSENT:
                report.missing[field.name] = (report.missing.get(field.name, (0,))[0] + 1, case.rule)
            if result is NoValue.BARE:
                _parent(made, field.parts)
            continue
        if isinstance(result, InvalidValue):
            report.invalid.append((field.name, result))
            continue
        if isinstance(result, SecondChoice):
            report.passed_over.append(result.invalid)
            result = result.value
        if len(field.parts) == 1:
            made[field.name] = result
        else:
            _parent(made, field.parts)[field.parts[-1]] = result
    return made


def _case(field: CompiledField, source: JsonObject, report: TranslationReport) -> Case:
    """Return the first case whose condition holds; the last one's always does."""
    case = next(case for case in field.cases if case.holds is None or case.holds(source))
    known = report.rules.setdefault(field.name, case.rule)
    if case.rule.fidelity.worse_than(known.fidelity):
        report.rules[field.name] = case.rule
    return case


def _parent(made: JsonObject, parts: tuple[str, ...]) -> JsonObject:
    """Return the object that holds a nested member, making it if need be."""
    for part in parts[:-1]:
        inner = made.setdefault(part, {})
        assert isinstance(inner, dict), "no field stands inside another"
        made = inner
    return made


def look_up(source: Json, parts: tuple[str, ...]) -> Json | Literal[NoValue.MISSING]:
    """Return the value at a nested name, MISSING when any part is not there."""
    for part in parts:
        if type(source) is not dict or part not in source:
            return NoValue.MISSING
        source = source[part]
    return source
