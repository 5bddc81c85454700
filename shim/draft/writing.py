"""A draft as a TOML document: short, with what is known of each rule beside it, and open questions as ``# ?``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.draft import toml
from shim.draft.plans import FieldPlan, ResourcePlan

TIER = "successor"
"""The name of the one tier that a draft has."""
QUESTION = "? "

Counts = Mapping[str, tuple[int, int]]
"""Nested field name -> pairs that are equal in it, and pairs that have it on either side."""
Proof = Mapping[str, Counts]
"""Operation -> what its pairs say."""


@attrs.frozen
class Remarked:
    """A TOML value with a comment behind it; a question is left to a person."""

    value: Any
    remark: str = ""
    question: bool = True


@attrs.frozen
class OperationPlan:
    """One operation: its table, that of its successor, and what its answers are made of."""

    id: str
    table: Mapping[str, Any]
    successor: Mapping[str, Any]
    resource: ResourcePlan
    prefix: str = ""
    query: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)


@attrs.frozen
class DocumentPlan:
    """A whole document: the keys at its top, the api of its own if it needs one, and its operations."""

    top: Mapping[str, Any]
    apis: Mapping[str, Mapping[str, Any]]
    operations: Sequence[OperationPlan]


def write(plan: DocumentPlan, proof: Proof | None = None, said: Sequence[str] = ()) -> str:
    """Return the document; ``proof`` is what a run of the pairs through it found, ``said`` goes to the top."""
    body = list(_body(plan, proof or {}))
    questions = sum(1 for line in body if toml.comment(QUESTION).strip() in line)
    many = "questions are" if questions != 1 else "question is"
    head = ["A draft by atlas-shim draft: read it before you trust it."]
    head += [f"{questions} {many} left; each is a line with # ?"] if questions else ["No question is left."]
    return "\n".join([*map(toml.comment, [*head, *said]), "", *body]).rstrip() + "\n"


def _body(plan: DocumentPlan, proof: Proof) -> Iterator[str]:
    yield from _pairs(plan.top)
    for name, api in plan.apis.items():
        yield from ("", f"[{toml.path('api', name)}]")
        yield from _pairs(api)
    written: dict[str, ResourcePlan] = {}
    for operation in plan.operations:
        resource = _named(operation.resource, written)
        yield from ("", f"[{toml.path('operation', operation.id)}]")
        yield from _pairs({**operation.table, "resource": resource.name})
        yield from ("", f"[{toml.path('operation', operation.id, 'tier', TIER)}]")
        yield from _pairs(operation.successor)
        for name, rule in operation.query.items():
            yield from ("", f"[{toml.path('operation', operation.id, 'tier', TIER, 'query', name)}]")
            yield from _pairs(rule)
        if resource.name not in written:
            written[resource.name] = operation.resource
            alike = [one for one in plan.operations if _same(one.resource, operation.resource)]
            yield from _resource(resource, written, _counted(alike, proof), "")


def _counted(operations: Sequence[OperationPlan], proof: Proof) -> Counts:
    """Return what the pairs of several operations say of the resource that they have in common."""
    counts: dict[str, tuple[int, int]] = {}
    for operation in operations:
        for name, (equal, total) in proof.get(operation.id, {}).items():
            field = name.removeprefix(operation.prefix)
            before = counts.get(field, (0, 0))
            counts[field] = (before[0] + equal, before[1] + total)
    return counts


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for name, said in table.items():
        if isinstance(said, Remarked):
            mark = QUESTION if said.question else ""
            behind = f"   {toml.comment(mark + said.remark)}" if said.remark else ""
            yield f"{toml.key(name)} = {toml.value(said.value)}{behind}"
        else:
            yield f"{toml.key(name)} = {toml.value(said)}"


def _named(plan: ResourcePlan, written: Mapping[str, ResourcePlan]) -> ResourcePlan:
    """Return a plan under a name that is free, or that stands for the same."""
    name, number = plan.name, 1
    while name in written and not _same(written[name], plan):
        number += 1
        name = f"{plan.name}{number}"
    return attrs.evolve(plan, name=name)


def _same(one: ResourcePlan, other: ResourcePlan) -> bool:
    return attrs.evolve(one, name="") == attrs.evolve(other, name="")


def _resource(plan: ResourcePlan, written: dict[str, ResourcePlan], proof: Counts, prefix: str) -> Iterator[str]:
    yield from ("", f"[{toml.path('resource', plan.name)}]")
    for question in plan.questions:
        yield toml.comment(f"{QUESTION}{question}")
    if plan.rest:
        yield "rest = true"
    if plan.bare:
        yield "bare = true"
    if plan.without:
        yield "without = ["
        for reason, names in plan.without.items():
            yield f"    {toml.comment(reason)}"
            words = " ".join(f"{toml.text(name)}," for name in names)
            yield from textwrap.wrap(
                words, toml.WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
            )
        yield "]"
    later: list[tuple[ResourcePlan, str]] = []
    for field in plan.fields:
        of = None
        name = f"{prefix}{field.name}"
        if field.of is not None:
            of = _named(field.of, written)
            if of.name not in written:
                written[of.name] = field.of
                inner = f"{name}[]." if field.type == "objects" else f"{name}."
                later.append((of, inner))
        yield from _field(plan.name, field, of, proof.get(name))
    for one, inner in later:
        yield from _resource(one, written, proof, inner)


def _field(resource: str, field: FieldPlan, of: ResourcePlan | None, proven: tuple[int, int] | None) -> Iterator[str]:
    yield from ("", f"[{toml.path('resource', resource, field.name)}]")
    yield f"type = {toml.text(field.type)}"
    if of is not None:
        yield f"of = {toml.text(of.name)}"
    proposal = field.proposal
    remark, question = proposal.remark, proposal.question
    if proven is not None and not proposal.is_absent and (not question or proven[0] < proven[1]):
        equal, total = proven
        more = remark.partition(";")
        remark = f"explains {equal} of {total} {'pairs' if total != 1 else 'pair'}{more[1]}{more[2]}"
        question = question or equal < total
    lines = [f"tier.{TIER} = {toml.value(proposal.rule)}"]
    if len(lines[0]) > toml.WIDTH:
        yield from ("", f"[{toml.path('resource', resource, field.name, 'tier', TIER)}]")
        lines = [line for name, said in proposal.rule.items() for line in toml.lines(name, said)]
    if remark:
        yield toml.comment(f"{QUESTION if question else ''}{remark}")
    yield from lines


def open_questions(text: str) -> int:
    """Return how many questions a document has."""
    return sum(1 for line in text.splitlines() if "# ?" in line) - ("each is a line with # ?" in text)
