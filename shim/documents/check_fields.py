"""Checks of fields and rules: everything that would silently never apply, or never could be true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from shim.documents.check_calls import targets
from shim.documents.check_from import check_from, check_lists
from shim.documents.model import BODY, TIERS, Document, Field, Operation, Resource, Rule, When
from shim.documents.tables import key_path
from shim.documents.value_types import FITS, Json, is_json
from shim.documents.vocabulary import Verb

_KINDS_OF: dict[Verb, tuple[str, ...]] = {
    Verb.LIST: ("strings", "objects"),
    Verb.EQUALS: ("boolean",),
    Verb.PASSED: ("boolean",),
    Verb.LINK: ("links",),
    Verb.PARAMETER: ("string",),
    Verb.COUNT: ("integer",),
}
"""The field types that a verb can give a value to, where it is not any."""


@attrs.define
class _Use:
    """One resource as a document uses it: by which operations, on which tiers, on which of them as a grouped item."""

    resource: Resource
    operations: list[Operation] = attrs.field(factory=list)
    tiers: set[str] = attrs.field(factory=set)
    grouped: set[str] = attrs.field(factory=set)


def check_fields(document: Document) -> Iterator[tuple[str, str]]:
    """Yield (key path, what is wrong) for the fields of every resource of a document, and of every request body."""
    uses: dict[int, _Use] = {}
    for operation in document.operations:
        _note(uses, operation.resource, operation, set(operation.successors))
        for successor in operation.successors.values():
            for _, target in targets(successor):
                if target.body is not None:
                    _note(uses, target.body, operation, {BODY})
    for use in uses.values():
        yield from _check_resource(use)


def _note(uses: dict[int, _Use], resource: Resource, operation: Operation, tiers: set[str]) -> None:
    use = uses.setdefault(id(resource), _Use(resource))
    if not any(known is operation for known in use.operations):
        use.operations.append(operation)
    use.tiers |= tiers
    for field in resource.fields:
        if field.of is not None:
            _note(uses, field.of, operation, tiers)
            uses[id(field.of)].grouped |= {tier for tier, rules in field.rules.items() for rule in rules if rule.group}


def _check_resource(use: _Use) -> Iterator[tuple[str, str]]:
    resource = use.resource
    yield from _check_names(resource.fields)
    names = {field.name for field in resource.fields}
    for name in resource.without:
        if name in names:
            yield f"{resource.at}.without", f"{name!r} is a field of its own, and does not pass as it is"
        if not all(name.split(".")) or "[" in name:
            yield f"{resource.at}.without", f"{name!r} is no name; nest names with dots (lists pass whole)"
        for outer in (".".join(name.split(".")[:end]) for end in range(1, name.count(".") + 1)):
            if outer in names or outer in resource.without:
                yield f"{resource.at}.without", f"{name!r} can never apply: {outer!r} does not pass as it is"
    for field in resource.fields:
        yield from _check_field(field, use)
    for tier in use.tiers:
        yield from check_lists(resource, tier)


def _check_names(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    names = {field.name for field in fields}
    for field in fields:
        parts = field.name.split(".")
        if not all(parts):
            yield field.at, "has an empty part in its name"
        for end in range(1, len(parts)):
            if ".".join(parts[:end]) in names:
                yield field.at, f"stands inside {'.'.join(parts[:end])!r}, which is a field of its own"


def _check_field(field: Field, use: _Use) -> Iterator[tuple[str, str]]:
    if use.resource.bare and field.type == "links":
        yield f"{field.at}.type", "a bare value is no links"
    if field.words and field.type != "string":
        yield f"{field.at}.words", "belong to fields of type string"
    for tier in field.rules:
        if tier not in use.tiers:
            what = "is in a request body" if tier == BODY else f"has a {tier} successor"
            yield f"{field.at}.{_key(tier)}", f"can never apply: no operation of this resource {what}"
    for tier in sorted(use.tiers):
        rules = field.rules.get(tier, ())
        if not rules:
            yield f"{field.at}.{_key(tier)}", "is missing; say how the field gets its value there, or absent"
        yield from _check_alternatives(rules)
        for rule in rules:
            yield from _check_rule(field, rule, use.resource.fields, use.operations)
            yield from check_from(field, rule)
            if rule.verb is Verb.COUNT and not rule.sources and tier not in use.grouped:
                yield rule.at, "can never apply: no field that has this resource groups a list"


def _key(tier: str) -> str:
    return tier if tier in {*TIERS, BODY} else f"tier.{tier}"


def _check_alternatives(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    before = list[When]()
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
        if _is_covered(rule.when, [one for one in before if one.source == rule.when.source]):
            yield rule.at, "can never apply: rules before it take all its words"
        before.append(rule.when)


def _is_covered(when: When, before: Sequence[When]) -> bool:
    """Tell whether conditions on the same source hold wherever this one does."""
    if when.given is not None:
        return any(one.given is when.given or (one.negated and not when.given) for one in before)
    if when.negated:
        return any(one.negated and one.words <= when.words for one in before)
    words = {word for one in before if not one.negated for word in one.words}
    others = any(one.given or (one.negated and not one.words & when.words) for one in before)
    return others or when.words <= words


def _check_rule(
    field: Field, rule: Rule, fields: Sequence[Field], operations: list[Operation]
) -> Iterator[tuple[str, str]]:
    kinds = _KINDS_OF.get(rule.verb)
    if kinds is not None and field.type not in kinds:
        yield rule.at, f"{rule.verb} gives {' or '.join(kinds)}, and the field's type is {field.type}"
    if field.type == "links" and rule.verb not in {Verb.LINK, Verb.FROM, Verb.ABSENT}:
        yield rule.at, "a field of type links is made by link, from or absent"
    if rule.verb is Verb.CONSTANT:
        yield from _check_value(field, f"{rule.at}.constant", rule.constant)
    for word, value in rule.values.items():
        yield from _check_value(field, key_path(f"{rule.at}.values", word), value)
    if both := set(rule.others) & set(rule.words):
        yield f"{rule.at}.equals.others", f"has words that make it true: {', '.join(sorted(both))}"
    for operation in operations:
        own = set(operation.path.parameters)
        if rule.parameter and rule.parameter not in own:
            yield f"{rule.at}.parameter", f"{rule.parameter!r} is no parameter of {operation.id}'s path"
        for link in rule.links:
            for name in link.path.parameters:
                kind = next((other.type for other in fields if other.name == name), None)
                if name not in own and kind is not None and kind not in {"string", "integer", "time"}:
                    yield rule.at, f"link {{{name}}} is no text: the field's type is {kind}"
                if name not in own and kind is None:
                    yield (
                        rule.at,
                        f"link {{{name}}} is neither a parameter of {operation.id}'s path nor a field",
                    )


def _check_value(field: Field, at: str, value: Json) -> Iterator[tuple[str, str]]:
    if not FITS[field.type](value) or not is_json(value):
        yield at, f"{value!r} is not of the field's type, {field.type}"
    elif field.words and value not in field.words:
        yield at, f"{value!r} is not one of the field's words: {', '.join(field.words)}"
