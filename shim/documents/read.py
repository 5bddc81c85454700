"""How a class is read from a table: its attributes say which key each comes from, and as what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar

import attrs

from shim.documents.sources import Step, read_source
from shim.documents.tables import Rows, Table, checked

_Made = TypeVar("_Made")

_READ = "read"


def read_as(reader: Callable[[Table, str], Any], key: str = "", **more: Any) -> Any:
    """Return an attribute that ``reader`` reads from a table and a key, which is the attribute's name if left out."""
    return attrs.field(metadata={_READ: (reader, key)}, **more)


def read_declared(cls: type[_Made], table: Table, **known: Any) -> _Made:
    """Return an object whose attributes are read as they say; ``known`` are those that are given."""
    for one in attrs.fields(cls):  # type: ignore[arg-type]  # all of them are attrs classes
        if _READ in one.metadata and one.name not in known:
            reader, key = one.metadata[_READ]
            known[one.name] = reader(table, key or one.name)
    return cls(**known)


class Declared:
    """What is read from a table of its own, as its attributes say; each subclass is a frozen attrs class."""

    __slots__ = ()
    needs: ClassVar[tuple[str, ...]] = ()
    """Keys of which the table needs one."""

    @classmethod
    def read(cls, table: Table, **known: Any) -> Self:
        """Return what a table says, and note what is wrong with it; ``known`` are attributes that are given."""
        made = read_declared(cls, table, **known)
        table.refuse(made.wrong(table))
        table.finish(needs=cls.needs)
        return made

    @classmethod
    def maybe(cls, table: Table | None) -> Self | None:
        """Return what a table says, None without a table."""
        return None if table is None else cls.read(table)

    def wrong(self, table: Table) -> Rows:
        """Yield for each thing that can't be said: the key, whether the table says it, and what is wrong with it."""
        return iter(())


def nested(cls: type[Declared], key: str = "", *, default: Any = None) -> Any:
    """Return an attribute that is an object from a table of its own, ``default`` without one."""
    return read_as(lambda table, at: cls.maybe(table.table(at)) or default, key, default=default)


def named(cls: type[Declared], key: str = "") -> Any:
    """Return an attribute with an object from each table in one, by name."""
    return read_as(
        lambda table, at: {name: cls.read(one) for name, one in table.named_tables(at).items()}, key, factory=dict
    )


def place() -> Any:
    """Return an attribute that is the key path of the table."""
    return read_as(lambda table, _: table.path, default="")


def owner() -> Any:
    """Return an attribute that is the file which set the table."""
    return read_as(lambda table, _: table.owner)


def flag() -> Any:
    """Return an attribute that is true or false, false if left out."""
    return read_as(Table.flag, default=False)


def text(key: str = "", *, default: str | None = None) -> Any:
    """Return an attribute that is a text, required without a default."""
    more = {} if default is None else {"default": default}
    return read_as(lambda table, at: table.text(at, default=default), key, **more)


def maybe_text(key: str = "") -> Any:
    """Return an attribute that is a text, or None."""
    return read_as(lambda table, at: table.text(at, default="") or None, key, default=None)


def texts(key: str = "", *, required: bool = False) -> Any:
    """Return an attribute that is a tuple of texts."""
    return read_as(lambda table, at: table.texts(at, required=required), key, default=())


def source_text(*, default: str | None = None) -> Any:
    """Return an attribute that is one source as a text, required without a default."""
    more = {} if default is None else {"default": default}
    return read_as(lambda table, at: sources_in(table, at, (table.text(at, default=default),))[0], **more)


def source(key: str = "") -> Any:
    """Return an attribute that is one source, in a tuple."""
    return read_as(lambda table, at: sources_in(table, at, (table.text(at),)), key, default=())


def sources(key: str = "") -> Any:
    """Return an attribute that is a tuple of sources."""
    return read_as(lambda table, at: sources_in(table, at, table.texts(at)), key, default=())


def sources_in(table: Table, key: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return texts as they are, and note each that is no source."""
    for one in filter(None, said):
        checked(table, key, read_source, one)
    return said


def members_in(table: Table, key: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return sources that each item of a list has one value at."""
    for one in sources_in(table, key, said):
        if f"[{Step.EACH}]" in one:
            table.wrong(key, f"{one!r} is a list, and can't tell one item from another")
    return said
