"""Parse sources: nested names with steps into lists, such as ``specs[first].regions[each].name``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Literal, Self, TypeAlias

from shim.documents.vocabulary import Json


class Step(StrEnum):
    """A step into a list."""

    FIRST = "first"
    """The first item."""
    ONLY = "only"
    """The only item of a list that has exactly one."""
    EACH = "each"
    """All items: the rest of the path is looked up in each, which gives a list."""


class Where(str):
    """A step to the first, or the only, item of a list in which a member is true."""

    __slots__ = ("member", "step")
    step: Step
    member: str

    def __new__(cls, step: Step, member: str) -> Self:
        """Return the step as written in a source."""
        made = super().__new__(cls, f"{step} where {member}")
        made.step = step
        made.member = member
        return made


class NoValue(Enum):
    """The result of a lookup for a missing member, which differs from null."""

    MISSING = "missing"


Path = tuple[str | Step, ...]
"""The names and steps of a source, in order."""

_PART = re.compile(r"([^.\[\]]+)(?:\[([^\[\]]*)\])?")
_WHERE = re.compile(r"(first|only) where (\w+)")
MAX_NAME_LENGTH = 1000
"""The characters of a source, or of a nested name."""


@lru_cache(maxsize=4096)
def parse_source(text: str) -> Path:
    """Return the path of a source; raises ValueError with the defect."""
    if len(text) > MAX_NAME_LENGTH:
        raise ValueError(
            f"is not a source: it has more than {MAX_NAME_LENGTH} characters"
        )
    path = list[str | Step]()
    what = ""
    for part in text.split("."):
        found = _PART.fullmatch(part)
        name, step = found.groups() if found else ("", None)
        where = _WHERE.fullmatch(step) if step else None
        if not found or (step not in {None, *Step} and where is None):
            what = f"{part!r} is neither a name nor a name with one of [first], [only], [each], [only where member]"
        elif name.isdigit():
            what = f"an item of a list is selected with [first] or [only], not {name}"
        elif name == "$" and not path:
            what = "a source begins with a name, without $"
        if what:
            raise ValueError(f"{text!r} is not a source: {what}")
        path.append(name)
        if step:
            if where:
                path.append(Where(Step(where[1]), where[2]))
            else:
                path.append(Step(step))
    return tuple(path)


_Path: TypeAlias = Sequence[str | Step]
_Value: TypeAlias = Json | Literal[NoValue.MISSING]


class _SeveralItems(Exception):  # noqa: N818 - a list that a step can't handle is not an error
    """A list of several items, from which ``[only]`` can't choose."""


def look_up(source: Json, path: _Path) -> _Value:
    """Return the value at a path, MISSING if any part is missing.

    For a list from which ``[only]`` can't choose, return the list, so that it can be
    shown.
    """
    try:
        return _found(source, path)
    except _SeveralItems as several:
        items: list[Json] = several.args[0]
        return items


def _found(source: Json, path: _Path) -> _Value:
    for number, part in enumerate(path):
        if type(part) is str:
            if type(source) is not dict or part not in source:
                return NoValue.MISSING
            source = source[part]
        elif type(source) is not list:
            return NoValue.MISSING
        elif part is Step.EACH:
            return _of_each(source, path[number + 1 :])
        else:
            step = part
            if isinstance(part, Where):
                step = part.step
                objects = [one for one in source if type(one) is dict]
                source = [one for one in objects if one.get(part.member) is True]
            if not source:
                return NoValue.MISSING
            if step is Step.ONLY and len(source) > 1:
                raise _SeveralItems(source)
            source = source[0]
    return source


def _of_each(items: list[Json], path: _Path) -> list[Json]:
    """Return the value at a path in each item.

    A path with another ``[each]`` gives one flat list.
    """
    is_nested = Step.EACH in path
    values = list[Json]()
    for item in items:
        value: Any = _found(item, path)
        if value is NoValue.MISSING:
            continue
        if is_nested:
            values += value
        else:
            values.append(value)
    return values


def has_several(source: Json, path: Path) -> bool:
    """Return whether ``[only]`` in a path finds several items and can't choose."""
    try:
        _found(source, path)
    except _SeveralItems:
        return True
    return False


def is_step(part: str | Step) -> bool:
    """Return whether a part of a path is a step into a list instead of a name."""
    return isinstance(part, Step | Where)


def lacking(source: Json, path: Path, at: str) -> Iterator[tuple[str, Json]]:
    """Yield the items that lack the value of a path with ``[each]``, with their place below ``at``."""
    step = path.index(Step.EACH)
    items = taken(source, path[:step])
    if type(items) is not list:
        return
    rest = path[step + 1 :]
    outer, _, inner = at.partition(f"[{Step.EACH}]")
    for number, item in enumerate(items):
        here = f"{outer}[{number}]"
        if _has_list(item, rest):
            yield from lacking(item, rest, f"{here}{inner}")
        elif rest and look_up(item, rest) is NoValue.MISSING:
            yield here, item


def _has_list(item: Json, path: Path) -> bool:
    """Return whether a path has an ``[each]``, and the list of items for it."""
    if Step.EACH not in path:
        return False
    return type(taken(item, path[: path.index(Step.EACH)])) is list


def taken(source: Json, path: Path) -> Json:
    """Return the value at a path, None if any part is missing or ``[only]`` can't choose."""
    try:
        found = _found(source, path)
    except _SeveralItems:
        return None
    return None if found is NoValue.MISSING else found
