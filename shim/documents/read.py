"""How a class is read from a table: the type of an attribute says what its key holds, or a reader does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, Self, TypeVar

import attrs

from shim.documents.sources import Step, parse_source
from shim.documents.tables import Rows, Table, checked

_Made = TypeVar("_Made")
_READER, _KEYS = "reader", "keys"
_BY_TYPE: Mapping[str, Callable[[Table, str, Any], Any]] = {
    "str": lambda table, key, default: table.text(key, default=None if default is attrs.NOTHING else default),
    "str | None": lambda table, key, _: table.text(key, default="") or None,
    "bool": lambda table, key, _: table.flag(key),
    "int | None": lambda table, key, _: table.integer(key),
    "datetime": lambda table, key, _: table.day(key),
    "datetime | None": lambda table, key, _: table.day(key) if key in table.data else None,
    "tuple[str, ...]": lambda table, key, default: table.texts(key, required=default is attrs.NOTHING),
}
"""How attributes without a reader are read; those of other types are not."""


def read_as(reader: Callable[[Table, str], Any], *keys: str, **more: Any) -> Any:
    """Return an attribute that ``reader`` reads from a table and a key, which is the attribute's name if left out.

    If it looks at several keys, the first is handed to it.
    """
    return attrs.field(metadata={_READER: lambda table, at, _: reader(table, at), _KEYS: keys or None}, **more)


def under(name: str, **more: Any) -> Any:
    """Return an attribute that is read, as its type says, from a key of another name."""
    return attrs.field(metadata={_KEYS: (name,)}, **more)


def of_table(name: str, **more: Any) -> Any:
    """Return an attribute that is one of the table itself: its name, path or owner, or of what is around it."""
    get = attrgetter(name)
    return attrs.field(metadata={_READER: lambda table, *_: get(table), _KEYS: ()}, **more)


def given(*keys: str, **more: Any) -> Any:
    """Return an attribute that the class itself reads from ``keys``."""
    return attrs.field(metadata={_READER: None, _KEYS: keys}, **more)


def nested(cls: type[Declared], *, default: Any = None) -> Any:
    """Return an attribute that is read from its own table; ``default`` if there is no such table."""
    return read_as(lambda table, at: cls.maybe(table.table(at)) or default, default=default)


def named(cls: type[Declared], *key: str) -> Any:
    """Return an attribute with an object from each table in one, by name."""
    return read_as(
        lambda table, at: {name: cls.read(one) for name, one in table.named_tables(at).items()}, *key, factory=dict
    )


@cache
def _declared(cls: Any) -> tuple[tuple[str, tuple[str, ...], Callable[[Table, str, Any], Any] | None, Any], ...]:
    """Return the attributes that are read from a table: name, keys, reader and default of each."""
    found = []
    for one in attrs.fields(cls):
        if one.init and (one.metadata or (not one.inherited and one.type in _BY_TYPE)):
            keys = one.metadata.get(_KEYS)
            reader = one.metadata.get(_READER, _BY_TYPE.get(one.type))
            found.append((one.name, (one.name,) if keys is None else keys, reader, one.default))
    return tuple(found)


@cache
def _keys_of(cls: Any) -> frozenset[str]:
    return frozenset(key for _, keys, _, _ in _declared(cls) for key in keys)


def read_declared(cls: type[_Made], table: Table, **known: Any) -> _Made:
    """Return an object whose attributes are read as declared; attributes in ``known`` are not read."""
    for name, keys, reader, default in _declared(cls):  # type: ignore[arg-type]  # classes have hashes
        if reader is not None and name not in known:
            known[name] = reader(table, keys[0] if keys else "", default)
    return cls(**known)


class Declared:
    """What is read from a table, as its attributes say; each subclass is a frozen attrs class."""

    __slots__ = ()

    @classmethod
    def keys(cls) -> frozenset[str]:
        """Return the keys that its table may have."""
        return _keys_of(cls)  # type: ignore[arg-type]  # classes have hashes

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
        made = read_declared(cls, table, **known)
        table.refuse(made.wrong(table))
        return made

    def wrong(self, table: Table) -> Rows:
        """Yield a row for each possible defect: the key, whether the table has the defect, and its text."""
        return iter(())


def source_text(**default: str) -> Any:
    """Return an attribute that is one source as a text, required without a default."""
    return read_as(lambda table, at: sources_in(table, at, (table.text(at, **default),))[0], **default)


def source(*key: str, several: bool = False, of_item: bool = False, required: bool = True) -> Any:
    """Return an attribute that is one source or ``several``, in a tuple; ``of_item``: each has one value in an item."""

    def read(table: Table, at: str) -> tuple[str, ...]:
        if not required and at not in table.data:
            return ()
        said = sources_in(table, at, table.texts(at, required=True) if several else (table.text(at),))
        for one in said:
            if of_item and f"[{Step.EACH}]" in one:
                table.wrong(at, f"{one!r} is a list, and can't tell one item from another")
        return said

    return read_as(read, *key, default=())


def sources_in(table: Table, key: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return texts unchanged, and note each that is not a valid source."""
    for one in said:
        checked(table, key, parse_source, one)
    return said


def must_be_true(table: Table, key: str) -> bool:
    """Return true; report any other value."""
    if not table.flag(key):
        table.wrong(key, "must be true")
    return True
