"""The legacy question: what a request body and a query may have, and which of it chooses the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from shim.documents.fields import TYPES, Resource
from shim.documents.read import Declared, flag, maybe_text, named, read_as, text, texts
from shim.documents.tables import Rows, Table
from shim.documents.templates import Template

OF_PAGES = frozenset({"pageNum", "itemsPerPage", "includeCount", "envelope", "pretty"})
"""Parameters that the shim reads and writes itself (contract: each operation has them)."""


def _refused_value(table: Table, key: str) -> Any:
    if not table.has(key):
        table.wrong(key, "is missing; give the value that is refused")
    return table.get(key)


@attrs.frozen
class RefusedValue(Declared):
    """A value of a body's member that no successor can take: the 400 that says so.

    If ``ignored`` says why, that is the answer only where writes are strict; elsewhere the member is left out.
    """

    value: Any = read_as(_refused_value)
    error_code: str = text("errorCode")
    detail: str = text()
    ignored: str = text(default="")


def _members(table: Table, key: str) -> Mapping[str, str]:
    sub = table.table(key)
    if sub is None:
        if not table.flag("rest"):
            table.wrong(key, "is missing; give the body's members and their types")
        return {}
    found = {name: sub.word(name, TYPES) for name in sub.names()}
    sub.finish()
    return found


@attrs.frozen
class RequestBody(Declared):
    """The legacy request body: member types, required members, and the member that chooses the call.

    Names of members are nested with dots; ``refused`` has what is answered to a member's value before
    anything is sent. With ``rest`` members that are not declared are taken as they are.
    """

    members: Mapping[str, str] = read_as(_members)
    required: tuple[str, ...] = texts()
    ignored: tuple[str, ...] = texts()
    choose: str = text(default="")
    words: tuple[str, ...] = texts()
    refused: Mapping[str, RefusedValue] = named(RefusedValue, "refuse")
    rest: bool = flag()

    def wrong(self, table: Table) -> Rows:
        chosen = (self.choose,) if self.choose else ()
        for key, names in (("refuse", tuple(self.refused)), ("required", self.required), ("choose", chosen)):
            for name in names:
                yield key, name not in self.members, f"{name!r} is no member of the body"
        apart = bool(self.choose) != bool(self.words)
        yield "words", apart, "and choose belong together: the words that the choosing member may have"


@attrs.frozen
class QueryChoice(Declared):
    """The parameter of the legacy query that chooses the call, the words it may have, and the one it has left out."""

    choose: str = text()
    words: tuple[str, ...] = texts(required=True)
    default: str | None = maybe_text()

    def wrong(self, table: Table) -> Rows:
        unknown = self.default is not None and self.default not in self.words
        yield "default", unknown, f"{self.default!r} is not one of the words"
        yield "choose", self.choose in OF_PAGES, f"{self.choose!r} is a parameter that every call may have"


@attrs.frozen
class Question:
    """What is known of an operation's call when its successors are read; ``elsewhere``: one's host is another."""

    method: str
    path: Template
    shape: str
    request: RequestBody | None
    query: QueryChoice | None
    resources: Mapping[str, Resource]
    error: Any
    is_first: bool = True
    same_path: str = ""
    """The legacy path, for a successor that may leave it out."""
    elsewhere: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The words that choose the call, of the body or the query."""
        return (self.request.words if self.request else ()) or (self.query.words if self.query else ())
