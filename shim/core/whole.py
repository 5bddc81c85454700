"""Merge a caller's members into the old version's view, for a complete legacy body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shim.core.responses import CallError
from shim.documents.lens import NAME, ONLY, BodyPlace, Lens
from shim.documents.sources import parse_source, taken
from shim.documents.vocabulary import Json, JsonObject


def whole_body(lens: Lens, base: JsonObject, asked: JsonObject) -> JsonObject:
    """Return a complete legacy body: requested members merged into a base, synonyms in their place.

    Raises CallError for a member that has no single place, or contradicts its synonym.
    """
    members = {name: value for name, value in asked.items() if name in lens.members}
    whole = _over(base, members)
    others = moved(lens, base, asked)
    said = {name: taken(asked, parse_source(name)) for name in others}
    for name, target in others.items():
        if target in asked and asked[target] != base.get(target):
            continue
        try:
            whole = _put(whole, lens.means[name], said[name])
        except LookupError:
            detail = f"{name} can't be given if there are several; use {target}, which has it for each."
            raise CallError(400, "INVALID_ATTRIBUTE", detail, (name,)) from None
    for name, target in others.items():
        if not _says(whole, lens.means[name], said[name]):
            beside = target
            for one, also in others.items():
                if also == target and one != name:
                    beside = one
                    break
            other = target if target in asked else beside
            raise CallError(
                400,
                "INVALID_ATTRIBUTE",
                f"{name} contradicts {other}.",
                (name,),
            )
    return whole


def moved(lens: Lens, base: JsonObject, asked: JsonObject) -> dict[str, str]:
    """Return the requested members that change a value at another place, each with its outermost member there."""
    found: dict[str, str] = {}
    for name, place in lens.means.items():
        said, shown = (taken(one, parse_source(name)) for one in (asked, base))
        if said is not None and said != shown:
            found[name] = place[0]
    return found


def passed_over(lens: Lens, whole: JsonObject, asked: JsonObject) -> list[str]:
    """Return the requested members that repeat an old value of another place, which the body changes."""
    said = {name: taken(asked, parse_source(name)) for name in lens.means}
    found = []
    for name, value in said.items():
        if value is not None and not _says(whole, lens.means[name], value):
            found.append(name)
    return found


def without_asked(base: JsonObject, asked: JsonObject) -> JsonObject:
    """Return an object without the requested members."""
    rest: JsonObject = {}
    for name, value in base.items():
        said = asked.get(name)
        if type(value) is dict and type(said) is dict:
            rest[name] = without_asked(value, said)
        elif name not in asked:
            rest[name] = value
    return rest


def _over(base: JsonObject, asked: JsonObject) -> JsonObject:
    """Return an object with the requested values in place of the old ones.

    Objects keep their other members.
    """
    whole = dict(base)
    for name, value in asked.items():
        inner = whole.get(name)
        if type(inner) is dict and type(value) is dict:
            whole[name] = _over(inner, value)
        else:
            whole[name] = value
    return whole


def _put(here: Any, place: BodyPlace, value: Json) -> Any:
    """Return a value with another one at a place.

    Raises LookupError where a step doesn't find exactly one item.
    """
    if not place:
        return value
    step = place[0]
    rest = place[1:]
    if step not in {ONLY, NAME}:
        inner = here if type(here) is dict else {}
        return {**inner, step: _put(inner.get(step), rest, value)}
    items = _items(here)
    if len(items) != 1:
        raise LookupError
    if step == NAME:
        return {value: items[0]}
    one = _put(items[0], rest, value)
    if type(here) is list:
        return [one]
    return dict.fromkeys(here, one)


def _says(here: Json, place: BodyPlace, value: Json) -> bool:
    """Return whether a place has a value, in each of several items."""
    if not place:
        return here == value
    step = place[0]
    rest = place[1:]
    if step == ONLY:
        return all(_says(one, rest, value) for one in _items(here))
    if step == NAME:
        return type(here) is dict and value in here
    return type(here) is dict and _says(here.get(step), rest, value)


def _items(here: Json) -> Sequence[Json]:
    """Return the items of a list, or of an object that has them by name."""
    if type(here) is dict:
        return [*here.values()]
    return here if type(here) is list else []
