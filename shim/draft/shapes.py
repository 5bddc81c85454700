"""What JSON values are made of, as a schema says or as recorded values show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from shim.documents.value_types import parse_time


@attrs.frozen
class Shape:
    """What a value may be: a JSON type (empty: any), and what belongs to that type.

    ``words`` are those of an enumeration; ``members`` those of an object, ``values`` what an object with free
    names has under each, ``item`` what an array has. A ``partial`` member is one that not every variant has.
    """

    kind: str = ""
    format: str = ""
    words: tuple[str, ...] = ()
    members: Mapping[str, Shape] = attrs.field(factory=dict)
    values: Shape | None = None
    item: Shape | None = None
    partial: bool = False

    @property
    def of_objects(self) -> bool:
        """Whether it is a list of objects whose members are known."""
        return self.kind == "array" and self.item is not None and bool(self.item.members)

    @property
    def is_links(self) -> bool:
        """Whether it is a list of links, as Atlas writes them: ``rel`` and ``href``."""
        return self.of_objects and self.item is not None and self.item.members.keys() >= {"rel", "href"}

    @property
    def type(self) -> str:
        """The field type of a mapping document; ``object`` where nothing is known."""
        if self.kind == "string":
            return "time" if self.format == "date-time" else "string"
        if self.kind == "array":
            inner = "" if self.item is None else self.item.kind
            return "links" if self.is_links else {"string": "strings", "object": "objects"}.get(inner, "array")
        return self.kind or "object"


ANY = Shape()


def union(shapes: Iterable[Shape], *, variants: bool) -> Shape:
    """Return what is any of several shapes (``variants``), or all of them at once, as far as that can be said."""
    known = [shape for shape in shapes if shape != ANY]
    if len(known) < 2:
        return known[0] if known else ANY
    kind = _kind(known)
    alike = [shape for shape in known if shape.kind == kind] or known
    names = dict.fromkeys(name for shape in alike for name in shape.members)
    enumerated = [shape.words for shape in alike if shape.words]
    every = not variants or len(enumerated) == len(alike)
    return Shape(
        kind=kind,
        format=next((shape.format for shape in alike if shape.format), ""),
        words=tuple(dict.fromkeys(word for words in enumerated for word in words)) if every else (),
        members={name: _member(name, alike, variants=variants) for name in names},
        values=_inner([shape.values for shape in alike], variants=variants),
        item=_inner([shape.item for shape in alike], variants=variants),
        partial=any(shape.partial for shape in known) if variants else all(shape.partial for shape in known),
    )


def _kind(shapes: Sequence[Shape]) -> str:
    # A schema may say `object` of what its variants know better.
    hollow = [shape for shape in shapes if shape.kind == "object" and not shape.members and shape.values is None]
    kinds = {shape.kind for shape in shapes if shape not in hollow} - {""} or {shape.kind for shape in hollow}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else ""


def _member(name: str, shapes: Sequence[Shape], *, variants: bool) -> Shape:
    having = [shape.members[name] for shape in shapes if name in shape.members]
    merged = union(having, variants=variants)
    missing = variants and len(having) < len(shapes)
    return attrs.evolve(merged, partial=True) if missing and not merged.partial else merged


def _inner(shapes: Iterable[Shape | None], *, variants: bool) -> Shape | None:
    known = [shape for shape in shapes if shape is not None]
    return union(known, variants=variants) if known else None


def observed(values: Iterable[Any]) -> Shape:
    """Return what recorded values are made of; null says nothing."""
    return union((_of_value(value) for value in values), variants=True)


def _of_value(value: Any) -> Shape:
    match value:
        case bool():
            return Shape("boolean")
        case int():
            return Shape("integer")
        case float():
            return Shape("number")
        case str():
            return Shape("string", format="date-time" if parse_time(value) else "")
        case list():
            return Shape("array", item=observed(value))
        case dict():
            return Shape("object", members={name: _of_value(inner) for name, inner in value.items()})
    return ANY


def refined(described: Shape, seen: Shape) -> Shape:
    """Return a described shape with what recorded values add to it; where they differ in type, values win."""
    if ANY in (described, seen):
        return seen if described == ANY else described
    if described.kind != seen.kind and {described.kind, seen.kind} != {"integer", "number"}:
        return seen
    if described.values is not None and not described.members:
        return described
    new = {name: attrs.evolve(shape, partial=True) for name, shape in seen.members.items()}
    return attrs.evolve(
        described,
        kind="number" if described.kind != seen.kind else described.kind,
        members={
            **{name: refined(shape, seen.members.get(name, ANY)) for name, shape in described.members.items()},
            **{name: shape for name, shape in new.items() if name not in described.members},
        },
        item=seen.item if described.item is None else refined(described.item, seen.item or ANY),
    )
