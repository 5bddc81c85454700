"""What the mapping documents say of an operation, in words: how each field gets its value on a tier, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs

from shim.documents.model import Operation, Resource, Rule
from shim.documents.vocabulary import Cast, Verb


@attrs.frozen
class FieldLine:
    """One rule of one field: its level, how the value is made, why, when it applies, and whose rule it is.

    ``sources`` are the successor's fields; ``how`` is empty if the value is that of the field of the same name.
    """

    name: str
    fidelity: str
    sources: tuple[str, ...]
    how: str
    why: str
    when: str
    owner: str


def field_lines(operation: Operation, tier: str) -> tuple[FieldLine, ...]:
    """Return a line for each rule of each field of an operation's answer, in the documents' order."""
    return tuple(_lines(operation.resource, tier, ""))


def _lines(resource: Resource, tier: str, outer: str) -> Iterator[FieldLine]:
    for field in resource.fields:
        name = f"{outer}{field.name}"
        for rule in field.rules[tier]:
            made = how(field.name, rule) and how("", rule)  # a source of the same name is left out only if it says all
            yield FieldLine(name, rule.fidelity.value, rule.sources, made, rule.why, when(rule), rule.owner)
        if field.of is not None and any(rule.verb is not Verb.ABSENT for rule in field.rules[tier]):
            yield from _lines(field.of, tier, f"{name}{'[]' if field.type == 'objects' else ''}.")
    if resource.rest:
        less = f", but {', '.join(resource.without)}" if resource.without else ""
        yield FieldLine(f"{outer}*", "exact", (), f"all other members as they are{less}", "", "", "")


def no_successor(operation: Operation) -> str:
    """Say that nothing replaced an operation, and what to do; empty when a successor always may be asked."""
    first = "" if operation.successors or not operation.without_successor else "There is no successor. "
    return first + operation.without_successor


def how(name: str, rule: Rule) -> str:
    """Say how a rule makes its value; empty when the level or the reason says it."""
    first = rule.sources[0] if rule.sources else ""
    match rule.verb:
        case Verb.FROM:
            source = ", else ".join(rule.sources)
            text = "" if rule.sources == (name,) else f"from {source}"
            return ": ".join(filter(None, (", ".join(filter(None, (text, _cast(rule)))), _words(rule))))
        case Verb.COUNT:
            return f"how many items {first} has" if first else "how many became one"
        case Verb.LIST:
            return f"a list of {first}, empty without it"
        case Verb.ONLY:
            return f"the only item of {first}"
        case Verb.EQUALS:
            others = f", and not {' or '.join(rule.others)}" if rule.others else ""
            return f"whether {first} is {' or '.join(rule.words)}{others}"
        case Verb.PASSED:
            return f"whether {first} is over"
        case Verb.PARAMETER:
            return f"{rule.parameter} in the path"
        case Verb.CONSTANT:
            return f"always {json.dumps(rule.constant)}"
        case Verb.LINK | Verb.ABSENT:
            return ""


def _cast(rule: Rule) -> str:
    match rule.cast:
        case Cast.TEXT:
            return "cast to its type"
        case Cast.FACTOR:
            return f"times {rule.by}"
        case Cast.JOIN:
            return f"joined with {json.dumps(rule.by)}"
        case Cast.SPLIT:
            return f"split at {json.dumps(rule.by)}"
        case Cast.NONE if rule.group:
            return f"one for each {' or '.join(rule.group)}"
        case Cast.NONE:
            return f"by {rule.keyed}" if rule.keyed else ""


def when(rule: Rule) -> str:
    """Say when a rule applies; empty when always."""
    if rule.when is None:
        return ""
    if rule.when.given is not None:
        return f"{rule.when.source} is {'given' if rule.when.given else 'not given'}"
    relation = "is not" if rule.when.negated else "is"
    words = sorted(word if isinstance(word, str) else json.dumps(word) for word in rule.when.words)
    return f"{rule.when.source} {relation} {' or '.join(words)}"


def _words(rule: Rule) -> str:
    turned: dict[Any, list[str]] = {}
    for said, means in rule.values.items():
        turned.setdefault(means, []).append(said)
    return "; ".join(
        f"{' or '.join(said)} is {means if isinstance(means, str) else json.dumps(means)}"
        for means, said in turned.items()
    )
