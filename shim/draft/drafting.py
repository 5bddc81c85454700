"""The plan of a document: which operation takes a place, how its answers are wrapped, and the resource inside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from shim.draft.descriptions import DescribedOperation, Description
from shim.draft.learning import word_table
from shim.draft.matching import plan_resource
from shim.draft.names import likeness, singular
from shim.draft.pairs import Pair
from shim.draft.plans import UNKNOWN, Around, FieldPlan, Proposal, ResourcePlan, Sample
from shim.draft.searching import LIKELY
from shim.draft.shapes import Shape, observed, refined
from shim.draft.sides import Asked, Side, find_sides
from shim.draft.wrapping import Wrap, find_order, find_wraps, is_of, samples_of
from shim.draft.writing import DocumentPlan, OperationPlan, Remarked

_ATLAS = "/api/atlas/v2"
_UNDATED = "2000-01-01"
"""The version of an API whose media types name none."""
_NEVER = date(2099, 1, 1)


def plan_document(
    old: Description, new: Description, wanted: Sequence[Asked], pairs: Sequence[Pair], name: str = ""
) -> DocumentPlan:
    """Return the plan of one document for one or more operations.

    Raises SettingsError for operations and versions that are not described, and for writes.
    """
    sides = [find_sides(old, new, one) for one in wanted]
    base = _base(sides[0][0])
    first = sides[0][0]
    name = name or re.sub(r"\W", "_", next(iter(reversed(_static(first.path))), "draft")).lower()
    title = f"{first.operation.id} {_of(first)}, answered from {sides[0][1].operation.id} {_of(sides[0][1])}"
    if first.operation.id == sides[0][1].operation.id:
        title = f"{name} {_of(first)}, answered from {sides[0][1].answer.version or 'the new one'}"
    api: dict[str, Any] = {}
    # The first version of Atlas' API has a base of its own besides, which a description of the other says nothing of.
    if base != _ATLAS or first.answer.version == "2023-01-01":
        api = {"base": base}
        if not first.answer.version:
            api |= {"version": _UNDATED, "content_type": "application/json"}
    matters = [_matter(one, two, pairs) for one, two in sides]
    operations = []
    for matter in matters:
        # A get and a list of the same have one resource, planned with the samples of both.
        alike = [one for one in matters if one.shapes == matter.shapes and one.wraps[0].bare == matter.wraps[0].bare]
        operations.append(_operation(matter, base, _resource(alike)))
    api_name = re.sub(r"\W", "", base.rpartition("/")[2]) or "old"
    return DocumentPlan({"format": 1, "name": name, "title": title}, {api_name: api} if api else {}, operations)


def _of(side: Side) -> str:
    return f"of {side.answer.version}" if side.answer.version else "as described"


def _static(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment and "{" not in segment]


def _base(side: Side) -> str:
    """Return where the API has its paths: its server's path, or the segments before the resource."""
    if side.path.startswith(f"{_ATLAS}/"):
        return _ATLAS
    if side.operation.base:
        return side.operation.base
    segments = side.path[1:].split("/")
    fixed = next((at for at, segment in enumerate(segments) if "{" in segment), len(segments))
    return "/" + "/".join(segments[: max(1, fixed - 1)])


@attrs.frozen
class _Matter:
    """One operation: both sides, how their answers are wrapped, what they hold as described, and the samples of it."""

    old: Side
    new: Side
    wraps: tuple[Wrap, Wrap]
    samples: tuple[Sample, ...]
    pages: tuple[tuple[list[Any], list[Any]], ...] = ()

    @property
    def shapes(self) -> tuple[Shape, Shape]:
        return self.wraps[0].inner, self.wraps[1].inner


def _matter(old: Side, new: Side, pairs: Sequence[Pair]) -> _Matter:
    own = [pair for pair in pairs if is_of(pair, old, new)]
    wraps = find_wraps((old, [pair.old for pair in own]), (new, [pair.new for pair in own]))
    pages = tuple((wraps[0].values(pair.old), wraps[1].values(pair.new)) for pair in own if wraps[0].shape == "page")
    return _Matter(old, new, wraps, tuple(sample for pair in own for sample in samples_of(pair, old, wraps)), pages)


def _resource(matters: Sequence[_Matter]) -> ResourcePlan:
    """Return the resource that the operations have in common."""
    first = matters[0]
    samples = [sample for one in matters for sample in one.samples]
    parameters = [name for name in first.old.operation.parameters if all(_has(one, name) for one in matters)]
    old, new = first.shapes
    old = refined(old, observed(sample.old for sample in samples))
    new = refined(new, observed(sample.new for sample in samples))
    name = re.sub(r"\W", "", singular(next(iter(reversed(_static(first.old.path))), "answer"))) or "answer"
    bare = first.wraps[0].bare and list(old.members) == ["value"]
    plan = plan_resource(name, old, new, Around(samples, tuple(parameters), top=True, bare=bare))
    # What a page is sorted by has to be a field with a name.
    keys = dict.fromkeys(key.lstrip("-") for one in matters for key in find_order(one.pages))
    named = {field.name for field in plan.fields}
    proposal = {
        key: Proposal({"from": key, "fidelity": "exact"}) for key in keys if key in old.members and key not in named
    }
    fields = tuple(FieldPlan(key, old.members[key].type, said) for key, said in proposal.items())
    return attrs.evolve(plan, fields=(*fields, *plan.fields))


def _has(matter: _Matter, parameter: str) -> bool:
    return parameter in matter.old.operation.parameters


def _operation(matter: _Matter, base: str, resource: ResourcePlan) -> OperationPlan:
    old, new, wraps = matter.old, matter.new, matter.wraps
    named = {field.name for field in resource.fields}
    order = [key for key in find_order(matter.pages) if key.lstrip("-") in named]
    return OperationPlan(
        id=old.operation.id,
        table=_table(old, new, base, wraps[0]) | ({"order": Remarked(order, "as in the pairs")} if order else {}),
        successor=_call(old, new, wraps) | ({"paging": "collected"} if order else {}),
        resource=resource,
        prefix=wraps[0].prefix,
        query=_query(old.operation, new.operation),
    )


def _table(old: Side, new: Side, base: str, wrap: Wrap) -> dict[str, Any]:
    version = old.answer.version or _UNDATED
    table: dict[str, Any] = {}
    if old.operation.aliases:
        table["aliases"] = list(old.operation.aliases)
    ends = old.later and f",<{_specifier(old.later)}"
    sunset = date.fromisoformat(old.answer.sunset) if old.answer.sunset else None
    deprecated = date.fromisoformat(new.answer.version or old.answer.sunset or "2026-01-01")
    table |= {
        "method": "GET",
        "path": old.path.removeprefix(base),
        "versions": f">={_specifier(version)}{ends}",
        "deprecated": Remarked(
            min(deprecated, sunset or deprecated), "not in the description; the day of the new version", question=False
        )
        if new.answer.version
        else Remarked(min(deprecated, sunset or deprecated), "not in the description"),
        "sunset": sunset or Remarked(_NEVER, "not in the description"),
        "shape": wrap.shape,
    }
    if wrap.shape == "page" and wrap.items != "results":
        table["items"] = wrap.items
    return table


def _specifier(version: str) -> str:
    return ".".join(str(int(part)) for part in version.split("-"))


def _call(old: Side, new: Side, wraps: tuple[Wrap, Wrap]) -> dict[str, Any]:
    path, remarks, wrap = new.path, list[str](), wraps[1]
    own, theirs = old.operation.parameters, new.operation.parameters
    free = [name for name in own if name not in theirs]
    for name in theirs:
        if name not in own:
            like = max(free, key=lambda one: likeness(one, name), default="")
            remarks.append(
                f"{{{name}}} is taken for {{{like}}}" if like else f"{{{name}}} is no parameter of the old path"
            )
            path = path.replace(f"{{{name}}}", f"{{{like}}}" if like else "unknown")
            free = [one for one in free if one != like]
    if wraps[0].shape != "one" and wraps[1].shape == "one":
        remarks.append("the old answer is a list, and this one is not")
    version = new.answer.version
    call: dict[str, Any] = {
        "path": Remarked(path, "; ".join(remarks)) if remarks else path,
        "version": version or Remarked(_UNDATED, "goes into Accept; the new description names no date"),
    }
    if wrap.shape == "page" and wrap.items != "results":
        call["items"] = wrap.items
    if wrap.shape == "array" or (wrap.bare and wrap.shape == "one"):
        call["bare"] = True
    return call


def _query(old: DescribedOperation, new: DescribedOperation) -> Mapping[str, Mapping[str, Any]]:
    """Return the rules for parameters of the old query that the new one has not under their names."""
    known = {"envelope", "pretty", "pageNum", "itemsPerPage", "includeCount"}
    rules: dict[str, Mapping[str, Any]] = {}
    for name, shape in old.query.items():
        if name in known:
            continue
        free = [one for one in new.query if one not in old.query and likeness(one, name) >= LIKELY]
        other = name if name in new.query else max(free, key=lambda one: likeness(one, name), default="")
        table, _ = word_table(new.query[other].words, shape.words) if other else ({}, [])
        rule: dict[str, Any] = {} if other == name else {"to": Remarked(other, "likely, by its name")}
        if any(word != one for word, one in table.items()):
            rule["values"] = Remarked(table, "other spellings")
        if not other:
            rule = {"drop": True, "why": Remarked(UNKNOWN, "the new call has no such parameter")}
        if rule:
            rules[name] = rule
    return rules
