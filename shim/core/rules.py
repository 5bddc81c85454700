"""Rules, compiled once into closures: from one object of the other side to one legacy field.

Every value that leaves here is upstream's own, a path parameter, a declared constant or word, or
the statement that a declared time has passed. What can't be translated is left out and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from shim.core.record import Dropped
from shim.documents.model import Fidelity, Field, LinkRule, Rule, Verb, When
from shim.documents.templates import encoded, parameter_name
from shim.documents.value_types import FITS, parse_time


class _Missing:
    """The type of MISSING."""


MISSING = _Missing()
"""A value that is not there, told apart from null."""
BARE = _Missing()
"""A value that is not there, though the object that would hold it is."""


@attrs.frozen
class InvalidValue:
    """A value that is there and cannot be used: where, what was said, and why not."""

    source: str
    said: Any
    why: str


@attrs.frozen
class TranslationContext:
    """What rules may look at besides the object: the path's parameters, the time, and where links lead.

    ``raw`` are the parameters as they stand in the path, ``parameters`` their decoded text;
    ``now`` is in seconds since the epoch; ``links_base`` is the origin and base path of the
    legacy interface named ``api``. ``links`` keeps what all items' links have in common.
    """

    raw: Mapping[str, str]
    parameters: Mapping[str, str]
    now: float
    api: str
    links_base: str
    links: dict[int, Any] = attrs.field(factory=dict)


Source = Mapping[str, Any]
Value = Callable[[Source, TranslationContext, Source], Any]
"""Object, scene and the members made so far -> a value, MISSING, BARE, or InvalidValue."""

Case = tuple[Callable[[Source], bool] | None, Value, Rule]
"""A condition, None for all other cases; the value; and the rule that both come from."""


@attrs.frozen
class Compiled:
    """A field ready for use: where it goes, and its rules.

    ``always`` is the value of a field with one rule; ``cases`` are those of a field with several.
    """

    name: str
    parts: tuple[str, ...]
    always: Value | None
    cases: tuple[Case, ...]


def compile_fields(fields: Sequence[Field], tier: str) -> tuple[Compiled, ...]:
    """Return the fields compiled for one tier; links come last, since they may name other members."""
    compiled = []
    for field in sorted(fields, key=lambda field: field.type == "links"):
        cases = tuple(
            (None if rule.when is None else _condition(rule.when), _value(field, rule), rule)
            for rule in field.rules[tier]
        )
        always = cases[0][1] if len(cases) == 1 else None
        compiled.append(Compiled(field.name, tuple(field.name.split(".")), always, cases))
    return tuple(compiled)


@attrs.define
class TranslationReport:
    """What is to be reported of the objects that fields were applied to: bad values, and rules by field."""

    bad: list[tuple[str, InvalidValue]] = attrs.field(factory=list)
    rules: dict[str, Rule] = attrs.field(factory=dict)


def apply(
    fields: Sequence[Compiled], source: Source, scene: TranslationContext, seen: TranslationReport
) -> dict[str, Any]:
    """Return the object that the fields make of one of the other side."""
    made: dict[str, Any] = {}
    for field in fields:
        value = field.always(source, scene, made) if field.always else _case(field, source, scene, made, seen)
        kind = type(value)
        if kind is _Missing:
            if value is BARE:
                _parent(made, field.parts)
        elif kind is InvalidValue:
            seen.bad.append((field.name, value))
        elif len(field.parts) == 1:
            made[field.name] = value
        else:
            _parent(made, field.parts)[field.parts[-1]] = value
    return made


def _case(field: Compiled, source: Source, scene: TranslationContext, made: Source, seen: TranslationReport) -> Any:
    """Return the value by the first rule whose condition holds; the last one's always does."""
    _, value_of, rule = next(case for case in field.cases if case[0] is None or case[0](source))
    known = seen.rules.setdefault(field.name, rule)
    if worse(rule.fidelity, known.fidelity):
        seen.rules[field.name] = rule
    return value_of(source, scene, made)


def as_dropped(bad: InvalidValue, where: str) -> Dropped:
    """Return the report of a value that was left out."""
    return Dropped(where=f"{where}{bad.source}", said=bad.said, why=bad.why)


def _parent(made: dict[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    """Return the object that holds a nested member, making it if need be."""
    for part in parts[:-1]:
        made = made.setdefault(part, {})
    return made


def look_up(source: Any, parts: tuple[str, ...]) -> Any:
    """Return the value at a nested name, MISSING when any part is not there."""
    for part in parts:
        if type(source) is not dict or part not in source:
            return MISSING
        source = source[part]
    return source


def _condition(when: When) -> Callable[[Source], bool]:
    parts = tuple(when.source.split("."))

    def holds(source: Source) -> bool:
        word = look_up(source, parts)
        if when.given is not None:
            return (word is not MISSING and word is not None) is when.given
        return (type(word) is str and word in when.words) is not when.negated

    return holds


def _value(field: Field, rule: Rule) -> Value:
    match rule.verb:
        case Verb.FROM:
            return _from(field, rule)
        case Verb.LIST:
            return _list(field, rule)
        case Verb.EQUALS:
            return _equals(rule)
        case Verb.PASSED:
            return _passed(rule)
        case Verb.LINK:
            return _link(rule)
        case Verb.PARAMETER:
            return lambda _source, scene, _made: scene.parameters[rule.parameter]
        case Verb.CONSTANT:
            return lambda _source, _scene, _made: rule.constant
        case _:
            return lambda _source, _scene, _made: MISSING


def _from(field: Field, rule: Rule) -> Value:
    convert = _convert(field, rule)
    if len(rule.sources) == 1 and "." not in rule.sources[0] + field.name:
        only = rule.sources[0]

        def flat(source: Source, _scene: TranslationContext, _made: Source) -> Any:
            value = source.get(only, MISSING)
            return value if value is MISSING else convert(only, value)

        return flat
    sources = tuple((name, tuple(name.split("."))) for name in rule.sources)
    # An object that upstream has by that name stays one, even when it is empty (recorded: connectionStrings);
    # one with nulls in it says nothing (recorded: desiredTimestamp).
    parents = (sources[0][1][:-1], tuple(field.name.split("."))[:-1])
    holder = parents[0] if parents[0] == parents[1] else ()

    def value_of(source: Source, _scene: TranslationContext, _made: Source) -> Any:
        held = look_up(source, holder) if holder else None
        first: Any = BARE if type(held) is dict and None not in held.values() else MISSING
        for name, parts in sources:
            value = look_up(source, parts)
            if value is MISSING:
                continue
            value = convert(name, value)
            if type(value) is not InvalidValue:
                return value
            if type(first) is not InvalidValue:
                first = value
        return first

    return value_of


def _convert(field: Field, rule: Rule) -> Callable[[str, Any], Any]:
    """Return (source name, upstream's value) -> the legacy value, or InvalidValue."""
    fits = FITS[field.type]
    words = frozenset(field.words)
    values = rule.values
    # False equals 0 to Python, and means something else to everybody.
    drop = tuple((type(value) is bool, value) for value in rule.drop)

    def convert(name: str, value: Any) -> Any:
        if value is None:
            return InvalidValue(name, value, "null is no value")
        if drop and (type(value) is bool, value) in drop:
            return InvalidValue(name, value, "it stands for not known")
        if values:
            if type(value) is not str or value not in values:
                return InvalidValue(name, value, "an unknown word")
            return values[value]
        if rule.whole and type(value) is float and value.is_integer():
            value = int(value)
        if not fits(value):
            return InvalidValue(name, value, f"not of type {field.type}")
        if words and value not in words:
            return InvalidValue(name, value, "not one of the legacy words")
        return value

    return convert


def _list(field: Field, rule: Rule) -> Value:
    fits = FITS[field.type]
    parts = tuple(rule.sources[0].split("."))
    # In a request body an empty list would be an order that the caller did not give.
    orders = "body" in field.rules

    def value_of(source: Source, _scene: TranslationContext, _made: Source) -> Any:
        value = look_up(source, parts)
        if value is MISSING:
            return MISSING if orders else []
        if value is None:
            return InvalidValue(rule.sources[0], value, "null is no value")
        return [value] if fits([value]) else InvalidValue(rule.sources[0], value, f"not an item of {field.type}")

    return value_of


def _equals(rule: Rule) -> Value:
    parts = tuple(rule.sources[0].split("."))
    words = frozenset(rule.words)

    def value_of(source: Source, _scene: TranslationContext, _made: Source) -> Any:
        value = look_up(source, parts)
        if value is MISSING:
            return MISSING
        return value in words if type(value) is str else InvalidValue(rule.sources[0], value, "not a word")

    return value_of


def _passed(rule: Rule) -> Value:
    parts = tuple(rule.sources[0].split("."))

    def value_of(source: Source, scene: TranslationContext, _made: Source) -> Any:
        value = look_up(source, parts)
        if value is MISSING:
            return MISSING
        when = parse_time(value)
        return (
            InvalidValue(rule.sources[0], value, "not of type time") if when is None else when.timestamp() < scene.now
        )

    return value_of


def _link(rule: Rule) -> Value:
    key = id(rule)

    def value_of(_source: Source, scene: TranslationContext, made: Source) -> Any:
        prepared = scene.links.get(key)
        if prepared is None:
            prepared = scene.links[key] = [_prepared(link, scene) for link in rule.links]
        links = []
        for rel, pieces, names in prepared:
            href = pieces[0]
            for piece, name in zip(pieces[1:], names, strict=True):
                value = made.get(name)
                segment = encoded(str(value)) if type(value) in {str, int} else None
                if segment is None:
                    break
                href += segment + piece
            else:
                links.append({"href": href, "rel": rel})
        return links or MISSING

    return value_of


def _prepared(link: LinkRule, scene: TranslationContext) -> tuple[str, list[str], list[str]]:
    """Return a link's relation, the fixed pieces of its href, and the members that stand between them."""
    pieces, names = [scene.links_base], []
    for segment in link.path.segments:
        name = parameter_name(segment)
        if name and name not in scene.raw:
            pieces[-1] += "/"
            pieces.append("")
            names.append(name)
        else:
            pieces[-1] += f"/{scene.raw[name] if name else segment}"
    return link.rel[scene.api], pieces, names


_LEVELS = {level: rank for rank, level in enumerate(Fidelity)}


def worse(one: Fidelity, other: Fidelity) -> bool:
    """Tell whether a level is further from the old meaning than another."""
    return _LEVELS[one] > _LEVELS[other]
