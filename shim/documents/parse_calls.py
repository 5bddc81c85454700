"""The legacy question, and the calls that took an operation's place, from TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from shim.documents.fields import TYPES, Resource
from shim.documents.model import (
    METHODS,
    Alike,
    ErrorRule,
    ErrorShape,
    QueryChoice,
    QueryRule,
    RefusedChoice,
    RefusedValue,
    RequestBody,
    Successor,
    Target,
)
from shim.documents.parse_fields import parse_body
from shim.documents.read import read_declared, read_table, sources_in
from shim.documents.sources import Step, read_source
from shim.documents.tables import Table, checked, read_template
from shim.documents.templates import Template, parameters_in
from shim.documents.versions import parse_date

PAGING = ("kept", "collected")

_is_media_type = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(;[ -~]+)?").fullmatch
"""Tells a media type, perhaps with parameters (RFC 9110, 8.3.1)."""


@attrs.frozen
class Question:
    """What is known of an operation's call when its successors are read."""

    method: str
    path: Template
    shape: str
    request: RequestBody | None
    query: QueryChoice | None
    resources: Mapping[str, Resource]
    error: ErrorShape

    @property
    def words(self) -> tuple[str, ...]:
        """The words that choose the call, of the body or the query."""
        return (self.request.words if self.request else ()) or (self.query.words if self.query else ())


def parse_request(table: Table) -> RequestBody | None:
    """Return what an operation says of its request body, if it has one."""
    sub = table.table("request")
    if sub is None:
        return None
    rest = sub.flag("rest")
    members_table = sub.table("members")
    members = {}
    if members_table is not None:
        members = {key: members_table.word(key, TYPES) for key in members_table.names()}
        members_table.finish()
    elif not rest:
        sub.wrong("members", "is missing; give the body's members and their types")
    refused = {name: read_table(RefusedValue, one) for name, one in sub.named_tables("refuse").items()}
    request = read_declared(RequestBody, sub, members=members, refused=refused)
    for key, names in (
        ("refuse", tuple(request.refused)),
        ("required", request.required),
        ("choose", (request.choose,) if request.choose else ()),
    ):
        for name in names:
            if name not in members:
                sub.wrong(key, f"{name!r} is no member of the body")
    if bool(request.choose) != bool(request.words):
        sub.wrong("words", "and choose belong together: the words that the choosing member may have")
    sub.finish()
    return request


def parse_query(table: Table, request: RequestBody | None) -> QueryChoice | None:
    """Return which parameter of the legacy query chooses the call, if one does."""
    sub = table.table("query")
    if sub is None:
        return None
    choice = read_declared(QueryChoice, sub)
    if request is not None and request.choose:
        table.wrong("query", "can't choose the call: the body does")
    if choice.default is not None and choice.default not in choice.words:
        sub.wrong("default", f"{choice.default!r} is not one of the words")
    if choice.choose in OF_PAGES:
        sub.wrong("choose", f"{choice.choose!r} is a parameter that every call may have")
    sub.finish()
    return choice


OF_PAGES = frozenset({"pageNum", "itemsPerPage", "includeCount", "envelope", "pretty"})
"""Parameters that the shim reads and writes itself (contract: each operation has them)."""


def parse_successor(tier: str, table: Table, question: Question, *, is_first: bool) -> Successor:
    """Return what took an operation's place on one tier."""
    choices: dict[str, Target | RefusedChoice] = {}
    for word, sub in table.named_tables("choose").items():
        refused = read_table(RefusedChoice, sub.table("refuse"))
        choices[word] = _parse_target(sub, question) if refused is None else refused
        sub.finish()
        if word not in question.words:
            table.wrong("choose", f"{word!r} is not one of the words that request.words or query.words declares")
    for word in question.words if choices else ():
        if word not in choices:
            table.wrong("choose", f"says nothing of {word!r}")
    if choices and not any(isinstance(choice, Target) for choice in choices.values()):
        table.wrong("choose", "refuses every word; an operation that nothing took the place of has gone")
    only = None if choices else _parse_target(table, question)
    errors = _parse_errors(table, question.path)
    known = {"tier": tier, "owner": table.owner, "at": table.path, "only": only, "choices": choices, "errors": errors}
    error = read_table(ErrorShape, table.table("error")) or question.error
    successor = read_declared(Successor, table, error=error, **known)
    if successor.probe is not None and not any(isinstance(choice, RefusedChoice) for choice in choices.values()):
        table.wrong("probe", "can never apply: it is asked before a word is refused, and none is")
    if not is_first and not successor.after:
        table.wrong("after", "is missing; list the error codes of the other tier that lead to this one")
    table.finish()
    return successor


def _parse_errors(table: Table, path: Template) -> Mapping[str, ErrorRule]:
    sub = table.table("errors")
    return {} if sub is None else {code: _parse_error(sub, code, path) for code in sub.names()}


def _parse_error(table: Table, code: str, path: Template) -> ErrorRule:
    if isinstance(table.get(code), str):
        return ErrorRule(code=table.text(code))
    sub = table.table(code)
    if sub is None:
        return ErrorRule()
    rule = read_declared(ErrorRule, sub)
    status = rule.status
    if not sub.names():
        sub.wrong("", "says nothing; give errorCode, status or detail")
    if status is not None and not 400 <= status <= 599:
        sub.wrong("status", f"must be that of an error, 400 to 599, not {status}")
    for name in parameters_in(rule.detail or ""):
        if name not in path.parameters:
            sub.wrong("detail", f"{{{name}}} is no parameter of the legacy path")
    sub.finish()
    return rule


def _parse_target(table: Table, question: Question) -> Target:
    media_type = table.text("media_type", default="")
    version = table.text("version", default="" if media_type else None)
    if version:
        checked(table, "version", parse_date, version)
    if media_type and not _is_media_type(media_type):
        table.wrong("media_type", f"{media_type!r} is no media type such as application/json")
    if media_type and version:
        table.wrong("media_type", "can't stand beside version: one of them says what Accept has")
    body = table.table("body")
    bare = table.flag("bare")
    whole = question.shape != "one" and (bare or question.shape == "array")
    items = table.text("items", default="results")
    if bare and table.has("items"):
        table.wrong("items", "can never apply: a bare answer is itself the list")
    if not all(items.split(".")) or any(part.isdigit() for part in items.split(".")) or "[" in items:
        table.wrong("items", f"{items!r} is no name; nest names with dots, or say bare = true")
    following = sources_in(table, "next", (table.text("next", default=""),))[0]
    cursor = table.text("cursor", default="")
    paging = table.word("paging", PAGING, default="collected" if whole or following else "kept")
    if whole and paging == "kept":
        table.wrong("paging", "can only be collected: the whole list is read")
    if following and (bare or paging == "kept"):
        table.wrong("next", "can never apply: it belongs to pages that are collected")
    if cursor and not following:
        table.wrong("next", "is missing; say where a page has the value for cursor")
    return Target(
        method=table.word("method", METHODS, default=question.method),
        path=read_template(table, "path", verbs=True),
        version=version,
        paging=paging,
        items=items,
        bare=bare,
        query=_parse_rules_of_query(table, question),
        body=None if body is None else parse_body(body, question.request, question.resources),
        alike=_parse_alike(table, question),
        media_type=media_type,
        next=following,
        cursor=cursor,
    )


def _parse_alike(table: Table, question: Question) -> Alike | None:
    sub = table.table("alike")
    if sub is None:
        return None
    alike = read_declared(Alike, sub)
    source = alike.source
    if source and Step.EACH not in (checked(sub, "source", read_source, source) or (Step.EACH,)):
        sub.wrong("source", f"{source!r} is one value; [each] leads to several that can be alike")
    if question.shape != "one":
        table.wrong("alike", "belongs to one resource; in a list it would hide the others")
    if question.method != "GET":
        table.wrong("alike", "belongs to reads; what a write answers has been executed")
    sub.finish()
    return alike


def _parse_rules_of_query(table: Table, question: Question) -> Mapping[str, QueryRule]:
    rules = {}
    for name, sub in table.named_tables("query").items():
        rules[name] = rule = _parse_query_rule(name, sub)
        if name in OF_PAGES or not name:
            sub.wrong("", "is a parameter that the shim reads and writes itself" if name else "needs a name")
        if rule.to in OF_PAGES and rule.to != name:
            sub.wrong("to", f"{rule.to!r} is a parameter that the shim writes itself")
        if rule.default is not None and question.query is not None and name == question.query.choose:
            sub.wrong("default", "belongs to the query that chooses the call")
    names = [rule.to for rule in rules.values() if not rule.drop and rule.refuse is None]
    for to in sorted({to for to in names if names.count(to) > 1}):
        table.wrong("query", f"has two parameters that become {to!r}")
    return rules


def _parse_query_rule(name: str, table: Table) -> QueryRule:
    values = table.table("values")
    words = {} if values is None else {word: values.text(word) for word in values.names()}
    refuse = read_table(RefusedChoice, table.table("refuse"))
    rule = read_declared(QueryRule, table, to=table.text("to", default=name), values=words, refuse=refuse)
    drop = rule.drop
    if refuse is not None and len(table.names()) > 1:
        table.wrong("refuse", "stands alone: the parameter is not sent")
    if not table.names() or (table.names() == ("to",) and rule.to == name):
        table.wrong("", "says nothing; give to, values, default, drop or refuse")
    if values is not None and not words:
        table.wrong("values", "must be a table of words")
    if drop and (table.has("to") or table.has("default") or words):
        table.wrong("drop", "can't stand beside to, values and default: the parameter is not sent")
    if drop and not rule.why:
        table.wrong("why", "is missing; say why the parameter is not sent")
    if rule.default is not None and words and rule.default not in words:
        table.wrong("default", f"{rule.default!r} is not one of the words in values")
    table.finish()
    return rule
