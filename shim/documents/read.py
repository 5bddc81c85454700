"""How a class is read from a table: the type of an attribute says what its key holds, or a reader does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import attrs

from shim.documents.sources import Step, read_source
from shim.documents.tables import Rows, Table, checked

_Made = TypeVar("_Made")

_READER, _KEY = "reader", "key"
_BY_TYPE: Mapping[str, Callable[[Table, str, Any], Any]] = {
    "str": lambda table, key, default: table.text(key, default=None if default is attrs.NOTHING else default),
    "str | None": lambda table, key, _: table.text(key, default="") or None,
    "bool": lambda table, key, _: table.flag(key),
    "int | None": lambda table, key, _: table.integer(key),
    "datetime": lambda table, key, _: table.instant(key),
    "datetime | None": lambda table, key, _: table.instant(key) if table.has(key) else None,
    "tuple[str, ...]": lambda table, key, default: table.texts(key, required=default is attrs.NOTHING),
}
"""How attributes without a reader are read; those of other types are not."""


def read_as(reader: Callable[[Table, str], Any], key: str = "", **more: Any) -> Any:
    """Return an attribute that ``reader`` reads from a table and a key, which is the attribute's name if left out."""
    return attrs.field(metadata={_READER: lambda table, at, _: reader(table, at), _KEY: key}, **more)


def under(name: str, **more: Any) -> Any:
    """Return an attribute that is read, as its type says, from a key of another name."""
    return attrs.field(metadata={_KEY: name}, **more)


def of_table(name: str, **more: Any) -> Any:
    """Return an attribute that is one of the table itself: its name, path or owner."""
    return read_as(lambda table, _: getattr(table, name), **more)


def nested(cls: type[Declared], *, default: Any = None) -> Any:
    """Return an attribute that is read from its own table; ``default`` if there is no such table."""
    return read_as(lambda table, at: cls.maybe(table.table(at)) or default, default=default)


def named(cls: type[Declared], key: str = "") -> Any:
    """Return an attribute with an object from each table in one, by name."""
    return read_as(
        lambda table, at: {name: cls.read(one) for name, one in table.named_tables(at).items()}, key, factory=dict
    )


def read_declared(cls: type[_Made], table: Table, **known: Any) -> _Made:
    """Return an object whose attributes are read as they say; ``known`` are those that are given."""
    for one in attrs.fields(cls):  # type: ignore[arg-type]  # all of them are attrs classes
        reader = one.metadata.get(_READER) or _BY_TYPE.get(one.type)
        if reader is not None and one.init and not one.inherited and one.name not in known:
            known[one.name] = reader(table, one.metadata.get(_KEY) or one.name, one.default)
    return cls(**known)


class Declared:
    """What is read from a table of its own, as its attributes say; each subclass is a frozen attrs class."""

    __slots__ = ()

    @classmethod
    def read(cls, table: Table, **known: Any) -> Self:
        """Return what a table says, and note what is wrong with it; ``known`` are attributes that are given."""
        made = read_declared(cls, table, **known)
        table.refuse(made.wrong(table))
        table.finish()
        return made

    @classmethod
    def maybe(cls, table: Table | None) -> Self | None:
        """Return what a table says, None without a table."""
        return None if table is None else cls.read(table)

    def wrong(self, table: Table) -> Rows:
        """Yield a row for each possible defect: the key, whether the table has the defect, and its text."""
        return iter(())


def source_text(**default: str) -> Any:
    """Return an attribute that is one source as a text, required without a default."""
    return read_as(lambda table, at: sources_in(table, at, (table.text(at, **default),))[0], **default)


def source(key: str = "") -> Any:
    """Return an attribute that is one source, in a tuple."""
    return read_as(lambda table, at: sources_in(table, at, (table.text(at),)), key, default=())


def sources_in(table: Table, key: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return texts unchanged, and note each that is not a valid source."""
    for one in said:
        checked(table, key, read_source, one)
    return said


def members_in(table: Table, key: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return sources that each item of a list has one value at."""
    for one in sources_in(table, key, said):
        if f"[{Step.EACH}]" in one:
            table.wrong(key, f"{one!r} is a list, and can't tell one item from another")
    return said
