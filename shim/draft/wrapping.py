"""How an answer holds its resource: alone, in a page, in an array; and the samples of it that pairs hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from shim.draft.containers import aligned
from shim.draft.pairs import Pair
from shim.draft.plans import Sample
from shim.draft.shapes import ANY, Shape, observed
from shim.draft.sides import Side
from shim.draft.sources import read, sayable

_PAGING = frozenset({"results", "totalCount", "links", "total", "count", "next", "previous", "page", "pageSize"})


@attrs.frozen
class Wrap:
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


def find_wraps(old: tuple[Side, Sequence[Any]], new: tuple[Side, Sequence[Any]]) -> tuple[Wrap, Wrap]:
    """Return how both sides hold a resource; each comes with recorded answers. One object may be made of a page."""
    before, after = _wrap(*old), _wrap(*new)
    if before.shape == "one" and after.shape == "page":
        after = Wrap("one", new[0].answer.shape)
    elif before.shape == "one" and after.shape == "array":
        after = Wrap("one", Shape("object", members={"value": new[0].answer.shape}), bare=True)
    return before, after


def _wrap(side: Side, answers: Sequence[Any]) -> Wrap:
    """Return how an answer holds its resource, by its description, or by recorded answers where that says nothing."""
    shape = side.answer.shape if side.answer.shape != ANY else observed(answers)
    if shape.kind == "array":
        item = shape.item or ANY
        return Wrap("array", _object(item), bare=not item.members)
    if not shape.members and shape.kind not in {"", "object"}:
        return Wrap("one", _object(shape), bare=True)
    # What is asked for by a parameter is one, whatever lists it has.
    for path, item in () if side.path.endswith("}") else _lists(shape):
        return Wrap("page", _object(item), path, bare=not item.members)
    return Wrap("one", shape)


def _object(shape: Shape) -> Shape:
    return shape if shape.members else Shape("object", members={"value": shape})


def _lists(shape: Shape, before: str = "") -> Iterator[tuple[str, Shape]]:
    """Yield the list that an answer is a page of: the one list among members that speak of paging only."""
    others = {name: one for name, one in shape.members.items() if name not in _PAGING - {"results"}}
    name, one = next(iter(others.items()), ("", ANY))
    if len(others) != 1 or not sayable(name):
        return
    if one.kind == "array" and one.item is not None:
        yield f"{before}{name}", one.item
    elif one.kind == "object" and not before:
        yield from _lists(one, f"{name}.")


def samples_of(pair: Pair, old: Side, wraps: tuple[Wrap, Wrap]) -> Iterator[Sample]:
    """Yield the objects of a pair that belong together."""
    one, two = wraps[0].values(pair.old), wraps[1].values(pair.new)
    segments = zip(old.path.split("/"), pair.path.partition("?")[0].split("/"), strict=False)
    parameters = {name[1:-1]: segment for name, segment in segments if name.startswith("{")}
    if len(one) == len(two):
        for first, second in aligned(one, two):
            yield Sample(first, second, parameters)


def is_of(pair: Pair, old: Side, new: Side) -> bool:
    """Tell whether a pair is of an operation, in these versions."""
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(old.path))
    versions = (pair.old_version in {"", old.answer.version}, pair.new_version in {"", new.answer.version})
    return all(versions) and re.fullmatch(pattern, pair.path.partition("?")[0].rstrip("/")) is not None


def find_order(pages: Sequence[tuple[list[Any], list[Any]]]) -> tuple[str, ...]:
    """Return what old pages are sorted by where the new ones stand in another order; empty where they do not."""
    if all(_ids(old) == _ids(new) or set(_ids(old)) != set(_ids(new)) for old, new in pages):
        return ()
    olds = [old for old, _ in pages if len(old) > 1]
    names = [name for name, value in olds[0][0].items() if type(value) in {str, int, float}]
    for name in names:
        values = [[one.get(name) for one in old] for old in olds]
        if {type(value) for several in values for value in several} not in ({str}, {int}, {float}):
            continue
        for sign, backwards in (("-", True), ("", False)):
            if all(several == sorted(several, reverse=backwards) for several in values):
                return (f"{sign}{name}",)
    return ()


def _ids(items: Sequence[Any]) -> list[str]:
    return [str(one.get("id", one.get("name"))) for one in items]
