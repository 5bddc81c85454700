"""How a legacy field is computed from a successor's answer, as an expression of Python or of jq.

The rules are those of the mapping documents, so that printed code gives the values that the shim gives.
``python_terms`` and ``jq_terms`` have the two languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

from shim.cli.samples.names import variable
from shim.core.conversions import needs_converter
from shim.core.nested import Claims, claims_of
from shim.documents.model import Field, Resource, Rule, When
from shim.documents.sources import Step, parse_source
from shim.documents.vocabulary import Cast, Verb


class Dialect(Protocol):
    """What an expression is written in; all methods take and return expressions but where they say otherwise."""

    @property
    def none(self) -> str:
        """Return what stands for no value."""
        ...

    @property
    def count(self) -> str:
        """Return how many items became one."""
        ...

    def get(self, source: str) -> str:
        """Return what stands at this source in ``item``, none where it is not given."""
        ...

    def parameter(self, name: str) -> str:
        """Return a parameter of the path."""
        ...

    def literal(self, value: Any) -> str:
        """Write a JSON value."""
        ...

    def either(self, values: Sequence[str], *, worded: bool) -> str:
        """Return the first that is given; ``worded`` ones are neither false nor zero."""
        ...

    def looked_up(self, value: str, table: Mapping[Any, Any], *, spelled: bool = False) -> str:
        """Return what a table has for a value, or ``spelled`` as a text, none where it has nothing."""
        ...

    def typed(self, value: str, kind: str) -> str:
        """Return a value as the language's own type."""
        ...

    def cast(self, value: str, kind: str) -> str:
        """Return the text that says a value, or the value of this kind that a text says."""
        ...

    def times(self, value: str, factor: Fraction) -> str:
        """Return a number in other units."""
        ...

    def joined(self, value: str, by: str) -> str:
        """Return one text of a list of them."""
        ...

    def split(self, value: str, by: str) -> str:
        """Return a list of the parts of a text."""
        ...

    def objects(self, value: str, field: Field, rule: Rule) -> str:
        """Return what is made of the objects in a value by the function of their resource."""
        ...

    def length(self, value: str) -> str:
        """Return how many items a list has."""
        ...

    def listed(self, value: str) -> str:
        """Return a list of the value, empty where it is not given."""
        ...

    def only(self, value: str) -> str:
        """Return the only item of a list, none where it has several or none."""
        ...

    def passed(self, value: str) -> str:
        """Tell whether an instant is over, none where it is not given."""
        ...

    def but(self, value: str, dropped: Sequence[Any]) -> str:
        """Return a value, none where it is one of those."""
        ...

    def known(self, value: str, words: Sequence[str]) -> str:
        """Return a value, none where it is not one of those."""
        ...

    def given(self, value: str, *, given: bool) -> str:
        """Return a condition: a value is given, or not."""
        ...

    def among(self, value: str, words: Sequence[Any], *, negated: bool) -> str:
        """Return a condition: a value is one of those, or none of them."""
        ...

    def chosen(self, cases: Sequence[tuple[str, str]], rest: str) -> str:
        """Return the value of the first case (condition, value) that holds, else the rest."""
        ...


def expression(field: Field, tier: str, dialect: Dialect) -> str | None:
    """Return a field's value on a tier as an expression; None when it has none or is made for the shim's links."""
    rules = field.rules[tier]
    if all(rule.verb in {Verb.LINK, Verb.ABSENT} for rule in rules):
        return None
    cases = [(_condition(rule.when, dialect), _value(field, rule, dialect)) for rule in rules if rule.when is not None]
    rest = next((_value(field, rule, dialect) for rule in rules if rule.when is None), dialect.none)
    while cases and cases[-1][1] == rest:
        cases.pop()
    return dialect.chosen(cases, rest) if cases else rest


def _condition(when: When, dialect: Dialect) -> str:
    value = dialect.get(when.source)
    if when.given is not None:
        return dialect.given(value, given=when.given)
    return dialect.among(value, sorted(when.words, key=str), negated=when.negated)


def _value(field: Field, rule: Rule, dialect: Dialect) -> str:
    match rule.verb:
        case Verb.PARAMETER:
            return dialect.parameter(rule.parameter)
        case Verb.CONSTANT:
            return dialect.literal(rule.constant)
        case Verb.LINK | Verb.ABSENT:
            return dialect.none
        case Verb.COUNT if not rule.sources:
            return dialect.count
    first = dialect.get(rule.sources[0])
    match rule.verb:
        case Verb.COUNT:
            return dialect.length(first)
        case Verb.LIST:
            return dialect.listed(first)
        case Verb.ONLY:
            return dialect.only(first)
        case Verb.PASSED:
            return dialect.passed(first)
        case Verb.EQUALS:
            return dialect.looked_up(first, {**dict.fromkeys(rule.others, False), **dict.fromkeys(rule.words, True)})
    return _from(field, rule, dialect)


def _from(field: Field, rule: Rule, dialect: Dialect) -> str:
    values = [dialect.get(source) for source in rule.sources]
    if rule.drop:
        values = [dialect.but(value, rule.drop) for value in values]
    worded = not rule.drop and (field.type in {"string", "time"} and not rule.cast and not needs_converter(rule))
    value = dialect.either(values, worded=worded)
    if field.of is not None:
        return dialect.objects(value, field, rule)
    if rule.values:
        return dialect.looked_up(value, rule.values, spelled=needs_converter(rule))
    if rule.cast:
        value = _cast(field, rule, value, dialect)
    if field.words:
        return dialect.known(value, field.words)
    return value if rule.cast else dialect.typed(value, "whole" if rule.whole else field.type)


def _cast(field: Field, rule: Rule, value: str, dialect: Dialect) -> str:
    match rule.by:
        case Fraction():
            value = dialect.times(value, rule.by)
            return dialect.typed(value, "whole") if field.type == "integer" else value
        case by if rule.cast is Cast.JOIN:
            return dialect.joined(value, by)
        case by if rule.cast is Cast.SPLIT:
            return dialect.split(value, by)
        case _:
            return dialect.cast(value, field.type)


def counting(resource: Resource, tier: str) -> frozenset[str]:
    """Return the names of the resources in one whose functions are told how many items became one."""
    fields = [field for field in resource.walk() if field.of is not None]
    return frozenset(field.of.name for field in fields if field.of and any(rule.group for rule in field.rules[tier]))


def inner_resources(resource: Resource, tier: str) -> tuple[Resource, ...]:
    """Return the resources that objects inside one are, the innermost first, each once."""
    found: dict[str, Resource] = {}
    for field in resource.fields:
        if field.of is not None and any(rule.verb is not Verb.ABSENT for rule in field.rules[tier]):
            found |= {one.name: one for one in inner_resources(field.of, tier)}
            found.setdefault(field.of.name, field.of)
    return tuple(found.values())


def function_of(resource: Resource) -> str:
    """Return the name of the function that makes an object of a resource what it was."""
    name = re.sub(r"\W", "_", variable(resource.name), flags=re.ASCII).strip("_")
    return f"{'of_' if name[:1].isdigit() else ''}{name}_before"


def taken(resource: Resource, tier: str) -> list[str]:
    """Return the dotted names of the members that do not pass as they are."""
    names = [field.name.split(".") for field in resource.fields] + [name.split(".") for name in resource.without]
    sources = [source for field in resource.fields for rule in field.rules[tier] for source in rule.sources]
    paths = [path for path in map(parse_source, sources) if not any(isinstance(part, Step) for part in path)]
    return list(_names(claims_of([*names, *paths])))


def _names(claims: Claims, outer: str = "") -> Iterator[str]:
    for name in sorted(claims.all):
        if name in claims.whole:
            yield f"{outer}{name}"
        else:
            yield from _names(claims.parts[name], f"{outer}{name}.")


def tree_of(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return dotted names with their expressions as nested dicts."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        *outer, last = name.split(".")
        here = tree
        for part in outer:
            here = here.setdefault(part, {})
        here[last] = value
    return tree


def values_of(resource: Resource, tier: str, dialect: Dialect) -> list[tuple[str, str]]:
    """Return the fields that have a value with their expressions."""
    return [(field.name, value) for field in resource.fields if (value := expression(field, tier, dialect))]


def filled(parts: Sequence[str], width: int) -> list[str]:
    """Return lines of parts with commas between them."""
    lines: list[str] = []
    for number, part in enumerate(parts):
        said = part if number == len(parts) - 1 else f"{part},"
        if lines and len(lines[-1]) + 1 + len(said) <= width:
            lines[-1] += f" {said}"
        else:
            lines.append(said)
    return lines
