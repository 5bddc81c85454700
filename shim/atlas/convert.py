"""Declares the attributes of models, and reads them from JSON.

Atlas adds fields and words over time, so reading never raises: an unknown field goes to
``additional``, an unknown word stays a plain string, and for a value of the wrong type the
attribute is None and the value stays in ``raw``.
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
"""Turns a JSON value into an attribute's value, None if it has the wrong type."""


@attrs.frozen(kw_only=True)
class Model:
    """The common attributes of every model; an attribute that Atlas did not send is None.

    ``additional`` has the fields unknown to this version, ``raw`` the original JSON object, and ``record`` what
    ``shim.record`` returns for the reply, None if the shim took no part in it and in values inside a resource.
    Of the three only ``additional`` counts in comparisons, and the repr has none of them.
    """

    additional: Mapping[str, Any] = attrs.field(factory=dict, hash=False, repr=False)
    raw: Mapping[str, Any] = attrs.field(factory=dict, eq=False, repr=False)
    record: Record | None = attrs.field(default=None, eq=False, repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a decoded JSON object; never raises."""
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
    """Declare an attribute by its JSON name and reader; the repr leaves out a ``secret`` one."""
    value: Any = attrs.field(default=None, repr=not secret, metadata={"name": name, "read": read})
    return value  # type: ignore[no-any-return]


def rows(name: str, model: type[M]) -> tuple[M, ...]:
    """Declare an attribute with a list of models, empty if the list is missing."""
    value: Any = attrs.field(default=(), metadata={"name": name, "read": items(nested(model))})
    return value  # type: ignore[no-any-return]


def text(value: object) -> str | None:
    """Read a string."""
    return value if isinstance(value, str) else None


def boolean(value: object) -> bool | None:
    """Read true or false."""
    return value if isinstance(value, bool) else None


def integer(value: object) -> int | None:
    """Read an integer of any size; true and 1.0 are not integers."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def instant(value: object) -> datetime | None:
    """Read an RFC 3339 time as an aware datetime in UTC; a time without offset is in UTC, as always in Atlas."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def word(words: type[W]) -> Reader[W | str]:
    """Read one of a set of words; an unknown word stays a plain string."""

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
    """Read a list as a tuple, without items of the wrong type."""

    def read_all(value: object) -> tuple[T, ...] | None:
        if not isinstance(value, list):
            return None
        return tuple(content for content in map(read, value) if content is not None)

    return read_all
