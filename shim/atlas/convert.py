"""How the attributes of a model are declared and read from JSON.

Atlas adds fields and words over time, so reading never raises: an unknown field goes to
``additional``, an unknown word stays a plain string, and a value of another type than the declared
one leaves its attribute None and stays in ``raw``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Self, TypeVar

import attrs

from shim.core.messages import Record

T = TypeVar("T")
M = TypeVar("M", bound="Model")
W = TypeVar("W", bound=StrEnum)

Reader = Callable[[object], T | None]
"""Turns a JSON value into an attribute's value, None when it is not of the declared type."""


@attrs.frozen(kw_only=True)
class Model:
    """What every model has beside its own attributes; an attribute that Atlas did not send is None.

    ``additional`` holds the fields this version does not know, ``raw`` the JSON object as it came, and
    ``record`` what ``shim.record`` returns: how the shim got a page, its items or a single resource, None
    when the shim had no part in it and in values inside a resource. Of the three only ``additional``
    counts in comparisons, and none is in the repr.
    """

    additional: Mapping[str, Any] = attrs.field(factory=dict, hash=False, repr=False)
    raw: Mapping[str, Any] = attrs.field(factory=dict, eq=False, repr=False)
    record: Record | None = attrs.field(default=None, eq=False, repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a decoded JSON object, whatever is in it."""
        rules = _rules(cls)  # type: ignore[arg-type]  # mypy takes the hash of instances for that of classes
        values: dict[str, Any] = {}
        additional: dict[str, Any] = {}
        for name, value in data.items():
            if name not in rules:
                additional[name] = value
                continue
            attribute, read = rules[name]
            content = read(value)
            if content is not None:
                values[attribute] = content
        return cls(additional=additional, raw=data, **values)


@cache
def _rules(model: type[Model]) -> dict[str, tuple[str, Reader[object]]]:
    return {
        attribute.metadata["name"]: (attribute.name, attribute.metadata["read"])
        for attribute in attrs.fields(model)
        if "name" in attribute.metadata
    }


def field(name: str, read: Reader[T], *, secret: bool = False) -> T | None:
    """Declare an attribute by its JSON name and reader; a ``secret`` one stays out of the repr."""
    value: Any = attrs.field(default=None, repr=not secret, metadata={"name": name, "read": read})
    return value  # type: ignore[no-any-return]


def rows(name: str, model: type[M]) -> tuple[M, ...]:
    """Declare an attribute that holds a list of models, an empty one when the list is missing."""
    value: Any = attrs.field(default=(), metadata={"name": name, "read": items(nested(model))})
    return value  # type: ignore[no-any-return]


def text(value: object) -> str | None:
    """Read a string."""
    return value if isinstance(value, str) else None


def boolean(value: object) -> bool | None:
    """Read true or false."""
    return value if isinstance(value, bool) else None


def integer(value: object) -> int | None:
    """Read a whole number of any size; true and 1.0 are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def instant(value: object) -> datetime | None:
    """Read an RFC 3339 time as an aware datetime in UTC; a time without offset is UTC, as all of Atlas' are."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def word(words: type[W]) -> Reader[W | str]:
    """Read one of a set of words; a word from the future stays a plain string."""

    def read(value: object) -> W | str | None:
        if not isinstance(value, str):
            return None
        try:
            return words(value)
        except ValueError:
            return value

    return read


def nested(model: type[M]) -> Reader[M]:
    """Read an object as a model."""
    return lambda value: model.from_json(value) if isinstance(value, dict) else None


def items(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """Read a list as a tuple, leaving out what is not of the declared type."""

    def read_all(value: object) -> tuple[T, ...] | None:
        if not isinstance(value, list):
            return None
        return tuple(content for content in map(read, value) if content is not None)

    return read_all
