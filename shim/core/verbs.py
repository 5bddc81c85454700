"""The verbs of mapping documents, each compiled once into a closure that makes one field's value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shim.core.rules import (
    Case,
    CompiledField,
    InvalidValue,
    NoValue,
    PreparedLink,
    Result,
    SecondChoice,
    TranslationContext,
    ValueOf,
    look_up,
)
from shim.documents.model import Field, Rule, Verb, When
from shim.documents.templates import encoded
from shim.documents.value_types import FITS, LONGEST_TIME, PLAIN, Json, JsonObject, instant, parse_time


def compile_fields(fields: Sequence[Field], tier: str, parameters: Sequence[str] = ()) -> tuple[CompiledField, ...]:
    """Return the fields compiled for one tier; links come last, since they may name other members.

    ``parameters`` are those of the legacy path, which links may name too.
    """
    return tuple(
        CompiledField(
            field.name,
            tuple(field.name.split(".")),
            tuple(
                Case(None if rule.when is None else _condition(rule.when), _value_of(field, rule, parameters), rule)
                for rule in field.rules[tier]
            ),
        )
        for field in sorted(fields, key=lambda field: field.type == "links")
    )


def _condition(when: When) -> Callable[[JsonObject], bool]:
    parts = tuple(when.source.split("."))

    def holds(source: JsonObject) -> bool:
        word = look_up(source, parts)
        if when.given is not None:
            return (word is not NoValue.MISSING and word is not None) is when.given
        return (type(word) in {str, bool} and word in when.words) is not when.negated

    return holds


def _value_of(field: Field, rule: Rule, parameters: Sequence[str]) -> ValueOf:
    match rule.verb:
        case Verb.FROM:
            return _from(field, rule)
        case Verb.LIST:
            return _list(field, rule)
        case Verb.ONLY:
            return _only(field, rule)
        case Verb.EQUALS:
            return _equals(rule)
        case Verb.PASSED:
            return _passed(rule)
        case Verb.LINK:
            return _link(rule, parameters)
        case Verb.PARAMETER:
            return lambda _source, context, _made: context.parameters[rule.parameter]
        case Verb.CONSTANT:
            return lambda _source, _context, _made: rule.constant
        case _:
            return lambda _source, _context, _made: NoValue.ABSENT


def _from(field: Field, rule: Rule) -> ValueOf:
    convert = _conversion(field, rule)
    if len(rule.sources) == 1 and "." not in rule.sources[0] + field.name:
        only = rule.sources[0]
        return lambda source, _context, _made: convert(only, source[only]) if only in source else NoValue.MISSING
    sources = tuple((name, tuple(name.split("."))) for name in rule.sources)
    # An object that upstream has by that name stays one, even when it is empty (recorded: connectionStrings);
    # one with nulls in it says nothing (recorded: desiredTimestamp).
    parents = (sources[0][1][:-1], tuple(field.name.split("."))[:-1])
    holder = parents[0] if parents[0] == parents[1] else ()

    def value_of(source: JsonObject, _context: TranslationContext, _made: JsonObject) -> Result:
        invalid: InvalidValue | None = None
        for name, parts in sources:
            said = look_up(source, parts)
            if said is NoValue.MISSING:
                continue
            value = convert(name, said)
            if not isinstance(value, InvalidValue):
                return value if invalid is None else SecondChoice(value, invalid)
            invalid = invalid or value
        if invalid is not None:
            return invalid
        held = look_up(source, holder) if holder else None
        return NoValue.BARE if type(held) is dict and None not in held.values() else NoValue.MISSING

    return value_of


def _conversion(field: Field, rule: Rule) -> Callable[[str, Json], Json | InvalidValue]:
    """Return (source name, upstream's value) -> the legacy value, or why it can't be used."""
    plain, fits = PLAIN.get(field.type), FITS[field.type]
    words = frozenset(field.words)
    values = rule.values
    if field.type == "time" and not (values or rule.drop):
        return _time
    # False equals 0 to Python, and means something else to everybody.
    drop = tuple((type(value) is bool, value) for value in rule.drop)

    def convert(name: str, value: Json) -> Json | InvalidValue:
        if value is None:
            return InvalidValue(name, value, "null is no value")
        if drop and (type(value) is bool, value) in drop:
            return InvalidValue(name, value, "it stands for not known")
        if values:
            if type(value) is not str or value not in values:
                return InvalidValue(name, value, "an unknown word")
            word: Json = values[value]
            return word
        if rule.whole and type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not plain and not fits(value):
            return InvalidValue(name, value, f"not of type {field.type}")
        if words and value not in words:
            return InvalidValue(name, value, "not one of the legacy words")
        return value

    return convert


def _time(name: str, value: Json) -> Json | InvalidValue:
    if type(value) is str and len(value) <= LONGEST_TIME and instant(value) is not None:
        return value
    return InvalidValue(name, value, "null is no value" if value is None else "not of type time")


def _list(field: Field, rule: Rule) -> ValueOf:
    fits = FITS[field.type]
    name, parts = rule.sources[0], tuple(rule.sources[0].split("."))
    # In a request body an empty list would be an order that the caller did not give.
    when_missing: NoValue | None = NoValue.MISSING if "body" in field.rules else None

    def value_of(source: JsonObject, _context: TranslationContext, _made: JsonObject) -> Result:
        value = look_up(source, parts)
        if value is NoValue.MISSING:
            return when_missing or []
        if value is None:
            return InvalidValue(name, value, "null is no value")
        return [value] if fits([value]) else InvalidValue(name, value, f"not an item of {field.type}")

    return value_of


def _only(field: Field, rule: Rule) -> ValueOf:
    convert = _conversion(field, rule)
    name, parts = rule.sources[0], tuple(rule.sources[0].split("."))

    def value_of(source: JsonObject, _context: TranslationContext, _made: JsonObject) -> Result:
        value = look_up(source, parts)
        if value is NoValue.MISSING or value == []:
            return NoValue.MISSING
        if type(value) is not list or len(value) > 1:
            return InvalidValue(name, value, "not a list of one")
        return convert(name, value[0])

    return value_of


def _equals(rule: Rule) -> ValueOf:
    name, parts = rule.sources[0], tuple(rule.sources[0].split("."))
    words, known = frozenset(rule.words), frozenset((*rule.words, *rule.others))

    def value_of(source: JsonObject, _context: TranslationContext, _made: JsonObject) -> Result:
        value = look_up(source, parts)
        if value is NoValue.MISSING:
            return value
        if type(value) is not str:
            return InvalidValue(name, value, "not a word")
        return InvalidValue(name, value, "an unknown word") if rule.others and value not in known else value in words

    return value_of


def _passed(rule: Rule) -> ValueOf:
    name, parts = rule.sources[0], tuple(rule.sources[0].split("."))

    def value_of(source: JsonObject, context: TranslationContext, _made: JsonObject) -> Result:
        value = look_up(source, parts)
        if value is NoValue.MISSING:
            return value
        when = parse_time(value)
        return InvalidValue(name, value, "not of type time") if when is None else when.timestamp() < context.now

    return value_of


def _link(rule: Rule, parameters: Sequence[str]) -> ValueOf:
    key = id(rule)
    # Of each link: the templates of its path, cut at the members of the answer that it names, and these members.
    links = []
    for link in rule.links:
        names = [name for name in link.path.parameters if name not in parameters]
        templates = [link.path.text]
        for name in names:
            templates += templates.pop().split(f"{{{name}}}")
        links.append((templates, names, link.rel))

    def prepared(context: TranslationContext) -> list[PreparedLink]:
        """Return what the links of all items have in common: start, members with what follows them, relation."""
        made = []
        for templates, names, rel in links:
            first, *rest = [template.format_map(context.raw) for template in templates]
            made.append((context.links_base + first, list(zip(names, rest, strict=True)), rel[context.api]))
        context.links[key] = made
        return made

    def value_of(_source: JsonObject, context: TranslationContext, made: JsonObject) -> Result:
        found: list[Json] = []
        for start, members, rel in context.links.get(key) or prepared(context):
            href = start
            for name, after in members:
                value = made.get(name)
                segment = str(value) if type(value) in {str, int} else ""
                if not (segment.isalnum() and segment.isascii()) and (segment := encoded(segment) or "") == "":
                    break
                href += segment + after
            else:
                found.append({"href": href, "rel": rel})
        return found or NoValue.MISSING

    return value_of
