"""A mapping document's rules in words: how each field gets its value on a tier, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator

import attrs

from shim.documents.fields import Resource, Rule
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity


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
    """Return a line for each rule of each field of an operation's answer, in document order."""
    return tuple(_lines(operation.successors[tier].resource, tier, ""))


def _lines(resource: Resource, tier: str, outer: str) -> Iterator[FieldLine]:
    for field in resource.fields:
        name = f"{outer}{field.name}"
        for rule in field.rules[tier]:
            how = rule.verb.how  # a source of the field's own name goes without saying if it is the only one
            made = how(field.name) and how("")
            yield FieldLine(name, rule.fidelity.value, rule.sources, made, rule.why, when(rule), rule.owner)
        if field.of is not None and any(rule.fidelity is not Fidelity.ABSENT for rule in field.rules[tier]):
            yield from _lines(field.of, tier, f"{name}{'[]' if field.type == 'objects' else ''}.")
    if resource.rest:
        less = f", but {', '.join(resource.without)}" if resource.without else ""
        yield FieldLine(f"{outer}*", "exact", (), f"all other members unchanged{less}", "", "", "")


def no_successor(operation: Operation) -> str:
    """Return what to do if an operation has no successor; empty if it always has one."""
    first = "" if operation.successors or not operation.without_successor else "There is no successor. "
    return first + operation.without_successor


def when(rule: Rule) -> str:
    """Return the condition of a rule in words, empty if it always applies."""
    if rule.when is None:
        return ""
    if rule.when.given is not None:
        return f"{rule.when.source} is {'given' if rule.when.given else 'not given'}"
    relation = "is not" if rule.when.negated else "is"
    words = sorted(word if isinstance(word, str) else json.dumps(word) for word in rule.when.words)
    return f"{rule.when.source} {relation} {' or '.join(words)}"
