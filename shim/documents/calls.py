"""The legacy question, and the calls that took an operation's place: what each says, how it is read, and what can't be.

Tables of an operation have a ``Question`` around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Self

import attrs

from shim.documents.fields import Resource
from shim.documents.question import OF_PAGES
from shim.documents.read import (
    Declared,
    flag,
    maybe_text,
    named,
    nested,
    owner,
    place,
    read_as,
    read_declared,
    source_text,
    text,
    texts,
)
from shim.documents.resources import read_body
from shim.documents.sources import Step
from shim.documents.tables import Rows, Table, checked, key_path, read_template
from shim.documents.templates import Template, parameters_in, parse_template
from shim.documents.versions import parse_date

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LINK = "Link"
"""What leads to the next page, if that is a field of the reply (RFC 8288) and no member of the page."""
PAGING = ("kept", "collected")
_is_media_type = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(;[ -~]+)?").fullmatch
"""Tells a media type, perhaps with parameters (RFC 9110, 8.3.1)."""


def _refusal(table: Table, key: str) -> int:
    status = table.integer(key)
    if status is None or not 400 <= status <= 499:
        table.wrong(key, f"must be that of an error, 400 to 499, not {status}")
    return status or 400


@attrs.frozen
class RefusedChoice(Declared):
    """A word of the body, or a parameter, that a call cannot serve: the 400 that says so."""

    error_code: str = text("errorCode")
    detail: str = text()


@attrs.frozen
class Alike(Declared):
    """What ``source`` leads to has to be the same everywhere, or else this error is the answer."""

    source: str = source_text()
    status: int = read_as(_refusal)
    error_code: str = text("errorCode")
    detail: str = text()

    def wrong(self, table: Table) -> Rows:
        is_one = self.source and f"[{Step.EACH}]" not in self.source
        yield "source", is_one, f"{self.source!r} is one value; [each] leads to several that can be alike"


@attrs.frozen
class ErrorShape(Declared):
    """Where the errors of an API say what: nested names, empty for what they do not say.

    Content is such an error if it has the ``code``, or the ``detail`` where errors have no codes.
    """

    code: str = source_text(default="")
    detail: str = source_text(default="")
    status: str = source_text(default="")
    reason: str = source_text(default="")

    def wrong(self, table: Table) -> Rows:
        yield "code", not (self.code or self.detail), "is missing; give a text, or detail where errors have no codes"


ATLAS_ERRORS = ErrorShape("errorCode", "detail", "error", "reason")


@attrs.frozen
class ErrorRule(Declared):
    """What an error of a successor is in legacy terms; what is None stays. ``detail`` may name path parameters."""

    code: str | None = maybe_text("errorCode")
    status: int | None = read_as(Table.integer, default=None)
    detail: str | None = maybe_text()

    def wrong(self, table: Table) -> Rows:
        is_error = self.status is None or 400 <= self.status <= 599
        yield "", not table.names(), "says nothing; give errorCode, status or detail"
        yield "status", not is_error, f"must be that of an error, 400 to 599, not {self.status}"
        for name in parameters_in(self.detail or ""):
            unknown = name not in table.around.path.parameters
            yield "detail", unknown, f"{{{name}}} is no parameter of the legacy path"


@attrs.frozen
class QueryRule(Declared):
    """What becomes of a parameter of the legacy query: name, words and default there, or why it is dropped.

    With ``refuse`` a call that has it is answered with that error.
    """

    to: str = read_as(lambda table, key: table.text(key, default=table.name))
    values: Mapping[str, str] = read_as(Table.words, factory=dict)
    default: str | None = maybe_text()
    drop: bool = flag()
    why: str = text(default="")
    refuse: RefusedChoice | None = nested(RefusedChoice)

    def wrong(self, table: Table) -> Rows:
        name, keys, chooser = table.name, table.names(), table.around.query
        beside = table.has("to") or table.has("default") or bool(self.values)
        unknown = bool(self.values) and self.default not in {None, *self.values}
        chooses = self.default is not None and chooser is not None and name == chooser.choose
        empty = not keys or (keys == ("to",) and self.to == name and not table.around.elsewhere)
        yield "refuse", self.refuse is not None and len(keys) > 1, "stands alone: the parameter is not sent"
        yield "", empty, "says nothing; give to, values, default, drop or refuse"
        yield "values", table.get("values") == {}, "must be a table of words"
        yield "drop", self.drop and beside, "can't stand beside to, values and default: the parameter is not sent"
        yield "why", self.drop and not self.why, "is missing; say why the parameter is not sent"
        yield "default", unknown, f"{self.default!r} is not one of the words in values"
        yield "", not name, "needs a name"
        yield "", name in OF_PAGES, "is a parameter that the shim reads and writes itself"
        yield "to", self.to in OF_PAGES - {name}, f"{self.to!r} is a parameter that the shim writes itself"
        yield "default", chooses, "belongs to the query that chooses the call"


def _read_path(table: Table, key: str) -> Template:
    same = table.around.same_path
    if same and not table.has(key):
        return checked(table, key, parse_template, same) or table.around.path
    return read_template(table, key, verbs=True)


def _version(table: Table, key: str) -> str:
    other = get_close_matches("media_type", table.names(), n=1)  # a misspelt one is one problem
    version = table.text(key, default="" if other else None)
    if version:
        checked(table, key, parse_date, version)
    return version


def _reads_all(table: Table) -> bool:
    """Return whether the whole of a list is one answer, which is read to its end."""
    shape = table.around.shape
    return bool(shape != "one" and (table.get("bare") is True or shape == "array" or table.has("media_type")))


def _paging(table: Table, key: str) -> str:
    return table.word(key, PAGING, default="collected" if _reads_all(table) or table.has("next") else "kept")


def _read_body(table: Table, key: str) -> Resource | None:
    body = table.table(key)
    return None if body is None else read_body(body)


@attrs.frozen
class Target(Declared):
    """One upstream call: method, path, version of the successor's resource, and how its pages are used.

    ``host`` is the name of another host than the legacy API's, which the operator gives an origin.
    With a ``media_type`` the call has that in Accept in place of a version. ``next`` leads to a page's link to the next
    one, or to the value of the parameter ``cursor`` that asks for it. ``items`` is the nested name of the list in an
    answer; a ``bare`` answer is itself the list or value. ``query`` is by parameter of the legacy call.
    """

    method: str = read_as(lambda table, key: table.word(key, METHODS, default=table.around.method))
    path: Template = read_as(_read_path)
    version: str = read_as(_version)
    paging: str = read_as(_paging, default="kept")
    items: str = text(default="results")
    bare: bool = flag()
    query: Mapping[str, QueryRule] = named(QueryRule)
    body: Resource | None = read_as(_read_body, default=None)
    alike: Alike | None = nested(Alike)
    media_type: str = text(default="")
    next: str = source_text(default="")
    cursor: str = text(default="")
    host: str = text(default="")

    @property
    def accept(self) -> str:
        """The media type that the call asks for, which is also that of its content."""
        return self.media_type or f"application/vnd.atlas.{self.version}+json"

    def wrong(self, table: Table) -> Rows:
        parts, kind, around = self.items.split("."), self.media_type, table.around
        no_name = not all(parts) or any(part.isdigit() for part in parts) or "[" in self.items
        kept, alike = self.paging == "kept", self.alike is not None
        names = [rule.to for rule in self.query.values() if not rule.drop and rule.refuse is None]
        yield "media_type", kind and not _is_media_type(kind), f"{kind!r} is no media type such as application/json"
        yield "media_type", kind and self.version, "can't stand beside version: one of them says what Accept has"
        no_host = self.host and not self.host.isidentifier()
        yield "host", no_host, f"{self.host!r} is no name; its URL is in ATLAS_SHIM_HOSTS, for operators to give"
        yield "items", self.bare and table.has("items"), "can never apply: a bare answer is itself the list"
        yield "items", no_name, f"{self.items!r} is no name; nest names with dots, or say bare = true"
        yield "paging", _reads_all(table) and kept, "can only be collected: the whole list is read"
        bare = self.bare and self.next != LINK
        yield "next", self.next and (bare or kept), "can never apply: it belongs to pages that are collected"
        yield "next", self.cursor and not table.has("next"), "is missing; say where a page has the value for cursor"
        yield "alike", alike and around.shape != "one", "belongs to one resource; in a list it would hide the others"
        yield "alike", alike and around.method != "GET", "belongs to reads; what a write answers has been executed"
        for to in sorted({to for to in names if names.count(to) > 1}):
            yield "query", True, f"has two parameters that become {to!r}"


def _read_errors(table: Table, key: str) -> Mapping[str, ErrorRule]:
    sub = table.table(key)
    codes = () if sub is None else sub.names()
    return {code: _read_error(sub, code) for code in codes} if sub is not None else {}


def _read_error(table: Table, code: str) -> ErrorRule:
    if isinstance(table.get(code), str):
        return ErrorRule(code=table.text(code))
    sub = table.table(code)
    return ErrorRule() if sub is None else ErrorRule.read(sub)


@attrs.frozen
class Successor(Declared):
    """What took an operation's place on one tier.

    ``only`` is its call; or ``choices`` has a call or a refusal by the word of the body or query. ``after`` lists
    the error codes of the other tier that lead here; ``probe`` is a GET that tells the tier
    without writing; ``errors`` are by the successor's error code, or its status. ``error`` is the shape of its errors.
    """

    tier: str = read_as(lambda table, _: table.name)
    owner: str = owner()
    only: Target | None = None
    choices: Mapping[str, Target | RefusedChoice] = attrs.field(factory=dict)
    after: tuple[str, ...] = texts()
    probe: Template | None = read_as(
        lambda table, key: read_template(table, key) if table.has(key) else None, default=None
    )
    errors: Mapping[str, ErrorRule] = read_as(_read_errors, factory=dict)
    error: ErrorShape = nested(ErrorShape, default=ATLAS_ERRORS)
    note: str = text(default="")
    at: str = place()

    @classmethod
    def read(cls, table: Table, **known: Any) -> Self:
        table.around = attrs.evolve(table.around, elsewhere=table.has("host"))
        choices = {word: _read_choice(sub) for word, sub in table.named_tables("choose").items()}
        only = None if choices else read_declared(Target, table)
        if only is not None:
            table.refuse(only.wrong(table))
        if table.get("error") is None:
            known["error"] = table.around.error
        return super().read(table, only=only, choices=choices, **known)

    def wrong(self, table: Table) -> Rows:
        words = table.around.words
        refuses = any(isinstance(choice, RefusedChoice) for choice in self.choices.values())
        for word in self.choices:
            unknown = word not in words
            yield "choose", unknown, f"{word!r} is not one of the words that request.words or query.words declares"
        for word in words if self.choices else ():
            yield "choose", word not in self.choices, f"says nothing of {word!r}"
        none = self.choices and not any(self.targets())
        yield "choose", none, "refuses every word; an operation that nothing took the place of has gone"
        useless = self.probe is not None and not refuses
        yield "probe", useless, "can never apply: it is asked before a word is refused, and none is"
        lacking = not table.around.is_first and not self.after
        yield "after", lacking, "is missing; list the error codes of the other tier that lead to this one"

    def targets(self) -> Iterator[tuple[str, Target]]:
        """Return its upstream calls with the key each stands under."""
        if self.only is not None:
            yield "", self.only
        for word, choice in self.choices.items():
            if isinstance(choice, Target):
                yield key_path(".choose", word), choice


def _read_choice(table: Table) -> Target | RefusedChoice:
    table.around = attrs.evolve(table.around, elsewhere=table.has("host"))
    refused = RefusedChoice.maybe(table.table("refuse"))
    if refused is None:
        return Target.read(table)
    table.finish()
    return refused
