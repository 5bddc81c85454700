"""The legacy question: what a request body and a query may have, and which of it chooses the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from shim.documents.fields import TYPES
from shim.documents.read import Declared, named, read_as, under
from shim.documents.tables import Rows, Table

OF_PAGES = frozenset({"pageNum", "itemsPerPage", "includeCount", "envelope", "pretty"})
"""Parameters that the shim reads and writes itself (contract: each operation has them)."""


@attrs.frozen(kw_only=True)
class RefusedValue(Declared):
    """A value of a body's member that no successor can take: the 400 that says so.

    If ``ignored`` says why, that is the answer only where writes are strict; elsewhere the member is left out.
    """

    detail: str
    error_code: str = under("errorCode")
    value: Any = read_as(Table.get)
    ignored: str = ""

    def wrong(self, table: Table) -> Rows:
        yield "value", not table.has("value"), "is missing; give the value that is refused"


def _members(table: Table, key: str) -> Mapping[str, str]:
    sub = table.table(key)
    if sub is None:
        if not table.flag("rest"):
            table.wrong(key, "is missing; give the body's members and their types")
        return {}
    return {name: sub.word(name, TYPES) for name in sub.names()}


@attrs.frozen
class RequestBody(Declared):
    """The legacy request body: member types, required members, and the member that chooses the call.

    Names of members are nested with dots; ``refused`` has what is answered to a member's value before
    anything is sent. With ``rest`` members that are not declared are taken as they are.
    """

    members: Mapping[str, str] = read_as(_members)
    required: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    choose: str = ""
    words: tuple[str, ...] = ()
    refused: Mapping[str, RefusedValue] = named(RefusedValue, "refuse")
    rest: bool = False

    def wrong(self, table: Table) -> Rows:
        chosen = (self.choose,) if self.choose else ()
        for at, names in (("refuse", tuple(self.refused)), ("required", self.required), ("choose", chosen)):
            for name in names:
                yield at, name not in self.members, f"{name!r} is no member of the body"
        apart = bool(self.choose) != bool(self.words)
        yield "words", apart, "and choose belong together: the words that the choosing member may have"


@attrs.frozen
class QueryChoice(Declared):
    """The parameter of the legacy query that chooses the call, the words it may have, and the one it has left out."""

    choose: str
    words: tuple[str, ...]
    default: str | None = None

    def wrong(self, table: Table) -> Rows:
        unknown = self.default is not None and self.default not in self.words
        yield "default", unknown, f"{self.default!r} is not one of the words"
        yield "choose", self.choose in OF_PAGES, f"{self.choose!r} is a parameter that every call may have"
