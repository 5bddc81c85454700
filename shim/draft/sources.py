"""Where a rule could read: the paths of a shape, in the language of mapping documents, and what stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import attrs

from shim.draft.shapes import Shape

MISSING = object()
"""What stands for a value that is not there."""

_DEEPEST = 6
_NAME = re.compile(r"[^.\[\]]+")
_PART = re.compile(r"(.+?)(?:\[(first|only|each)\])?")


@attrs.frozen
class Source:
    """One path of the new answer, what is there, and whether each variant of the answer has it."""

    path: str
    shape: Shape
    sure: bool

    @property
    def last(self) -> str:
        """The last name of the path, without selector."""
        return self.path.rpartition(".")[2].partition("[")[0]

    @property
    def depth(self) -> int:
        """How many names the path has."""
        return self.path.count(".") + 1


def sayable(name: str) -> bool:
    """Tell whether a document can name a member: dots and brackets mean something there, and digits an item."""
    return _NAME.fullmatch(name) is not None and not name.isdigit()


def sources(shape: Shape, before: str = "", *, sure: bool = True, deep: int = 0) -> Iterator[Source]:
    """Yield every path of an object from top to bottom; into lists by their first item, and by each."""
    for name, member in shape.members.items():
        if not sayable(name) or deep > _DEEPEST:
            continue
        path, known = f"{before}{name}", sure and not member.partial
        yield Source(path, Shape("array", item=member) if "[each]" in path else member, known)
        if member.kind == "object":
            yield from sources(member, f"{path}.", sure=known, deep=deep + 1)
        elif member.kind == "array" and member.item is not None and not member.is_links:
            if member.item.members:
                yield Source(f"{path}[first]", member.item, known)
                yield from sources(member.item, f"{path}[first].", sure=known, deep=deep + 1)
                if "[each]" not in path:
                    yield from sources(member.item, f"{path}[each].", sure=known, deep=deep + 3)
            elif member.item.kind not in {"", "object", "array"}:
                yield Source(f"{path}[first]", member.item, known)


def read(path: str, value: Any) -> Any:
    """Return what stands at a path, MISSING where there is nothing or null."""
    for at, part in enumerate(parts := path.split(".")):
        found = _PART.fullmatch(part)
        name, selector = (found[1], found[2]) if found else (part, None)
        value = value.get(name, MISSING) if isinstance(value, dict) else MISSING
        if value is None or value is MISSING:
            return MISSING
        if selector is not None and (not isinstance(value, list) or (not value and selector != "each")):
            return MISSING
        if selector == "each":
            rest = ".".join(parts[at + 1 :])
            inner = [read(rest, item) for item in value] if rest else value
            return [one for one in inner if one is not MISSING]
        if selector is not None:
            value = value[0]
    return value
