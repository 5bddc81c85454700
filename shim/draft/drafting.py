"""The plan of a document: which operation takes a place, how its answers are wrapped, and the resource inside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from shim.draft.containers import aligned
from shim.draft.descriptions import AnswerVersion, DescribedOperation, Description
from shim.draft.matching import plan_resource
from shim.draft.names import likeness, singular
from shim.draft.pairs import Pair
from shim.draft.plans import UNKNOWN, Around, ResourcePlan, Sample
from shim.draft.shapes import ANY, Shape, observed, refined
from shim.draft.sources import read
from shim.draft.writing import DocumentPlan, OperationPlan, Remarked
from shim.errors import SettingsError

_ATLAS = "/api/atlas/v2"
_UNDATED = "2000-01-01"
"""The version of an API whose media types name none."""
_NEVER = date(2099, 1, 1)
_PAGING = frozenset({"results", "totalCount", "links", "total", "count", "next", "previous", "page", "pageSize"})


@attrs.frozen
class Asked:
    """What is wanted: the operation, its successor if it has another id, and the versions of both."""

    operation: str
    successor: str = ""
    old_version: str = ""
    new_version: str = ""


@attrs.frozen
class _Side:
    operation: DescribedOperation
    answer: AnswerVersion
    later: str = ""

    @property
    def path(self) -> str:
        return f"{self.operation.base}{self.operation.path}"


def plan_document(
    old: Description, new: Description, wanted: Sequence[Asked], pairs: Sequence[Pair], name: str = ""
) -> DocumentPlan:
    """Return the plan of one document for one or more operations.

    Raises SettingsError for operations and versions that are not described, and for writes.
    """
    sides = [_sides(old, new, one) for one in wanted]
    base = _base(sides[0][0])
    first = sides[0][0]
    name = name or re.sub(r"\W", "_", next(iter(reversed(_static(first.path))), "draft")).lower()
    title = f"{first.operation.id} {_of(first)}, answered from {sides[0][1].operation.id} {_of(sides[0][1])}"
    if first.operation.id == sides[0][1].operation.id:
        title = f"{name} {_of(first)}, answered from {sides[0][1].answer.version or 'the new one'}"
    api: dict[str, Any] = {}
    if base != _ATLAS:
        api = {"base": base}
        if not first.answer.version:
            api |= {"version": _UNDATED, "content_type": "application/json"}
    matters = [_matter(one, two, pairs) for one, two in sides]
    operations = []
    for matter in matters:
        # A get and a list of the same have one resource, planned with the samples of both.
        alike = [one for one in matters if one.shapes == matter.shapes and one.wraps[0].bare == matter.wraps[0].bare]
        operations.append(_operation(matter, base, _resource(alike)))
    return DocumentPlan({"format": 1, "name": name, "title": title}, api, operations)


def _of(side: _Side) -> str:
    return f"of {side.answer.version}" if side.answer.version else "as described"


def _sides(old: Description, new: Description, asked: Asked) -> tuple[_Side, _Side]:
    before = old.operation(asked.operation)
    if before.method != "GET":
        raise SettingsError(f"{before.id}: is a {before.method}; a draft is made of reads, a write needs its author")
    after = new.operation(asked.successor) if asked.successor else _successor(before, new)
    same = old.name == new.name and before.id == after.id
    one = _version(old, before, asked.old_version, 0)
    two = _version(new, after, asked.new_version, -1)
    if same and one.version == two.version:
        raise SettingsError(
            f"{before.id}: has one version, {one.version or 'without a date'}; give a second description"
        )
    later = next((each.version for each in before.answers if each.version > one.version), "")
    return _Side(before, one, later or (two.version if before.path == after.path else "")), _Side(after, two)


def _successor(before: DescribedOperation, new: Description) -> DescribedOperation:
    reads = [one for one in new.operations if one.method == "GET"]
    for one in reads:
        if one.id == before.id:
            return one
    for one in reads:
        if re.sub(r"\{\w+\}", "{}", one.path) == re.sub(r"\{\w+\}", "{}", before.path):
            return one
    near = sorted(reads, key=lambda one: likeness(one.id, before.id), reverse=True)
    known = ", ".join(one.id for one in near[:4]) or "none"
    raise SettingsError(f"{new.name}: has no operation {before.id!r}; name its successor with --successor: {known}")


def _version(where: Description, operation: DescribedOperation, wanted: str, default: int) -> AnswerVersion:
    if not operation.answers:
        raise SettingsError(f"{where.name}: {operation.id} has no JSON answer")
    if not wanted:
        return operation.answers[default]
    for answer in operation.answers:
        if answer.version == wanted:
            return answer
    known = ", ".join(answer.version or "one without a date" for answer in operation.answers)
    raise SettingsError(f"{where.name}: {operation.id} has no version {wanted}; there is {known}")


def _static(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment and "{" not in segment]


def _base(side: _Side) -> str:
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

    old: _Side
    new: _Side
    wraps: tuple[_Wrap, _Wrap]
    samples: tuple[Sample, ...]

    @property
    def shapes(self) -> tuple[Shape, Shape]:
        return self.wraps[0].inner, self.wraps[1].inner


def _matter(old: _Side, new: _Side, pairs: Sequence[Pair]) -> _Matter:
    own = [pair for pair in pairs if _is_of(pair, old, new)]
    wraps = _wrap(old.answer.shape, [pair.old for pair in own]), _wrap(new.answer.shape, [pair.new for pair in own])
    return _Matter(old, new, wraps, tuple(sample for pair in own for sample in _samples(pair, old, wraps)))


def _resource(matters: Sequence[_Matter]) -> ResourcePlan:
    """Return the resource that the operations have in common."""
    first = matters[0]
    samples = [sample for one in matters for sample in one.samples]
    parameters = [name for name in first.old.operation.parameters if all(_has(one, name) for one in matters)]
    old, new = first.shapes
    old = refined(old, observed(sample.old for sample in samples))
    new = refined(new, observed(sample.new for sample in samples))
    name = re.sub(r"\W", "", singular(next(iter(reversed(_static(first.old.path))), "answer"))) or "answer"
    plan = plan_resource(name, old, new, Around(samples, tuple(parameters), top=True))
    return attrs.evolve(plan, bare=first.wraps[0].bare, rest=plan.rest and not first.wraps[0].bare)


def _has(matter: _Matter, parameter: str) -> bool:
    return parameter in matter.old.operation.parameters


def _operation(matter: _Matter, base: str, resource: ResourcePlan) -> OperationPlan:
    old, new, wraps = matter.old, matter.new, matter.wraps
    return OperationPlan(
        id=old.operation.id,
        table=_table(old, new, base, wraps[0]),
        successor=_call(old, new, wraps[1]),
        resource=resource,
        prefix=wraps[0].prefix,
        query=_query(old.operation, new.operation),
    )


def _is_of(pair: Pair, old: _Side, new: _Side) -> bool:
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(old.path))
    versions = (pair.old_version in {"", old.answer.version}, pair.new_version in {"", new.answer.version})
    return all(versions) and re.fullmatch(pattern, pair.path.partition("?")[0].rstrip("/")) is not None


@attrs.frozen
class _Wrap:
    """How an answer holds its resource: ``shape`` as documents say it, the path of the list, bare values or not."""

    shape: str
    inner: Shape
    items: str = ""
    bare: bool = False

    @property
    def prefix(self) -> str:
        """What the names of the resource's fields begin with in a table of fields."""
        return {"one": "", "array": "[]."}.get(self.shape, f"{self.items}[].")

    def values(self, answer: Any) -> list[Any]:
        """Return the objects of an answer."""
        found = answer if self.shape == "array" else read(self.items, answer) if self.shape == "page" else [answer]
        return [one if isinstance(one, dict) else {"value": one} for one in found] if isinstance(found, list) else []


def _wrap(described: Shape, answers: Sequence[Any]) -> _Wrap:
    shape = described if described != ANY else observed(answers)
    if shape.kind == "array":
        item = shape.item or ANY
        return _Wrap("array", _object(item), bare=not item.members)
    if not shape.members and shape.kind not in {"", "object"}:
        return _Wrap("one", _object(shape), bare=True)
    for path, item in _lists(shape):
        return _Wrap("page", _object(item), path, bare=not item.members)
    return _Wrap("one", shape)


def _object(shape: Shape) -> Shape:
    return shape if shape.members else Shape("object", members={"value": shape})


def _lists(shape: Shape, before: str = "") -> Iterator[tuple[str, Shape]]:
    """Yield the list that an answer is a page of: the one list among members that speak of paging only."""
    others = {name: one for name, one in shape.members.items() if name not in _PAGING - {"results"}}
    if len(others) != 1:
        return
    name, one = next(iter(others.items()))
    if one.kind == "array" and one.item is not None:
        yield f"{before}{name}", one.item
    elif one.kind == "object" and not before:
        yield from _lists(one, f"{name}.")


def _samples(pair: Pair, old: _Side, wraps: tuple[_Wrap, _Wrap]) -> Iterator[Sample]:
    one, two = wraps[0].values(pair.old), wraps[1].values(pair.new)
    segments = zip(old.path.split("/"), pair.path.partition("?")[0].split("/"), strict=False)
    parameters = {name[1:-1]: segment for name, segment in segments if name.startswith("{")}
    if len(one) == len(two):
        for first, second in aligned(one, two):
            yield Sample(first, second, parameters)


def _table(old: _Side, new: _Side, base: str, wrap: _Wrap) -> Mapping[str, Any]:
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


def _call(old: _Side, new: _Side, wrap: _Wrap) -> Mapping[str, Any]:
    path, unknown = new.path, []
    own, theirs = old.operation.parameters, new.operation.parameters
    free = [name for name in own if name not in theirs]
    for name in theirs:
        if name not in own:
            like = max(free, key=lambda one: likeness(one, name), default="")
            unknown.append(
                f"{{{name}}} is taken for {{{like}}}" if like else f"{{{name}}} is no parameter of the old path"
            )
            path = path.replace(f"{{{name}}}", f"{{{like}}}" if like else UNKNOWN.replace("?", "unknown"))
            free = [one for one in free if one != like]
    version = new.answer.version
    call: dict[str, Any] = {
        "path": Remarked(path, "; ".join(unknown)) if unknown else path,
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
    for name in old.query:
        if name in known or name in new.query:
            continue
        free = [one for one in new.query if one not in old.query and likeness(one, name) >= 0.66]
        if free:
            rules[name] = {"to": Remarked(max(free, key=lambda one: likeness(one, name)), "likely, by its name")}
        else:
            rules[name] = {"drop": True, "why": Remarked(UNKNOWN, "the new call has no such parameter")}
    return rules
