"""Checks of fields and rules: what would never apply, never could be true, or is left open by a sound document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import attrs

from shim.documents.fields import BODY, TIERS, Field, Resource, Rule, Use, When
from shim.documents.model import Document, Operation, resources_of
from shim.documents.sources import Path, Step, parse_source
from shim.documents.verbs import way_of
from shim.documents.ways import Group


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
            for _, target in successor.targets():
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
            grouped = {
                tier for tier, rules in field.rules.items() if any(isinstance(way_of(one), Group) for one in rules)
            }
            uses[id(field.of)].grouped |= grouped


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
    misspelt = dict(_misspelt(use))
    for tier, near in misspelt.items():
        for operation in use.operations:
            if tier in operation.successors:
                at = operation.successors[tier].at
                yield at, f"is of a tier that no field has a rule for; did you mean {near!r}?"
    for field in resource.fields:
        yield from _check_field(field, use, {*misspelt, *misspelt.values()} - (use.tiers - misspelt.keys()))
    for tier in use.tiers:
        yield from _check_lists(resource, tier)


def _misspelt(use: _Use) -> Iterator[tuple[str, str]]:
    """Return the tiers that no field has a rule for, each with one of the fields' that it may be meant to be."""
    named = {tier for field in use.resource.fields for tier in field.rules if tier != BODY}
    for tier in sorted(use.tiers - named - {BODY}):
        if near := get_close_matches(tier, sorted(named), n=1):
            yield tier, near[0]


def _check_names(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    names = {field.name for field in fields}
    for field in fields:
        parts = field.name.split(".")
        if not all(parts):
            yield field.at, "has an empty part in its name"
        for end in range(1, len(parts)):
            if ".".join(parts[:end]) in names:
                yield field.at, f"stands inside {'.'.join(parts[:end])!r}, which is a field of its own"


def _check_field(field: Field, use: _Use, misspelt: set[str]) -> Iterator[tuple[str, str]]:
    if use.resource.bare and field.type == "links":
        yield f"{field.at}.type", "a bare value is no links"
    if field.words and field.type != "string":
        yield f"{field.at}.words", "belong to fields of type string"
    meant = set[str]()
    for tier in [one for one in field.rules if one not in use.tiers and one not in misspelt]:
        what = "is in a request body" if tier == BODY else f"has a {tier} successor"
        near = get_close_matches(tier, sorted(use.tiers - field.rules.keys()), n=1)
        meant.update(near)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"{field.at}.{_key(tier)}", f"can never apply: no operation of this resource {what}{hint}"
    for tier in sorted(use.tiers - misspelt):
        rules = field.rules.get(tier, ())
        if not rules and tier not in meant:
            yield f"{field.at}.{_key(tier)}", "is missing; say how the field gets its value there, or absent"
        yield from _check_alternatives(rules)
        paths = {operation.id: operation.path for operation in use.operations}
        for rule in rules:
            yield from _check_rule(field, rule)
            yield from rule.verb.check(field, rule.at, Use(use.resource.fields, paths, tier in use.grouped))


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


def _check_rule(field: Field, rule: Rule) -> Iterator[tuple[str, str]]:
    verb = rule.verb
    if verb.makes and field.type not in verb.makes:
        yield rule.at, f"{verb.key} gives {' or '.join(verb.makes)}, and the field's type is {field.type}"
    if field.type == "links" and not (verb.hands_on or verb.makes == ("links",)):
        yield rule.at, "a field of type links is made by link, from or absent"
    if field.type == "links" and BODY in field.rules:
        yield rule.at, "a request body has no links"
    if field.of is not None and field.of.bare:
        yield f"{field.at}.of", f"{field.of.name!r} is bare, and so no object"
    if field.of is not None and not verb.hands_on:
        yield rule.at, "a field with of is made by from or absent"
    when = () if rule.when is None else (rule.when.source,)
    for source in (*(() if verb.reads_list(field) else rule.sources), *when):
        if Step.EACH in _path(source):
            yield rule.at, f"{source!r} is a list; [first] or [only] take one item of it"


def _check_lists(resource: Resource, tier: str) -> Iterator[tuple[str, str]]:
    """Yield a problem for sources that go through what other rules of the resource read as a list, and the reverse."""
    lists, others = dict[Path, str](), dict[Path, str]()
    rules = [(field, rule) for field in resource.fields for rule in field.rules.get(tier, ())]
    for field, rule in rules:
        is_list = rule.verb.reads_list(field)
        if is_list is not None:
            (lists if is_list else others).update({_path(source): field.name for source in rule.sources})
    for _, rule in rules:
        for source in (*rule.sources, *(() if rule.when is None else (rule.when.source,))):
            path = _path(source)
            for end in range(1, len(path)):
                start, after = path[:end], path[end]
                if start in lists and not isinstance(after, Step):
                    name = ".".join(start)
                    yield rule.at, f"{source!r} goes through a list, as {lists[start]!r} says: {name}[first].{after}?"
                elif start in others and isinstance(after, Step):
                    yield rule.at, f"{source!r} takes an item of what is no list, as {others[start]!r} says"


def _path(source: str) -> Path:
    try:
        return parse_source(source)
    except ValueError:  # told where it was read
        return ()


def open_questions(document: Document) -> Iterator[str]:
    """Yield a line for each reason that is still a question mark, as a draft writes it."""
    for resource in _all_resources(document):
        for field in resource.fields:
            for rule in _rules(field):
                if rule.why and not rule.why.strip(" ?"):
                    yield f"{rule.owner}: {rule.at}.why: {rule.why!r} is a question; say why"


def lost_members(document: Document) -> Iterator[str]:
    """Yield a line for each member that ``rest`` does not hand on, since a rule of another field reads it."""
    for resource in _all_resources(document):
        names = {field.name for field in resource.fields} | {*resource.without}
        for field in resource.fields if resource.rest else ():
            for source in dict.fromkeys(one for rule in _rules(field) for one in rule.sources):
                path = parse_source(source)
                starts = {".".join(path[:end]) for end in range(1, len(path) + 1)}
                if not starts & names and not any(isinstance(part, Step) for part in path):
                    what = f"{source!r} becomes {field.name!r}, and does not stay beside it"
                    yield f"{document.file}: {resource.at}: {what}"


def _rules(field: Field) -> list[Rule]:
    return [rule for rules in field.rules.values() for rule in rules]


def _all_resources(document: Document) -> Iterator[Resource]:
    """Return all resources that a document's answers and bodies are made of, each once."""
    found = [resource for operation in document.operations for resource in resources_of(operation)]
    return iter({id(resource): resource for resource in found}.values())
