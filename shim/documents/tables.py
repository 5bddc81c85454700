"""Typed access to TOML tables that knows where it stands and collects what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

import attrs

from shim.documents.templates import Template, parse_template

_Read = TypeVar("_Read")

Rows = Iterator[tuple[str, object, str]]
"""For each thing that may be wrong: the key, whether it is, and what is wrong."""


def key_path(table: str, key: str) -> str:
    """Return the dotted path of a key in a table, written as TOML writes it."""
    shown = key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{table}.{shown}" if table else shown


def same(one: Any, other: Any) -> bool:
    """Return whether two TOML values are equal and of one type: true is not 1 here, as it is to Python."""
    return type(one) is type(other) and bool(one == other)


_BARE = re.compile(r"[A-Za-z0-9_-]+")


@attrs.define
class DocumentSource:
    """The file a table comes from, the keys that another file overrides, and the defects found so far.

    ``overridden`` maps a dotted key path to the file that set it; ``problems`` holds lines of the form
    ``file: key.path: what is wrong``. ``wrong`` are the key paths at which this file has some,
    ``misspelt`` those of keys that stand there under a mistyped name.
    """

    file: str
    overridden: dict[str, str] = attrs.field(factory=dict)
    problems: list[str] = attrs.field(factory=list)
    wrong: list[str] = attrs.field(factory=list)
    misspelt: list[str] = attrs.field(factory=list)

    def owner(self, path: str) -> str:
        """Return the file that set a key: the one whose override covers it, else the document's own."""
        for covered, file in self.overridden.items():
            if path == covered or path.startswith((f"{covered}.", f"{covered}[")):
                return file
        return self.file

    def add(self, path: str, what: str) -> None:
        """Note one defect."""
        self.wrong.append(path)
        file = self.owner(path)
        self.problems.append(f"{file}: {path}: {what}" if path else f"{file}: {what}")

    def take_back(self, path: str, *starts: str) -> None:
        """Take back the defects at a path that begin with some words, since a misspelt key is behind them."""
        self.misspelt.append(path)
        lines = tuple(f"{self.owner(path)}: {path}: {start}" for start in starts)
        self.problems[:] = [line for line in self.problems if not line.startswith(lines)]


class Table:
    """One TOML table; each getter returns a typed value or notes a problem and returns a stand-in.

    ``name`` is its key in the table that it stands in, and ``around`` what is known of that, for the tables in it too.
    """

    def __init__(
        self, data: Mapping[str, Any], source: DocumentSource, path: str = "", name: str = "", around: Any = None
    ) -> None:
        self._data = data
        self._read: set[str] = set()
        self.source = source
        self.path = path
        self.name = name
        self.around = around

    @property
    def owner(self) -> str:
        """The file that set this table."""
        return self.source.owner(self.path)

    def at(self, key: str) -> str:
        """Return the dotted path of a key in this table."""
        return key_path(self.path, key)

    def wrong(self, key: str, what: str) -> None:
        """Note a problem with a key, or with the table itself when the key is empty."""
        self.source.add(self.at(key) if key else self.path, what)

    def refuse(self, rows: Rows) -> None:
        """Note a problem for each row that holds."""
        for key, is_wrong, what in rows:
            if is_wrong:
                self.wrong(key, what)

    def has(self, key: str) -> bool:
        """Return whether the key is there."""
        return key in self._data

    def know(self, *keys: str) -> None:
        """Count keys as known, whether or not they are there."""
        self._read.update(keys)

    def names(self) -> tuple[str, ...]:
        """Return the keys in file order."""
        return tuple(self._data)

    def get(self, key: str) -> Any:
        """Return the raw value, None when missing, and count the key as known."""
        self._read.add(key)
        return self._data.get(key)

    def _typed(self, key: str, kind: type, noun: str, *, required: bool) -> Any:
        value = self.get(key)
        if value is None:
            if required:
                self.wrong(key, f"is missing; give {noun}")
            return None
        # A bool is an int to Python, and a datetime a date; neither is to the author of a document.
        if type(value) is not kind:
            self.wrong(key, f"must be {noun}, not {value!r}")
            return None
        return value

    def text(self, key: str, *, default: str | None = None, noun: str = "a text") -> str:
        """Return a non-empty string; without a default the key is required."""
        value = self._typed(key, str, noun, required=default is None)
        if value is not None and not value.strip():
            self.wrong(key, "must not be empty")
        return value if value is not None else default or ""

    def word(self, key: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        """Return one of the allowed words."""
        value = self.text(key, default=default, noun=f"one of {', '.join(allowed)}")
        if value and value not in allowed:
            near = get_close_matches(value, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            self.wrong(key, f"{value!r} is not one of {', '.join(allowed)}{hint}")
            return default or allowed[0]
        return value or default or allowed[0]

    def flag(self, key: str) -> bool:
        """Return a boolean, false when missing."""
        return bool(self._typed(key, bool, "true or false", required=False))

    def integer(self, key: str) -> int | None:
        """Return an integer, None when missing."""
        value: int | None = self._typed(key, int, "an integer", required=False)
        return value

    def texts(self, key: str, *, required: bool = False, noun: str = "a text or a list of texts") -> tuple[str, ...]:
        """Return one text or a list of texts as a tuple, empty when missing."""
        value = self.get(key)
        if value is None:
            if required:
                self.wrong(key, f"is missing; give {noun}")
            return ()
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, str) and item for item in items):
            self.wrong(key, f"must be {noun}, not {value!r}")
            return ()
        if len(set(items)) < len(items):
            self.wrong(key, "names something twice")
        return tuple(items)

    def maybe_instant(self, key: str) -> datetime | None:
        """Return a date or an instant as ``instant`` does, None when it is missing."""
        return self.instant(key) if self.has(key) else None

    def instant(self, key: str) -> datetime:
        """Return a required date, read as 00:00 UTC, or an instant with its offset."""
        value = self.get(key)
        match value:
            case datetime() if value.tzinfo is not None:
                try:
                    return value.astimezone(UTC)
                except OverflowError:
                    self.wrong(key, f"{value.isoformat()} is no instant in UTC")
            case datetime():
                self.wrong(key, f"needs a UTC offset, as in {value.isoformat()}Z")
            case date():
                return datetime(value.year, value.month, value.day, tzinfo=UTC)
            case None:
                self.wrong(key, "is missing; give a date such as 2026-01-22")
            case _:
                self.wrong(key, f"must be a date such as 2026-01-22, without quotes, not {value!r}")
        return datetime.max.replace(tzinfo=UTC)

    def table(self, key: str) -> Table | None:
        """Return a sub-table, None when missing."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(key, f"must be a table, not {value!r}")
            return None
        return Table(value, self.source, self.at(key), key, self.around)

    def words(self, key: str) -> dict[str, str]:
        """Return a table of texts, empty when missing."""
        table = self.table(key)
        return {} if table is None else {word: table.text(word) for word in table.names()}

    def named_tables(self, key: str, common: Any = None) -> dict[str, Table]:
        """Return the sub-tables of a table by name, in file order; each has what is ``common`` and not its own."""
        outer = self.table(key)
        if outer is None:
            return {}
        inner = {name: outer.table(name) for name in outer.names()}
        found = {name: table for name, table in inner.items() if table is not None}
        for table in found.values() if isinstance(common, dict) else ():
            table._data = {**common, **table._data}  # noqa: SLF001 - another of its own
        return found

    def list_of_tables(self, key: str) -> tuple[Table, ...]:
        """Return a table or a list of tables as a tuple, empty when missing."""
        value = self.get(key)
        if value is None:
            return ()
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, dict) for item in items):
            self.wrong(key, f"must be a table or a list of tables, not {value!r}")
            return ()
        many = isinstance(value, list)
        return tuple(
            Table(item, self.source, f"{self.at(key)}[{index}]" if many else self.at(key), key, self.around)
            for index, item in enumerate(items)
        )

    def finish(self, *known_elsewhere: str, needs: Collection[str] = ()) -> None:
        """Note every key that nobody read: a mistyped key would otherwise silently mean nothing.

        That the key which it was meant to be is missing follows from it, and is not said as well; so does that the
        table needs one of the keys ``needs``.
        """
        lacking = self._read - self._data.keys()
        for key in [one for one in self._data if one not in self._read and one not in known_elsewhere]:
            near = get_close_matches(key, lacking, n=1) or get_close_matches(key, self._read, n=1)
            if near and near[0] in lacking:
                self.source.take_back(self.at(near[0]), "is missing")
                if near[0] in needs:
                    self.source.take_back(self.path, "needs ", "has no rule")
            hint = f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(sorted(self._read))}"
            self.wrong(key, f"is no key of this table{hint}")


def read_template(table: Table, key: str, *, verbs: bool = False) -> Template:
    """Return a required path template."""
    text = table.text(key)
    return (checked(table, key, partial(parse_template, verbs=verbs), text) if text else None) or Template(
        text=text, segments=()
    )


def checked(table: Table, key: str, read: Callable[[str], _Read], text: str) -> _Read | None:
    """Return what ``read`` makes of the text; a ValueError becomes a noted problem."""
    try:
        return read(text)
    except ValueError as error:
        table.wrong(key, str(error))
        return None
