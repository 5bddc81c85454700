"""Find where the members of a legacy body are in the calls that replace it.

This needs no document: each member of an example gets another value, and the changes in
the calls show its place.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from shim.cli.dry import DrySend

Leaf = tuple[str | int, ...]
"""The names and numbers that lead to a value that is not a container."""
Play = Callable[[bytes], list[DrySend]]
"""Returns the calls that a body leads to."""
_OTHER = "anotherMember"


@attrs.frozen
class MovedMember:
    """A member of a legacy body, and its places in one call."""

    old: str
    """As in ``providerSettings.volumeType`` or ``roles[]``.

    ``*`` is each member that the document does not name.
    """
    new: tuple[str, ...]
    """Members of the new body, ``path`` or ``query``.

    Empty if the call does not have it.
    """
    is_same: bool
    """Whether the value is the old one.

    A list may have this number of items instead.
    """
    default: Any
    """The first new member's value if the old member is left out.

    It is None if the new member is left out, too.
    """


@attrs.frozen
class BodyPlan:
    """The body of one call: its members' origins, and a template.

    The template has old members in braces.
    """

    members: tuple[MovedMember, ...]
    template: Any


NO_BODY = BodyPlan((), None)


def body_plan(example: bytes, send: DrySend, play: Play) -> BodyPlan:
    """Return how a call's body is built from a legacy body with an example."""
    old = json.loads(example)
    new = _content(send)
    members = dict[str, MovedMember]()
    template = copy.deepcopy(new)
    for leaf, value in _leaves(old):
        name = _name(leaf)
        other = _like(send, play(_changed(old, leaf, value)))
        if other is None:
            places = _alike(new, leaf, value)
        else:
            places = [*_differences(new, _content(other))]
        is_same = all(_at(new, place) == value for place in places)
        for place in places if is_same else ():
            *way, last = place
            _at(template, tuple(way))[last] = f"{{{name}}}"
        names = [
            *map(_name, places),
            *(_elsewhere(send, other) if other is not None else ()),
        ]
        if places:
            default = _default(send, places[0], play(_without(old, leaf)))
        else:
            default = None
        # Of items that are sent one by one, the first one shows their places.
        if name not in members or not members[name].new:
            members[name] = MovedMember(
                name, (*dict.fromkeys(names),), is_same, default
            )
    if isinstance(old, dict):
        all_else = _like(send, play(json.dumps({**old, _OTHER: _OTHER}).encode()))
        if all_else is not None and _at(_content(all_else), (_OTHER,)) == _OTHER:
            members["*"] = MovedMember("*", ("*",), is_same=True, default=None)
    return BodyPlan((*members.values(),), template)


def _alike(new: Any, leaf: Leaf, value: Any) -> list[Leaf]:
    """Return the places of a value that allows no alternative: those of a similar one.

    Only some values are allowed for it.
    """
    if isinstance(value, bool | int | float):
        return []
    places = [place for place, one in _leaves(new) if one == value]
    return [
        place for place in places if isinstance(value, str) or place[-1] == leaf[-1]
    ]


def _default(send: DrySend, place: Leaf, sends: list[DrySend]) -> Any:
    """Return the value at a call's place, in another call that does the same."""
    other = _like(send, sends)
    if other is not None:
        left = _at(_content(other), place)
    else:
        left = None
    if isinstance(left, Mapping | list):
        return None
    return left


def _content(send: DrySend) -> Any:
    return json.loads(send.send.call.body or b"null")


def _like(send: DrySend, sends: list[DrySend]) -> DrySend | None:
    """Return the corresponding call for another body, or None."""
    for one in sends:
        if _job_of(one) == _job_of(send):
            return one
    return None


def _job_of(send: DrySend) -> tuple[object, ...]:
    """Return the key of a call among others of the same exchange.

    It does not depend on the body.
    """
    return send.send.call.method, send.role, send.ahead, send.send.route


def _leaves(value: Any, above: Leaf = ()) -> Iterator[tuple[Leaf, Any]]:
    """Yield the values and names in a body, with their paths.

    They are the values that are not containers, empty containers, and names in braces.
    """
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            if name.startswith("{"):
                yield (*above, name), name
            yield from _leaves(inner, (*above, name))
    elif isinstance(value, list) and any(value):
        for at, inner in enumerate(value):
            yield from _leaves(inner, (*above, at))
    elif above:
        yield above, value


def _another(value: Any) -> Any:
    """Return another value of the same type."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}2"
        case [_, *_]:
            return []
        case list():
            return [_OTHER]
        case _:
            return {_OTHER: _OTHER}


def _differences(new: Any, other: Any, above: Leaf = ()) -> Iterator[Leaf]:
    """Yield the paths of differences in another body.

    A difference is a value, or a list with more or fewer items.
    """
    if isinstance(new, Mapping) and isinstance(other, Mapping) and new:
        for name, inner in new.items():
            yield from _differences(inner, other.get(name), (*above, name))
    elif isinstance(new, list) and isinstance(other, list) and len(new) == len(other):
        for at, (one, its) in enumerate(zip(new, other, strict=True)):
            yield from _differences(one, its, (*above, at))
    elif isinstance(new, list) and isinstance(other, list):
        yield above
    elif new != other:
        yield from (leaf for leaf, _ in _leaves(new, above))


def _elsewhere(send: DrySend, other: DrySend) -> Iterator[str]:
    """Yield the parts of the URL that another body changes."""
    if send.send.call.path != other.send.call.path:
        yield "path"
    if send.send.call.query != other.send.call.query:
        yield "query"


def _at(value: Any, leaf: Leaf) -> Any:
    """Return the value at a path, or None if the path is missing."""
    for step in leaf:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _changed(value: Any, leaf: Leaf, old: Any) -> bytes:
    """Return a body as JSON, with another value or name in one place."""
    changed = copy.deepcopy(value)
    *way, last = leaf
    holder = _at(changed, tuple(way))
    if last == old:
        holder[f"{last}2"] = holder.pop(last)
    else:
        holder[last] = _another(old)
    return json.dumps(changed).encode()


def _without(value: Any, leaf: Leaf) -> bytes:
    """Return a body as JSON, without the value in one place."""
    changed = copy.deepcopy(value)
    *way, last = leaf
    del _at(changed, tuple(way))[last]
    return json.dumps(changed).encode()


def _name(leaf: Leaf) -> str:
    """Return a path as people write it: names with dots, and [] for items of a list."""
    return "".join(
        "[]" if isinstance(step, int) else f".{step}" for step in leaf
    ).removeprefix(".")
