"""Give typed access to TOML tables with their places, and collect defects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

import attrs

from shim.documents.templates import Template, parse_template

_Read = TypeVar("_Read")

Rows = Iterable[tuple[str, object, str]]
"""For each possible defect: the key, whether it has the defect, and its text."""
_LONG = 100
"""The maximum length of a word that is compared with known words, which are shorter."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
NEVER = datetime.max.replace(tzinfo=UTC)
"""The sunset of endpoints that are not retired."""


def key_path(table: str, key: str) -> str:
    """Return the dotted path of a key in a table, written as TOML writes it."""
    if _BARE.fullmatch(key):
        shown = key
    else:
        shown = json.dumps(key, ensure_ascii=False)
    return f"{table}.{shown}" if table else shown


def same(one: Any, other: Any) -> bool:
    """Return whether two TOML values are equal and of one type: unlike in Python, true is not 1."""
    return type(one) is type(other) and bool(one == other)


def nearest(word: str, words: Collection[str]) -> str:
    """Return the most similar of some words, empty if no word is similar."""
    return "".join(get_close_matches(word[:_LONG], words, n=1))


def did_you_mean(near: str) -> str:
    """Return a hint with the similar word, empty without one."""
    return f"; did you mean {near!r}?" if near else ""


@attrs.define
class DocumentSource:
    """A file with its tables."""

    file: str
    data: dict[str, Any] = attrs.field(factory=dict, repr=False)
    overridden: dict[str, str] = attrs.field(factory=dict)
    """The file that set a key, by dotted key path."""
    problems: list[str] = attrs.field(factory=list)
    """The defects found so far, each as ``file: key.path: defect``."""
    trusted: bool = False
    """Whether only types and required keys are checked."""
    shipped: bool = False
    """Whether it belongs to this package."""

    def owner(self, path: str) -> str:
        """Return the file that set a key: the override that contains it, or the document's own."""

        def covers(one: str) -> bool:
            return path == one or path.startswith((f"{one}.", f"{one}["))

        covering = filter(covers, self.overridden)
        return self.overridden.get(next(covering, ""), self.file)

    def add(self, path: str, what: str) -> None:
        """Note one defect."""
        parts = (self.owner(path), path, what)
        self.problems.append(": ".join(filter(None, parts)))


@attrs.define(eq=False)
class Table:
    """One TOML table.

    Each getter returns a typed value, or notes a problem and returns a stand-in.
    """

    data: Mapping[str, Any]
    source: DocumentSource
    path: str = ""
    name: str = ""
    """Its key in the enclosing table."""
    around: Any = None
    """What is known about that table, for the tables in this one, too."""
    _spelt: dict[str, str] = attrs.field(factory=dict, init=False)

    def at(self, key: str) -> str:
        """Return the dotted path of a key in this table, as spelled in the file."""
        return key_path(self.path, self._spelt.get(key, key))

    def wrong(self, key: str, what: str) -> None:
        """Report a problem of a key, or of the table if the key is empty.

        Report a misspelled key once.
        """
        if key not in self._spelt:
            self.source.add(self.at(key) if key else self.path, what)

    def refuse(self, rows: Rows) -> None:
        """Report each row whose condition holds.

        A key that begins with a dot is a path below the table.
        """
        for key, is_wrong, what in () if self.source.trusted else rows:
            if is_wrong and key.startswith("."):
                self.source.add(self.path + key, what)
            elif is_wrong:
                self.wrong(key, what)

    def know(self, keys: Collection[str]) -> None:
        """Report keys that are not in ``keys``.

        An unknown key is read in place of a similar missing one.
        """
        unknown = [key for key in self.data if key not in keys]
        for key in unknown:
            if key in self._spelt:
                continue
            lacking = [one for one in keys if one not in self.data]
            near = nearest(key, lacking) or nearest(key, keys)
            hint = did_you_mean(near) or f"; known keys are {', '.join(sorted(keys))}"
            self.wrong(key, f"is not a key of this table{hint}")
            meant = near if near in lacking else key
            self._spelt[meant] = key
            if meant != key:
                items = self.data.items()
                self.data = {meant if one == key else one: said for one, said in items}

    def _typed(self, key: str, kind: type, noun: str, *, required: bool = False) -> Any:
        value = self.data.get(key)
        if value is None and required:
            self.wrong(key, f"is missing; give {noun}")
        # In Python a bool is an int, and a datetime a date; to the author of a document
        # they differ.
        elif value is not None and type(value) is not kind:
            self.wrong(key, f"must be {noun}, not {value!r}")
            return None
        return value

    def text(
        self, key: str, *, default: str | None = None, noun: str = "a text"
    ) -> str:
        """Return a non-empty string; without a default the key is required."""
        value: str | None = self._typed(key, str, noun, required=default is None)
        if value is None:
            return default or ""
        if not value.strip():
            self.wrong(key, "must not be empty")
        return value

    def word(
        self, key: str, allowed: tuple[str, ...], *, default: str | None = None
    ) -> str:
        """Return one of the allowed words.

        A misspelled one is read as the most similar.
        """
        value = self.text(key, default=default, noun=f"one of {', '.join(allowed)}")
        if value and value not in allowed:
            near = nearest(value, allowed)
            self.wrong(
                key, f"{value!r} is not one of {', '.join(allowed)}{did_you_mean(near)}"
            )
            value = near
        return value or default or allowed[0]

    def flag(self, key: str) -> bool:
        """Return a boolean, false if missing."""
        return bool(self._typed(key, bool, "true or false"))

    def integer(self, key: str) -> int | None:
        """Return an integer, None if missing."""
        value: int | None = self._typed(key, int, "an integer")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return one text or a list of texts as a tuple, empty if missing."""
        value = self.data.get(key)
        noun = "a text or a list of texts"
        if value is None:
            return ()
        if isinstance(value, list):
            items = value
        else:
            items = [value]
        are_texts = all(isinstance(item, str) and item for item in items)
        if not items or not are_texts:
            self.wrong(key, f"must be {noun}, not {value!r}")
            return ()
        if len(set(items)) < len(items):
            self.wrong(key, "contains a value twice")
        return tuple(items)

    def day(self, key: str) -> datetime:
        """Return the beginning of a required date in UTC."""
        value = self.data.get(key)
        if type(value) is date:
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if value is None:
            what = "is missing; give"
        else:
            what = f"{value!r} is not"
        self.wrong(key, f"{what} a date such as 2026-01-22, without quotes")
        return NEVER

    def table(self, key: str) -> Table | None:
        """Return a sub-table, None if missing."""
        value = self._typed(key, dict, "a table")
        if value is None:
            return None
        return Table(value, self.source, self.at(key), key, self.around)

    def each(self, key: str, read: Callable[[Table, str], _Read]) -> dict[str, _Read]:
        """Return the value of each key of a sub-table, in file order; empty without the sub-table."""
        inner = self.table(key)
        if inner is None:
            return {}
        return {name: read(inner, name) for name in inner.data}

    def named_tables(self, key: str) -> dict[str, Table]:
        """Return the sub-tables of a table by name, in file order."""
        found = {}
        for name, table in self.each(key, Table.table).items():
            if table is not None:
                found[name] = table
        return found

    def list_of_tables(self, key: str) -> tuple[Table, ...]:
        """Return a table or a list of tables as a tuple, empty if missing."""
        value = self.data.get(key)
        at = self.at(key)
        if value is None:
            return ()
        if isinstance(value, list):
            places = {f"{at}[{index}]": item for index, item in enumerate(value)}
        else:
            places = {at: value}
        are_tables = all(isinstance(item, dict) for item in places.values())
        if not places or not are_tables:
            self.wrong(key, f"must be a table or a list of tables, not {value!r}")
            return ()
        found = []
        for path, item in places.items():
            found.append(Table(item, self.source, path, key, self.around))
        return tuple(found)


def read_template(table: Table, key: str, *, verbs: bool = False) -> Template:
    """Return a required path template."""
    text = table.text(key)
    parse = partial(parse_template, verbs=verbs)
    return checked(table, key, parse, text) or Template(text=text, segments=())


def checked(
    table: Table, key: str, read: Callable[[str], _Read], text: str
) -> _Read | None:
    """Return the result of ``read`` for the text, None for an empty text.

    A ValueError becomes a noted problem.
    """
    try:
        return read(text) if text else None
    except ValueError as error:
        table.wrong(key, str(error))
        return None
