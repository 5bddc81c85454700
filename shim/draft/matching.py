"""Old objects against new ones, member by member and as deep as they go: what a resource has to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from shim.draft.containers import find_container, list_field
from shim.draft.learning import guessed, same_value, word_table
from shim.draft.names import singular
from shim.draft.plans import Around, FieldPlan, Proposal, ResourcePlan, Sample, absent, counted, listed
from shim.draft.searching import Ground, find_rule, rule_of
from shim.draft.shapes import Shape
from shim.draft.sources import MISSING, read, sayable, sources


@attrs.frozen
class _Outcome:
    """What becomes of one member: it passes as it is, it must not pass, some inside it must not, or it has a field."""

    passes: bool = False
    inside: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    never: bool = False
    fields: tuple[FieldPlan, ...] = ()
    question: str = ""

    def stays(self, member: str) -> bool:
        """Tell whether the member has a field that reads the same place."""
        return any(field.proposal.rule.get("from") == member for field in self.fields)


def plan_resource(name: str, old: Shape, new: Shape, around: Around) -> ResourcePlan:
    """Return what a resource has to say for new objects to become old ones."""
    ground = Ground(
        sources=tuple(sources(new)),
        samples=around.samples,
        taken=frozenset(one.path for one in sources(old)) & frozenset(one.path for one in sources(new)),
        common=frozenset(old.members) & frozenset(new.members),
        parameters=around.parameters,
        top=around.top,
    )
    outcomes: dict[str, _Outcome] = {}
    for member, shape in old.members.items():
        if not sayable(member):
            outcomes[member] = _Outcome(passes=True, question="is a name that no document can say: it passes if it may")
        elif member == around.count:
            why = "The number of the new answer's items that are one here."
            rule = {"count": True, "fidelity": "derived", "why": why}
            outcomes[member] = _Outcome(fields=(FieldPlan(member, "integer", Proposal(rule)),))
        else:
            outcomes[member] = _outcome(member, shape, new.members.get(member), ground)
    plan = _assembled(name, old, new, outcomes, may_rest=not around.bare)
    return attrs.evolve(plan, bare=around.bare)


def _assembled(name: str, old: Shape, new: Shape, outcomes: Mapping[str, _Outcome], *, may_rest: bool) -> ResourcePlan:
    staying = [member for member, one in outcomes.items() if one.passes or one.inside or one.stays(member)]
    counts = sum(1 for one in outcomes.values() if any("count" in field.proposal.rule for field in one.fields))
    rest = may_rest and len(staying) * 2 >= len(outcomes) - counts
    fields: list[FieldPlan] = []
    for member, one in outcomes.items():
        if one.fields or rest or one.never or not sayable(member):
            fields += one.fields
        else:
            fields.append(_as_it_is(member, old.members[member], new.members[member], one))
    without: dict[str, tuple[str, ...]] = {}
    if rest:
        read_whole = {path for field in fields for path in _sources_of(field)}
        only_new = [one for one in new.members if one not in old.members and one not in read_whole and sayable(one)]
        if only_new:
            without["the old answer has no such members"] = tuple(only_new)
        for one in outcomes.values():
            for reason, names in one.inside.items():
                without[reason] = (*without.get(reason, ()), *names)
        never = tuple(member for member, one in outcomes.items() if one.never)
        if never:
            without["both descriptions have them, but no old answer of the pairs"] = never
    questions = tuple(f"{member} {one.question}" for member, one in outcomes.items() if one.question)
    return ResourcePlan(name, rest, tuple(fields), without, questions)


def _sources_of(field: FieldPlan) -> Iterator[str]:
    said = field.proposal.rule.get("from", field.proposal.rule.get("list", ()))
    yield from [said] if isinstance(said, str) else said


def _as_it_is(member: str, old: Shape, new: Shape, one: _Outcome) -> FieldPlan:
    """Return the field of a member that passes, in a resource that passes on nothing by itself."""
    of = None
    if one.inside:
        prefix = len(member) + 1
        inner = {reason: tuple(name[prefix:] for name in names) for reason, names in one.inside.items()}
        of = ResourcePlan(member, rest=True, without=inner)
    kind = old.type if old.kind else new.type
    return FieldPlan(member, kind, Proposal({"from": member, "fidelity": "exact"}), of)


def _outcome(member: str, old: Shape, new: Shape | None, ground: Ground) -> _Outcome:
    """Return what becomes of one member of the old object."""
    if new is not None:
        found = _same_name(member, old, new, ground)
        if found is not None:
            return found
    container = find_container(member, old, ground, plan_resource)
    if container is not None:
        return _Outcome(fields=(container,))
    if old.members and not old.is_links:
        inside = _flattened(member, old, ground)
        if any(not one.proposal.is_absent for one in inside):
            return _Outcome(fields=tuple(inside))
    if old.is_links:
        proposal = absent("the new answer has no links; make them with link = [{ rel = …, path = … }]")
    else:
        proposal = find_rule(member, old, ground)
    return _Outcome(fields=(FieldPlan(member, old.type, proposal),))


def _flattened(before: str, old: Shape, ground: Ground) -> list[FieldPlan]:
    """Return the members of an object that the new answer does not have as one, each by itself."""
    found: list[FieldPlan] = []
    for member, shape in old.members.items():
        name = f"{before}.{member}"
        if not sayable(member):
            continue
        if shape.members and not shape.is_links:
            found += _flattened(name, shape, ground)
        else:
            found.append(FieldPlan(name, shape.type, find_rule(name, shape, ground)))
    return found


def _same_name(member: str, old: Shape, new: Shape, ground: Ground) -> _Outcome | None:
    """Return what becomes of a member that both sides have under one name; None when it is not the same."""
    values = [(_get(sample.old, member), _get(sample.new, member)) for sample in ground.samples]
    both = [(one, two) for one, two in values if one is not MISSING and two is not MISSING]
    if not any(one is not MISSING for one, _ in values) and any(two is not MISSING for _, two in values):
        return _Outcome(never=True)
    if old.is_links and new.is_links and (both or (member == "links" and ground.top)):
        rule = {"from": "links", "fidelity": "exact"} if member == "links" else {"from": member, "fidelity": "exact"}
        return _Outcome(fields=(FieldPlan(member, "links", Proposal(rule)),))
    if old.kind == new.kind == "object" and old.members and new.members:
        return _nested(member, old, new, ground)
    if old.of_objects and new.of_objects:
        field, unchanged = list_field(member, old, new, ground, plan_resource)
        if field is not None or unchanged:
            return _Outcome(passes=unchanged) if field is None or unchanged else _Outcome(fields=(field,))
        return None
    if both:
        if not all(same_value(one, two) for one, two in both):
            return None
        uneven = sum(1 for one, two in values if _is_nothing(one) is not _is_nothing(two))
        if uneven:
            return _sometimes(member, old, uneven, ground)
        return _Outcome(passes=True, question=_more_words(old, new))
    options = guessed(member, old, member, new) if old != new else {}
    if options is None and (old.kind == new.kind or "" in {old.kind, new.kind}):
        return _Outcome(passes=True)  # nested lists and such, of which the descriptions say little
    if options:
        remark = "the new answer has another type"
        if "values" in options:
            _, unknown = word_table(old.words, new.words)
            remark = f"no old word yet for {listed(unknown, 8)}" if unknown else "other spellings"
        proposal = Proposal(rule_of(member, member, options), remark, question=True)
        return _Outcome(fields=(FieldPlan(member, old.type, proposal),))
    return None if options is None else _Outcome(passes=True, question=_more_words(old, new))


def _get(value: Any, member: str) -> Any:
    return value.get(member, MISSING) if isinstance(value, dict) else MISSING


def _is_nothing(value: Any) -> bool:
    return value is MISSING or value is None


def _sometimes(member: str, old: Shape, number: int, ground: Ground) -> _Outcome:
    """Return what becomes of a member that is the same where both sides have it, and in some pairs is on one alone."""
    proposal = find_rule(member, old, ground)
    if "drop" in proposal.rule or isinstance(proposal.rule.get("from"), list):
        return _Outcome(fields=(FieldPlan(member, old.type, proposal),))
    return _Outcome(passes=True, question=f"is on one side alone in {number} of {len(ground.samples)} pairs")


def _more_words(old: Shape, new: Shape) -> str:
    if not (old.words and new.words):
        return ""
    _, unknown = word_table(old.words, new.words)
    return f"may say {listed(unknown)} now, which it never did: they pass as they are" if unknown else ""


def _nested(member: str, old: Shape, new: Shape, ground: Ground) -> _Outcome:
    """Return what becomes of an object that stays at its place."""
    inner = [
        Sample(one, two, sample.parameters)
        for sample in ground.samples
        if isinstance(one := _get(sample.old, member), dict) and isinstance(two := _get(sample.new, member), dict)
    ]
    plan = plan_resource(singular(member), old, new, Around(inner, ground.parameters))
    if plan.changes_nothing:
        return _Outcome(passes=True)
    if plan.only_leaves_out:
        inside = {reason: tuple(f"{member}.{name}" for name in names) for reason, names in plan.without.items()}
        return _Outcome(inside=inside)
    rule = {"from": member, "fidelity": "exact"}
    total = sum(1 for sample in ground.samples if read(member, sample.old) is not MISSING)
    return _Outcome(
        fields=(FieldPlan(member, "object", Proposal(rule, counted(len(inner), total) if total else ""), plan),)
    )
