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


PreparedLink = tuple[str, list[tuple[str, str]], str]
"""The start of a link's href, the members of the answer that it names with what follows each, and its relation."""


@attrs.frozen
class TranslationContext:
    """What rules may look at besides the object.

    ``raw`` are the path's parameters as they stand in it, ``parameters`` their decoded text; ``now`` is in
    seconds since the epoch; ``api`` is the API's name; ``links_base`` is the origin and base path that links
    begin with; ``links`` keeps what the links of all items have in common.
    """

    raw: Mapping[str, str]
    parameters: Mapping[str, str]
    now: float
    api: str
    links_base: str
    links: dict[int, list[PreparedLink]] = attrs.field(factory=dict, repr=False)


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
    """A field ready for use: its name, where in the document it goes, and its cases, of which the first counts.

    ``always`` is the case of a field that has but one.
    """

    name: str
    parts: tuple[str, ...]
    cases: tuple[Case, ...]
    always: Case | None = attrs.field(init=False)
    is_nested: bool = attrs.field(init=False)

    @always.default
    def _always(self) -> Case | None:
        return self.cases[0] if len(self.cases) == 1 else None

    @is_nested.default
    def _is_nested(self) -> bool:
        return len(self.parts) > 1


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

    def left_out(self, name: str, why: Result, rule: Rule) -> None:
        """Note a field that an object got no value for."""
        if isinstance(why, InvalidValue):
            self.invalid.append((name, why))
        elif why is not NoValue.ABSENT:
            self.missing[name] = (self.missing.get(name, (0,))[0] + 1, rule)


_UNUSUAL = frozenset({NoValue, InvalidValue, SecondChoice})


def apply(
    fields: Sequence[CompiledField], source: JsonObject, context: TranslationContext, report: TranslationReport
) -> JsonObject:
    """Return the object that the fields make of one of the other side."""
    made: JsonObject = {}
    for field in fields:
        case = field.always or _case(field, source, report)
        result = case.value_of(source, context, made)
        if type(result) in _UNUSUAL:  # a look at one type costs a third of isinstance with three
            if not isinstance(result, SecondChoice):
                report.left_out(field.name, result, case.rule)
                if result is NoValue.BARE:
                    _parent(made, field.parts)
                continue
            report.passed_over.append(result.invalid)
            result = result.value
        holder = _parent(made, field.parts) if field.is_nested else made
        holder[field.parts[-1]] = result  # type: ignore[assignment]  # what else it could be was looked at
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
