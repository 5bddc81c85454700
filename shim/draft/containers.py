"""Lists of objects, and objects with free names: the same list, one whose items became more, or another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from shim.draft.learning import same_value
from shim.draft.names import counts, likeness, singular
from shim.draft.plans import Around, FieldPlan, Proposal, ResourcePlan, Sample, counted
from shim.draft.searching import ALIKE, LIKELY, Ground, path_likeness
from shim.draft.shapes import Shape
from shim.draft.sources import MISSING, Source, read

Planner = Callable[[str, Shape, Shape, Around], ResourcePlan]
"""``matching.plan_resource``, which calls this file for lists and is called by it for their items."""


def list_field(  # noqa: PLR0913, PLR0917 - a member of both sides, and where it is searched for how
    member: str, old: Shape, new: Shape, ground: Ground, plan: Planner, path: str = ""
) -> tuple[FieldPlan | None, bool]:
    """Return the field for a list of objects, None and whether it passes unchanged where none is needed.

    ``path`` is where the new list is, the same name when left out.
    """
    path = path or member
    assert old.item is not None, "a list of objects has items"
    assert new.item is not None, "a list of objects has items"
    lists = [
        (one, two, sample)
        for sample in ground.samples
        if isinstance(one := read(member, sample.old), list) and isinstance(two := read(path, sample.new), list)
    ]
    grouping = _grouping(old.item, new.item, [(one, two) for one, two, _ in lists])
    if grouping is not None:
        return _grouped(member, path, (old.item, new.item), grouping, lists, ground, plan), False
    if any(len(one) != len(two) for one, two, _ in lists):
        return None, False
    samples = [
        Sample(first, second, sample.parameters) for one, two, sample in lists for first, second in aligned(one, two)
    ]
    of = plan(singular(member), old.item, new.item, Around(samples, ground.parameters))
    if of.changes_nothing and path == member:
        return None, True
    rule = {"from": path, "fidelity": "exact" if path == member else "renamed"}
    remark = counted(len(lists), len(lists)) if lists else ""
    renamed = path != member and not lists
    proposal = Proposal(rule, "a list alike by name and members" if renamed else remark, question=renamed)
    return FieldPlan(member, "objects", proposal, of), False


def aligned(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield items that belong together: by an id that both lists have, else by their order."""
    for name in ("id", "name", "_id"):
        left, right = ({str(one.get(name)): one for one in many if isinstance(one, dict)} for many in (old, new))
        if len(left) == len(old) and left.keys() == right.keys() and "None" not in left:
            yield from ((one, right[key]) for key, one in left.items())
            return
    yield from zip(old, new, strict=True)


def _grouped(  # noqa: PLR0913, PLR0917 - the field of a list whose items became more
    member: str,
    path: str,
    items: tuple[Shape, Shape],
    grouping: tuple[list[str], str],
    lists: Sequence[tuple[list[Any], list[Any], Sample]],
    ground: Ground,
    plan: Planner,
) -> FieldPlan:
    by, count = grouping
    samples = [
        Sample(one, group[0], sample.parameters)
        for old, new, sample in lists
        for one, group in zip(old, _groups(new, by[0]), strict=True)
    ]
    of = plan(singular(member), items[0], items[1], Around(samples, ground.parameters, count))
    why = f"Items of the new answer with one {by[0]} were one item; the first of them is taken."
    rule = {"from": path, "group": by if len(by) > 1 else by[0], "fidelity": "derived", "why": why}
    if lists:
        return FieldPlan(member, "objects", Proposal(rule, counted(len(lists), len(lists))), of)
    remark = f"{count} looks like a count of what is one item each now"
    return FieldPlan(member, "objects", Proposal(rule, remark, question=True), of)


def _groups(items: Sequence[Any], by: str) -> list[list[Any]]:
    found: dict[Any, list[Any]] = {}
    for item in items:
        found.setdefault(repr(item.get(by)) if isinstance(item, dict) else None, []).append(item)
    return list(found.values())


def _grouping(old: Shape, new: Shape, lists: Sequence[tuple[list[Any], list[Any]]]) -> tuple[list[str], str] | None:
    """Return the members by which new items make one old item, and the old member that counts them."""
    numbers = [
        name
        for name, shape in old.members.items()
        if shape.kind == "integer" and name not in new.members and (lists or counts(name))
    ]
    keys = [
        name
        for name, shape in old.members.items()
        if shape.kind in {"string", "integer"} and name in new.members and new.members[name].kind == shape.kind
    ]
    # What names something comes first; an item's own id would make no groups.
    keys = sorted(keys, key=lambda name: (not name.endswith(("Id", "ID")), not name.endswith(("Name", "name"))))
    for count in numbers:
        for key in keys:
            if lists and all(_is_grouped(one, two, key, count) for one, two in lists):
                return _with_name(key, keys, count, lists), count
            if not lists and key.endswith(("Id", "ID", "Name")):
                return _with_name(key, keys, count, lists), count
    return None


def _with_name(key: str, keys: Sequence[str], count: str, lists: Sequence[tuple[list[Any], list[Any]]]) -> list[str]:
    """Return the key of a group, and the name beside its id for items that have no id."""
    name = f"{key[:-2]}Name"
    if key.endswith(("Id", "ID")) and name in keys and all(_is_grouped(one, two, name, count) for one, two in lists):
        return [key, name]
    return [key]


def _is_grouped(old: Sequence[Any], new: Sequence[Any], key: str, count: str) -> bool:
    groups = _groups(new, key)
    return len(groups) == len(old) and all(
        isinstance(one, dict)
        and isinstance(group[0], dict)
        and one.get(count) == len(group)
        and same_value(one.get(key), group[0].get(key))
        for one, group in zip(old, groups, strict=True)
    )


def find_container(member: str, old: Shape, ground: Ground, plan: Planner) -> FieldPlan | None:
    """Return the field of a list or object that stands elsewhere in the new answer; None when none is like it."""
    if old.is_links or not (old.of_objects or old.members or (old.values is not None and old.values.members)):
        return None
    inner = old.item if old.of_objects else old if old.members else old.values
    assert inner is not None, "one of the three is there"
    ranked = []
    for source in ground.sources:
        there = source.shape.item if source.shape.of_objects else source.shape
        fits = source.shape.of_objects if not old.members else source.shape.kind == "object"
        if not fits or there is None or not there.members or "[each]" in source.path or source.path in ground.taken:
            continue
        alike, common = path_likeness(member, source), _overlap(inner, there)
        keyed = old.values is not None and bool(ground.samples) and common > 0  # which pairs prove or not
        if keyed or alike >= LIKELY or (common >= ALIKE and len(inner.members) > 1):
            ranked.append((alike + common, -ground.strangeness(source), -source.depth, source))
    for _, _, _, source in sorted(ranked, key=lambda one: one[:3], reverse=True):
        field = _at(member, old, source, ground, plan)
        if field is not None and field.of is not None and _says_something(field.of):
            return field
    return None


def _overlap(old: Shape, new: Shape) -> float:
    return len(old.members.keys() & new.members.keys()) / len(old.members)


def _says_something(plan: ResourcePlan) -> bool:
    return plan.rest or any(not field.proposal.is_absent for field in plan.fields)


def _at(member: str, old: Shape, source: Source, ground: Ground, plan: Planner) -> FieldPlan | None:
    if old.of_objects:
        return list_field(member, old, source.shape, ground, plan, source.path)[0]
    if not old.members:
        return _keyed(member, old, source, ground, plan)
    values = [(read(member, sample.old), read(source.path, sample.new), sample) for sample in ground.samples]
    samples = [
        Sample(one, two, sample.parameters)
        for one, two, sample in values
        if isinstance(one, dict) and isinstance(two, dict)
    ]
    total = sum(1 for one, _, _ in values if one is not MISSING)
    if total and len(samples) < total:
        return None
    of = plan(singular(member), old, source.shape, Around(samples, ground.parameters))
    remark = counted(len(samples), total) if total else "an object alike by name or members"
    rule = {"from": source.path, "fidelity": "renamed"}
    if "[" in source.path:
        rule = {"from": source.path, "fidelity": "derived", "why": "The new answer has it in the first item of a list."}
    return FieldPlan(member, "object", Proposal(rule, remark, question=not total), of)


def _keyed(member: str, old: Shape, source: Source, ground: Ground, plan: Planner) -> FieldPlan | None:
    """Return the field of an object with free names, of which the new answer has a list."""
    assert old.values is not None, "it has free names"
    assert source.shape.item is not None, "it is a list of objects"
    named = [name for name, shape in source.shape.item.members.items() if shape.kind == "string"]
    named.sort(
        key=lambda name: (
            -max(likeness(member, name), likeness(source.last, name)),
            not name.endswith(("Name", "name", "Id", "id", "key")),
        )
    )
    values = [
        (one, two, sample)
        for sample in ground.samples
        if isinstance(one := read(member, sample.old), dict) and isinstance(two := read(source.path, sample.new), list)
    ]
    if ground.samples and not any(one for one, _, _ in values):
        return None
    for name in named:
        if not all(list(one) == [item.get(name) for item in two] for one, two, _ in values):
            continue
        samples = [Sample(one[item[name]], item, sample.parameters) for one, two, sample in values for item in two]
        of = plan(singular(member), old.values, source.shape.item, Around(samples, ground.parameters))
        why = f"The new answer has a list, each item with its {name}."
        rule = {"from": source.path, "keyed": name, "fidelity": "derived", "why": why}
        remark = counted(len(values), len(values)) if values else f"a list of the same; is {name} the key?"
        return FieldPlan(member, "object", Proposal(rule, remark, question=not values), of)
    return None
