"""The legacy question: what a request body and a query may have, what becomes of it, and what chooses the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from shim.documents.fields import TYPES
from shim.documents.read import Declared, given, named, nested, read_as, under
from shim.documents.tables import Rows, Table, key_path, same
from shim.documents.vocabulary import FITS, Json

OF_PAGE = frozenset({"links", "totalCount"})
"""Members of a page beside its list (contract: Paginated…View)."""
OF_PAGES = frozenset({"pageNum", "itemsPerPage", "includeCount", "envelope", "pretty"})
"""Parameters that the shim reads and writes itself (contract: each operation has them)."""


@attrs.frozen(kw_only=True)
class RefusedValue(Declared):
    """A ``value`` of a body's member that no successor can take, or all but it (``but``): the 400 that says so.

    If ``ignored`` says why, that is the answer only where writes are strict; elsewhere the member is left out.
    """

    detail: str
    error_code: str = under("errorCode")
    value: Any = read_as(Table.get)
    but: Any = read_as(Table.get)
    ignored: str = ""

    def wrong(self, table: Table) -> Rows:
        has = [table.has("value"), table.has("but")]
        yield "value", not any(has), "is missing; give the value that is refused, or but, the one that is not"
        yield "but", all(has), "can't stand beside value"

    def takes(self, value: Json) -> bool:
        """Return whether a value is not refused."""
        return not same(value, self.value) if self.but is None else same(value, self.but)


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
        chosen, types = (self.choose,) if self.choose else (), self.members
        for at, names in (("refuse", tuple(self.refused)), ("required", self.required), ("choose", chosen)):
            for name in names:
                yield at, name not in self.members, f"{name!r} is not a member of the body"
        apart = bool(self.choose) != bool(self.words)
        yield "words", apart, "and choose belong together: the words that the choosing member may have"
        for name in self.ignored:
            yield "ignored", name in types, f"{name!r} is declared as a member, and would never be read"
        no_words = types.get(self.choose, "string") != "string"
        yield "choose", no_words, f"{self.choose!r} must be of type string to have words"
        for name, refused in self.refused.items():
            key, said = ("value", refused.value) if refused.but is None else ("but", refused.but)
            never = name in types and said is not None and not FITS[types[name]](said)
            what = f"can never apply: {said!r} is not of the member's type, {types.get(name)}"
            yield f"{key_path('.refuse', name)}.{key}", never, what


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


@attrs.frozen
class RefusedChoice(Declared):
    """A word of the body, or a parameter, that a call cannot serve: the 400 that says so."""

    detail: str
    error_code: str = under("errorCode")


def _words(table: Table, key: str) -> Mapping[str, str]:
    words = table.table(key)
    return {} if words is None else {word: words.text(word) for word in words.names()}


@attrs.frozen
class QueryRule(Declared):
    """What becomes of a parameter of the legacy query: its new name, words and default, or why it is dropped.

    With ``refuse`` a call with this parameter, or with a word outside of ``values``, gets that error. ``elsewhere``:
    the call goes to another host.
    """

    to: str = read_as(lambda table, key: table.text(key, default=table.name))
    values: Mapping[str, str] = read_as(_words, factory=dict)
    default: str | None = None
    drop: bool = False
    why: str = ""
    refuse: RefusedChoice | None = nested(RefusedChoice)
    elsewhere: bool = given(default=False)

    def wrong(self, table: Table) -> Rows:
        name, keys, chooser = table.name, table.names(), table.around.operation.query
        beside = table.has("to") or table.has("default") or bool(self.values)
        unknown = bool(self.values) and self.default not in {None, *self.values}
        chooses = self.default is not None and chooser is not None and name == chooser.choose
        empty = not keys or (keys == ("to",) and self.to == name and not self.elsewhere)
        alone = len(keys) == 1 or (self.values and not self.drop)
        yield "refuse", self.refuse is not None and not alone, "stands alone, or beside values: nothing else is sent"
        yield "", empty, "says nothing; give to, values, default, drop or refuse"
        yield "values", table.get("values") == {}, "must be a table of words"
        yield "drop", self.drop and beside, "can't stand beside to, values and default: the parameter is not sent"
        yield "why", self.drop and not self.why, "is missing; say why the parameter is not sent"
        yield "default", unknown, f"{self.default!r} is not one of the words in values"
        yield "", not name, "needs a name"
        yield "", name in OF_PAGES, "is a parameter that the shim reads and writes itself"
        yield "to", self.to in OF_PAGES - {name}, f"{self.to!r} is a parameter that the shim writes itself"
        yield "default", chooses, "belongs to the query that chooses the call"


def query_rules(table: Table, key: str) -> Mapping[str, QueryRule]:
    """Return what becomes of each parameter that a call names."""
    rules = table.named_tables(key)
    for rule in rules.values():
        rule.know(QueryRule.keys())
    return {name: QueryRule.part(rule, elsewhere=table.has("host")) for name, rule in rules.items()}
