"""Checks of what a rule reads and what it makes of it: casts, lists, and the resources of objects."""

from __future__ import annotations

from collections.abc import Iterator

from shim.documents.model import BODY, Field, Resource, Rule
from shim.documents.sources import Path, Step, parse_source
from shim.documents.vocabulary import Cast, Verb

_SCALARS = ("string", "integer", "number", "boolean")

_OF_CAST: dict[Cast, tuple[str, ...]] = {
    Cast.TEXT: _SCALARS,
    Cast.FACTOR: ("integer", "number"),
    Cast.JOIN: ("string",),
    Cast.SPLIT: ("strings",),
}
"""The types of field that a cast can make."""

_LISTS = ("strings", "objects", "array", "links")


def check_from(field: Field, rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield (key path, what is wrong) for what one rule reads and makes of it."""
    if rule.whole and field.type != "integer":
        yield f"{rule.at}.whole", "belongs to fields of type integer"
    if rule.cast and field.type not in _OF_CAST[rule.cast]:
        kinds = " or ".join(_OF_CAST[rule.cast])
        yield f"{rule.at}.{rule.cast}", f"makes {kinds}, and the field's type is {field.type}"
    if field.type == "links" and rule.verb is Verb.FROM and (rule.cast or rule.values or rule.drop):
        yield rule.at, "links are taken as they are, and led back through the shim"
    if field.type == "links" and BODY in field.rules:
        yield rule.at, "a request body has no links"
    yield from _check_each(field, rule)
    yield from _check_of(field, rule)


def _check_each(field: Field, rule: Rule) -> Iterator[tuple[str, str]]:
    takes_list = field.type in _LISTS or rule.cast is Cast.JOIN
    makes_list = rule.verb is Verb.COUNT or (rule.verb is Verb.FROM and takes_list)
    when = () if rule.when is None else (rule.when.source,)
    for source in (*(() if makes_list else rule.sources), *when):
        if Step.EACH in parse_source(source):
            yield rule.at, f"{source!r} is a list; [first] or [only] take one item of it"


def _check_of(field: Field, rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.group and (field.type != "objects" or field.of is None):
        yield f"{rule.at}.group", "belongs to fields of type objects with of, the resource that the items are"
    if rule.keyed and (field.type != "object" or field.of is None):
        yield f"{rule.at}.keyed", "belongs to fields of type object with of, the resource that the items are"
    if field.of is None:
        return
    if field.of.bare:
        yield f"{field.at}.of", f"{field.of.name!r} is bare, and so no object"
    if rule.verb not in {Verb.FROM, Verb.ABSENT}:
        yield rule.at, "a field with of is made by from or absent"
    if rule.values or rule.cast or rule.drop:
        yield rule.at, f"values, casts and drop can't apply: {field.of.name!r} says what becomes of each object"


def check_lists(resource: Resource, tier: str) -> Iterator[tuple[str, str]]:
    """Yield a problem for sources that go through what other rules of the resource read as a list, and the reverse."""
    lists, others = dict[Path, str](), dict[Path, str]()
    rules = [(field, rule) for field in resource.fields for rule in field.rules.get(tier, ())]
    for field, rule in rules:
        if rule.verb in {Verb.ONLY, Verb.COUNT} or (rule.verb is Verb.FROM and _reads_list(field, rule)):
            lists |= {parse_source(source): field.name for source in rule.sources}
        elif rule.verb is Verb.FROM and not rule.keyed:
            others |= {parse_source(source): field.name for source in rule.sources}
    for _, rule in rules:
        for source in (*rule.sources, *(() if rule.when is None else (rule.when.source,))):
            path = parse_source(source)
            for end in range(1, len(path)):
                start, after = path[:end], path[end]
                if start in lists and not isinstance(after, Step):
                    name = ".".join(start)
                    yield rule.at, f"{source!r} goes through a list, as {lists[start]!r} says: {name}[first].{after}?"
                elif start in others and isinstance(after, Step):
                    yield rule.at, f"{source!r} takes an item of what is no list, as {others[start]!r} says"


def _reads_list(field: Field, rule: Rule) -> bool:
    return bool(rule.keyed) or rule.cast is Cast.JOIN or (field.type in _LISTS and rule.cast is not Cast.SPLIT)
