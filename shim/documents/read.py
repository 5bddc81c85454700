"""How a class is read from a table: the type of an attribute says what its key holds, or a reader does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Self

import attrs

from shim.documents.sources import Step, parse_source
from shim.documents.tables import Rows, Table, checked, read_template

_READER = "reader"
_KEYS = "keys"
_BY_TYPE: Mapping[str, Callable[[Table, str, Any], Any]] = {
    "str": lambda table, key, default: table.text(
        key, default=None if default is attrs.NOTHING else default
    ),
    "str | None": lambda table, key, _: table.text(key, default="") or None,
    "bool": lambda table, key, default: (
        table.flag(key) if key in table.data else default is True
    ),
    "bool | None": lambda table, key, _: table.flag(key) if key in table.data else None,
    "int | None": lambda table, key, _: table.integer(key),
    "datetime": lambda table, key, _: table.day(key),
    "datetime | None": lambda table, key, _: (
        table.day(key) if key in table.data else None
    ),
    "tuple[str, ...]": lambda table, key, _: table.texts(key),
    "Any": lambda table, key, _: table.data.get(key),
    "Template": lambda table, key, _: read_template(table, key),
    "Template | None": lambda table, key, _: (
        read_template(table, key, verbs=True) if key in table.data else None
    ),
}
"""How attributes without a reader are read; those of other types are not."""


def read_as(reader: Callable[[Table, str], Any], *keys: str, **more: Any) -> Any:
    """Return an attribute that ``reader`` reads from a table and a key, which is the attribute's name if left out.

    If it looks at several keys, the first is handed to it.
    """
    return attrs.field(
        metadata={_READER: lambda table, at, _: reader(table, at), _KEYS: keys or None},
        **more,
    )


def under(name: str, **more: Any) -> Any:
    """Return an attribute that is read, as its type says, from a key of another name."""
    return attrs.field(metadata={_KEYS: (name,)}, **more)


def of_table(name: str, **more: Any) -> Any:
    """Return an attribute that is one of the table itself: its name, path or owner, or of what is around it."""
    get = attrgetter(name)
    return attrs.field(
        metadata={_READER: lambda table, *_: get(table), _KEYS: ()}, **more
    )


def given(*keys: str, **more: Any) -> Any:
    """Return an attribute that the class itself reads from ``keys``."""
    return attrs.field(metadata={_READER: None, _KEYS: keys}, **more)


def nested(cls: type[Declared]) -> Any:
    """Return an attribute that is read from its own table, None without it."""
    return read_as(lambda table, at: cls.maybe(table.table(at)), default=None)


def named(cls: type[Declared], *key: str) -> Any:
    """Return an attribute with an object from each table in one, by name."""

    def read(table: Table, at: str) -> dict[str, Any]:
        tables = table.named_tables(at)
        return {name: cls.read(one) for name, one in tables.items()}

    return read_as(read, *key, factory=dict)


@cache
def _declared(
    cls: Any,
) -> tuple[Sequence[tuple[str, Sequence[str], Any, Any]], frozenset[str]]:
    """Return the attributes that are read from a table, with name, keys, reader and default of each, and all keys."""
    found = []
    for one in attrs.fields(cls):
        keys = one.metadata.get(_KEYS)
        reader = one.metadata.get(_READER, _BY_TYPE.get(one.type))
        if keys is None:
            keys = (one.name,)
        found.append((one.name, keys, reader, one.default))
    return found, frozenset(key for _, keys, _, _ in found for key in keys)


class Declared:
    """What is read from a table, as its attributes say; each subclass is a frozen attrs class."""

    __slots__ = ()

    @classmethod
    def keys(cls) -> frozenset[str]:
        """Return the keys that its table may have."""
        return _declared(cls)[1]  # type: ignore[arg-type]  # classes have hashes

    @classmethod
    def read(cls, table: Table) -> Self:
        """Return the object that a whole table describes; report defects and unknown keys."""
        table.know(cls.keys())
        return cls.part(table)

    @classmethod
    def maybe(cls, table: Table | None) -> Self | None:
        """Return the object that a table describes, None without a table."""
        return None if table is None else cls.read(table)

    @classmethod
    def part(cls, table: Table, **known: Any) -> Self:
        """Return the object that some keys describe; report defects. Attributes in ``known`` are not read."""
        made = cls.unchecked(table, **known)
        table.refuse(made.wrong(table))
        return made

    @classmethod
    def unchecked(cls, table: Table, **known: Any) -> Self:
        """Return the object that some keys describe, as far as each can be read."""
        for name, keys, reader, default in _declared(cls)[0]:  # type: ignore[arg-type]  # classes have hashes
            if reader is not None and name not in known:
                known[name] = reader(table, keys[0] if keys else "", default)
        return cls(**known)

    def wrong(self, table: Table) -> Rows:
        """Yield a row for each possible defect: the key, whether the table has the defect, and its text."""
        return iter(())


def source_text(**default: str) -> Any:
    """Return an attribute that is one source as a text, required without a default."""

    def read(table: Table, at: str) -> str:
        text = table.text(at, **default)
        is_bad = text and checked(table, at, parse_source, text) is None
        return "invalid" if is_bad else text

    return read_as(read, **default)


def source(
    *key: str, several: bool = False, of_item: bool = False, unless: object = ...
) -> Any:
    """Return an attribute that is one source or ``several``, in a tuple, empty if the key's value is ``unless``.

    With ``of_item`` none may be a list, since it has to tell one item from another.
    """

    def read(table: Table, at: str) -> tuple[str, ...]:
        if table.data.get(at) is unless:
            return ()
        if unless is True:
            noun = "a text, or true"
        else:
            noun = "a text"
        if several:
            texts = table.texts(at)
        else:
            texts = (table.text(at, noun=noun),)
        said = tuple(one for one in texts if checked(table, at, parse_source, one))
        for one in said:
            if of_item and f"[{Step.EACH}]" in one:
                table.wrong(
                    at, f"{one!r} is a list, and can't tell one item from another"
                )
        return said

    return read_as(read, *key, default=())


def that(fits: Callable[[Any], object], what: str, default: Any, *key: str) -> Any:
    """Return an attribute with the value of a key; reports ``what`` of a value that does not fit."""

    def read(table: Table, at: str) -> Any:
        said = table.data.get(at, default)
        if at not in table.data or fits(said):
            return said
        table.wrong(at, what.format(said))
        return default

    return read_as(read, *key, default=default)


def true() -> Any:
    """Return an attribute whose key is true if it is there."""
    return that(lambda said: said is True, "must be true", True)  # noqa: FBT003 - a value
