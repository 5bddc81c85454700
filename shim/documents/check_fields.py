"""Checks of fields and rules: everything that would silently never apply, or never could be true."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from shim.documents.model import TIERS, Document, Field, Operation, Rule, Verb
from shim.documents.tables import key_path
from shim.documents.value_types import FITS, Json

_KINDS_OF: dict[Verb, tuple[str, ...]] = {
    Verb.LIST: ("strings", "objects"),
    Verb.EQUALS: ("boolean",),
    Verb.PASSED: ("boolean",),
    Verb.LINK: ("links",),
    Verb.PARAMETER: ("string",),
}
"""The field types that a verb can give a value to, where it is not any."""


def check_fields(document: Document) -> Iterator[tuple[str, str]]:
    """Yield (key path, what is wrong) for the fields of every resource of a document."""
    users: dict[tuple[str, ...], list[Operation]] = {}
    for operation in document.operations:
        users.setdefault(tuple(field.at for field in operation.fields), []).append(operation)
    for operations in users.values():
        fields = operations[0].fields
        tiers = {tier for operation in operations for tier in operation.successors}
        yield from _check_names(fields)
        for field in fields:
            yield from _check_field(field, fields, tiers, operations)
    for operation in document.operations:
        for successor in operation.successors.values():
            bodies = [successor.only, *successor.choices.values()]
            for target in bodies:
                body = getattr(target, "body", None) or ()
                yield from _check_names(body)
                for field in body:
                    yield from _check_alternatives(field.rules["body"])
                    for rule in field.rules["body"]:
                        yield from _check_rule(field, rule, (), [operation])


def _check_names(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    names = {field.name for field in fields}
    for field in fields:
        parts = field.name.split(".")
        if not all(parts):
            yield field.at, "has an empty part in its name"
        for end in range(1, len(parts)):
            if ".".join(parts[:end]) in names:
                yield field.at, f"stands inside {'.'.join(parts[:end])!r}, which is a field of its own"


def _check_field(
    field: Field, fields: Sequence[Field], tiers: set[str], operations: list[Operation]
) -> Iterator[tuple[str, str]]:
    if field.words and field.type != "string":
        yield f"{field.at}.words", "belong to fields of type string"
    for tier in TIERS:
        rules = field.rules.get(tier, ())
        if rules and tier not in tiers:
            yield (
                f"{field.at}.{tier}",
                f"can never apply: no operation of this resource has a {tier} successor",
            )
        if not rules and tier in tiers:
            yield f"{field.at}.{tier}", "is missing; say how the field gets its value there, or absent"
        yield from _check_alternatives(rules)
        for rule in rules:
            yield from _check_rule(field, rule, fields, operations)


def _check_alternatives(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    covered: dict[str, set[str | bool]] = {}
    for index, rule in enumerate(rules):
        last = index == len(rules) - 1
        if rule.when is None:
            if not last:
                yield rules[index + 1].at, "can never apply: the rule before it has no when"
                return
            continue
        if last:
            yield (
                rule.at,
                "has a when and no rule after it; end with a rule for all other cases, absent if need be",
            )
        if not rule.when.negated and rule.when.given is None:
            if rule.when.words <= covered.get(rule.when.source, set()):
                yield rule.at, "can never apply: rules before it take all its words"
            covered.setdefault(rule.when.source, set()).update(rule.when.words)


def _check_rule(
    field: Field, rule: Rule, fields: Sequence[Field], operations: list[Operation]
) -> Iterator[tuple[str, str]]:
    kinds = _KINDS_OF.get(rule.verb)
    if kinds is not None and field.type not in kinds:
        yield rule.at, f"{rule.verb} gives {' or '.join(kinds)}, and the field's type is {field.type}"
    if field.type == "links" and rule.verb not in {Verb.LINK, Verb.ABSENT}:
        yield rule.at, "a field of type links is made by link or absent"
    if rule.verb is Verb.CONSTANT:
        yield from _check_value(field, f"{rule.at}.constant", rule.constant)
    for word, value in rule.values.items():
        yield from _check_value(field, key_path(f"{rule.at}.values", word), value)
    if both := set(rule.others) & set(rule.words):
        yield f"{rule.at}.equals.others", f"has words that make it true: {', '.join(sorted(both))}"
    if rule.whole and field.type != "integer":
        yield f"{rule.at}.whole", "belongs to fields of type integer"
    for operation in operations:
        own = set(operation.path.parameters)
        if rule.parameter and rule.parameter not in own:
            yield f"{rule.at}.parameter", f"{rule.parameter!r} is no parameter of {operation.id}'s path"
        for link in rule.links:
            for name in link.path.parameters:
                if name not in own and not any(other.name == name for other in fields):
                    yield (
                        rule.at,
                        f"link {{{name}}} is neither a parameter of {operation.id}'s path nor a field",
                    )


def _check_value(field: Field, at: str, value: Json) -> Iterator[tuple[str, str]]:
    if not FITS[field.type](value) or not _is_json(value):
        yield at, f"{value!r} is not of the field's type, {field.type}"
    elif field.words and value not in field.words:
        yield at, f"{value!r} is not one of the field's words: {', '.join(field.words)}"


def _is_json(value: object) -> bool:
    """Tell whether JSON has a word for a TOML value: it has none for dates, infinities and nan."""
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    return type(value) in {str, bool, int} or (type(value) is float and math.isfinite(value))
