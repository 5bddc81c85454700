"""Read a class from a table, by the types of its attributes or by readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, Self, TypeAlias

import attrs

from shim.documents.sources import Step, parse_source
from shim.documents.tables import Rows, Table, checked, read_template
from shim.documents.templates import Template

_READER = "reader"
_KEYS = "keys"
_KeyReader: TypeAlias = Callable[[Table, str, Any], Any]
"""Reads the value of a key; the last argument is the attribute's default."""
_BY_TYPE: dict[str, _KeyReader] = {}
"""The readers for attributes by type; attributes of other types are not read."""


def _reads(of_type: str) -> Callable[[_KeyReader], _KeyReader]:
    """Use a function for attributes of a type; ``optional`` types may be None."""

    def register(reader: _KeyReader) -> _KeyReader:
        _BY_TYPE[of_type] = reader
        return reader

    return register


@_reads("str")
def _text(table: Table, key: str, default: Any) -> str:
    is_required = default is attrs.NOTHING
    return table.text(key, default=None if is_required else default)


@_reads("str | None")
def _text_or_none(table: Table, key: str, _: Any) -> str | None:
    return table.text(key, default="") or None


@_reads("bool")
def _flag(table: Table, key: str, default: Any) -> bool:
    if key in table.data:
        return table.flag(key)
    return default is True


@_reads("bool | None")
def _flag_or_none(table: Table, key: str, _: Any) -> bool | None:
    if key in table.data:
        return table.flag(key)
    return None


@_reads("int | None")
def _integer_or_none(table: Table, key: str, _: Any) -> int | None:
    return table.integer(key)


@_reads("datetime | None")
def _day_or_none(table: Table, key: str, _: Any) -> datetime | None:
    if key in table.data:
        return table.day(key)
    return None


@_reads("tuple[str, ...]")
def _texts(table: Table, key: str, _: Any) -> tuple[str, ...]:
    return table.texts(key)


@_reads("Mapping[str, str]")
def _texts_by_name(table: Table, key: str, _: Any) -> dict[str, str]:
    return table.each(key, Table.text)


@_reads("Any")
def _any(table: Table, key: str, _: Any) -> Any:
    return table.data.get(key)


@_reads("Template")
def _template(table: Table, key: str, _: Any) -> Template:
    return read_template(table, key)


@_reads("Template | None")
def _template_or_none(table: Table, key: str, _: Any) -> Template | None:
    if key in table.data:
        return read_template(table, key, verbs=True)
    return None


def read_as(reader: Callable[[Table, str], Any], *keys: str, **more: Any) -> Any:
    """Return an attribute that ``reader`` reads from a table and a key, by default the attribute's name.

    If it looks at several keys, it receives the first.
    """

    def read(table: Table, key: str, _: Any) -> Any:
        return reader(table, key)

    metadata = {_READER: read, _KEYS: keys or None}
    return attrs.field(metadata=metadata, **more)


def under(name: str, **more: Any) -> Any:
    """Return an attribute that is read, as its type says, from a key of another name."""
    return attrs.field(metadata={_KEYS: (name,)}, **more)


def of_table(name: str, **more: Any) -> Any:
    """Return an attribute for a fact about the table: its name, path, owner, or surroundings."""
    get = attrgetter(name)

    def read(table: Table, _key: str, _: Any) -> Any:
        return get(table)

    return attrs.field(metadata={_READER: read, _KEYS: ()}, **more)


def given(*keys: str, **more: Any) -> Any:
    """Return an attribute that the class itself reads from ``keys``."""
    return attrs.field(metadata={_READER: None, _KEYS: keys}, **more)


def nested(cls: type[Declared]) -> Any:
    """Return an attribute that is read from its own table, None without it."""
    return read_as(lambda table, at: cls.maybe(table.table(at)), default=None)


def named(cls: type[Declared], *key: str) -> Any:
    """Return an attribute with an object for each table in a table, by name."""

    def read(table: Table, at: str) -> dict[str, Any]:
        tables = table.named_tables(at)
        return {name: cls.read(one) for name, one in tables.items()}

    return read_as(read, *key, factory=dict)


@attrs.frozen
class _Attribute:
    """How an attribute is read from a table."""

    name: str
    keys: tuple[str, ...]
    """The keys that its reader looks at; it receives the first."""
    reader: _KeyReader | None
    """None if the class itself reads it."""
    default: Any

    @property
    def key(self) -> str:
        """The first of its keys, empty if it has none."""
        return self.keys[0] if self.keys else ""


@cache
def _attributes(cls: Any) -> Sequence[_Attribute]:
    found = []
    for one in attrs.fields(cls):
        keys = one.metadata.get(_KEYS)
        if keys is None:
            keys = (one.name,)
        reader = one.metadata.get(_READER, _BY_TYPE.get(one.type))
        found.append(_Attribute(one.name, keys, reader, one.default))
    return found


@cache
def _keys(cls: Any) -> frozenset[str]:
    keys = set[str]()
    for attribute in _attributes(cls):
        keys.update(attribute.keys)
    return frozenset(keys)


class Declared:
    """A value read from a table by its attributes.

    Each subclass is a frozen attrs class.
    """

    __slots__ = ()

    @classmethod
    def keys(cls) -> frozenset[str]:
        """Return the keys that its table may have."""
        return _keys(cls)  # type: ignore[arg-type]  # classes have hashes

    @classmethod
    def read(cls, table: Table) -> Self:
        """Return the object that a complete table describes.

        Report defects and unknown keys.
        """
        table.know(cls.keys())
        return cls.part(table)

    @classmethod
    def maybe(cls, table: Table | None) -> Self | None:
        """Return the object that a table describes, None without a table."""
        return None if table is None else cls.read(table)

    @classmethod
    def part(cls, table: Table, **known: Any) -> Self:
        """Return the object that some keys describe; report defects.

        Attributes in ``known`` are not read.
        """
        made = cls.unchecked(table, **known)
        table.refuse(made.wrong(table))
        return made

    @classmethod
    def unchecked(cls, table: Table, **known: Any) -> Self:
        """Return the object that some keys describe, as far as each can be read."""
        for one in _attributes(cls):  # type: ignore[arg-type]  # classes have hashes
            if one.reader is not None and one.name not in known:
                known[one.name] = one.reader(table, one.key, one.default)
        return cls(**known)

    def wrong(self, table: Table) -> Rows:
        """Yield a row for each possible defect: the key, whether the table has the defect, and its text."""
        return iter(())


def source_text(**default: str) -> Any:
    """Return an attribute for one source as a text, required without a default."""

    def read(table: Table, at: str) -> str:
        text = table.text(at, **default)
        is_bad = text and checked(table, at, parse_source, text) is None
        return "invalid" if is_bad else text

    return read_as(read, **default)


def source(
    *key: str, several: bool = False, of_item: bool = False, unless: object = ...
) -> Any:
    """Return an attribute for one source or ``several``, as a tuple, empty if the key's value is ``unless``.

    With ``of_item`` none may be a list, since the source has to identify an item.
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
                what = f"{one!r} is a list, and can't identify an item"
                table.wrong(at, what)
        return said

    return read_as(read, *key, default=())


def that(fits: Callable[[Any], object], what: str, default: Any, *key: str) -> Any:
    """Return an attribute with the value of a key.

    Report ``what`` for a value that does not fit.
    """

    def read(table: Table, at: str) -> Any:
        said = table.data.get(at, default)
        if at not in table.data or fits(said):
            return said
        table.wrong(at, what.format(said))
        return default

    return read_as(read, *key, default=default)


def true() -> Any:
    """Return an attribute that is true if the table has its key."""
    return that(lambda said: said is True, "must be true", True)  # noqa: FBT003 - a value
