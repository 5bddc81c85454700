"""Unwind lists within lists: yield each item with the values around it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from operator import eq
from typing import Any

from shim.documents.sources import Path
from shim.documents.vocabulary import Json

ItemPath = tuple[str, ...]
"""The place of an item: the names of its path, each with the position in a list."""


def list_at(value: Json, path: Path) -> Json:
    """Return the first list on a path, or the value at its end."""
    for name in path:
        if type(value) is not dict:
            break
        value = value.get(name)
    return value


def items_at(
    value: Json, path: Path, keyed: str, *, bodily: bool, at: ItemPath = ()
) -> Iterator[tuple[ItemPath, Any]]:
    """Yield the objects on a path, with one item in place of each list, and the plain values next to it.

    For a request body (``bodily``) they also contain the objects and lists next to it.
    """
    if type(value) is list:
        for number, item in enumerate(value):
            place = (*at[:-1], f"{at[-1]}[{number}]")
            if path:
                yield from items_at(item, path, keyed, bodily=bodily, at=place)
            else:
                yield place, item
    elif path and type(value) is dict and path[0] in value:
        beside = {}
        for name, one in value.items():
            if bodily or type(one) not in {dict, list}:
                beside[name] = one
        first, *rest = path
        below = (*at, first)
        inner = items_at(value[first], tuple(rest), keyed, bodily=bodily, at=below)
        yield from ((place, {**beside, path[0]: one}) for place, one in inner)
    elif keyed and not path and type(value) is dict:
        for name, one in value.items():
            place = (*at[:-1], f"{at[-1]}.{name}")
            yield place, {**one, keyed: name} if type(one) is dict else one


def placed(where: str, path: Path, at: ItemPath) -> str:
    """Return the place of a value whose source shares names with a list's path."""
    names = where.split(".")
    common = sum(takewhile(bool, map(eq, names, path)))
    return ".".join((*at[:common], *names[common:]))
