"""Read models from JSON.

Atlas adds fields and words over time, so reading never raises. An unknown field goes to
``additional``, and an unknown word stays a plain string. For a value of the wrong type
the attribute is None, and the value stays in ``raw``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import GenericAlias, UnionType
from typing import Any, Generic, Self, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, urlsplit

import attrs

from shim.core.messages import Record

T = TypeVar("T")

ValueReader = Callable[[object], object]
"""Turns a JSON value into an attribute's value, or None if it has the wrong type."""


@attrs.frozen(kw_only=True)
class Model:
    """The common attributes of every model.

    An attribute that Atlas did not send is None.

    Of these three only ``additional`` counts in comparisons, and the repr has none of
    them.
    """

    additional: Mapping[str, Any] = attrs.field(factory=dict, hash=False, repr=False)
    """The fields unknown to this version."""
    raw: Mapping[str, Any] = attrs.field(factory=dict, eq=False, repr=False)
    """The original JSON object."""
    record: Record | None = attrs.field(default=None, eq=False, repr=False)
    """The reply's ``shim.record``.

    None in values inside a resource, and for a reply that the shim did not handle.
    """

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a decoded JSON object; never raises."""
        known = members(cls)
        values: dict[str, Any] = {}
        for name in data.keys() & known.keys():
            attribute, read = known[name]
            if (value := read(data[name])) is not None:
                values[attribute] = value
        return cls(
            additional={name: data[name] for name in data if name not in known},
            raw=data,
            **values,
        )


@attrs.frozen(kw_only=True)
class Link(Model):
    """A web link (RFC 8288): its target and relation."""

    href: str | None = None
    rel: str | None = None


@attrs.frozen(kw_only=True)
class Page(Model, Generic[T]):
    """One page of a list.

    ``total_count`` counts the items of all pages, and is None if it was not requested.
    """

    results: Sequence[T] = ()  # editors that use Jedi can't follow a tuple
    links: tuple[Link, ...] | None = None
    total_count: int | None = None

    @property
    def next_page(self) -> int | None:
        """The number of the next page, or None on the last one.

        Nothing else of the link is used, so that replies can't redirect calls.
        """
        for link in self.links or ():
            with suppress(KeyError, ValueError):
                if link.rel == "next" and link.href is not None:
                    return int(parse_qs(urlsplit(link.href).query)["pageNum"][0])
        return None


def _members(model: Any) -> Mapping[str, tuple[str, ValueReader]]:
    """Return a model's attribute and its reader by the name of the member in JSON."""
    hints = get_type_hints(model)
    common = attrs.fields_dict(Model)
    found = {}
    for items in get_args(getattr(model, "__orig_bases__", [None])[-1]):
        hints["results"] = GenericAlias(tuple, (items, ...))
    for attribute in (name for name in attrs.fields_dict(model) if name not in common):
        first, *others = attribute.split("_")
        words = (
            word.upper() if word in {"db", "gb", "utc"} else word.capitalize()
            for word in others
        )
        found["".join([first, *words])] = attribute, _reader(hints[attribute])
    return found


members: Callable[[Any], Mapping[str, tuple[str, ValueReader]]] = cache(_members)


def _reader(kind: Any) -> ValueReader:
    """Return the reader of an attribute's type; of a union the first type counts."""
    if isinstance(kind, UnionType):
        return _reader(get_args(kind)[0])
    if get_origin(kind) is tuple:
        read = _reader(get_args(kind)[0])  # items of the wrong type are left out
        return lambda value: (
            tuple(item for item in map(read, value) if item is not None)
            if isinstance(value, list)
            else None
        )
    kind = get_origin(kind) or kind
    if isinstance(kind, TypeVar):  # of a page of anything
        return lambda value: value
    if issubclass(kind, Model):
        return lambda value: kind.from_json(value) if isinstance(value, dict) else None
    if issubclass(kind, StrEnum):
        words = {word.value: word for word in kind}
        return lambda value: words.get(value, value) if isinstance(value, str) else None
    if kind is datetime:
        return instant
    return lambda value: value if type(value) is kind else None


def instant(value: object) -> datetime | None:
    """Read an RFC 3339 time as an aware datetime in UTC.

    A time without an offset is in UTC, as always in Atlas.
    """
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
        if when.tzinfo is None:
            return when.replace(tzinfo=UTC)
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
