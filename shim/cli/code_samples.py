"""The calls that replace a retired one, for the day when the shim is removed; ``samples`` has their code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

import attrs

from shim.core.query import MOST, LegacyQuery
from shim.core.responses import CallError, explained
from shim.core.successor_calls import translated_pairs
from shim.documents.model import ErrorRule, Field, Operation, RefusedChoice, Successor, Target
from shim.documents.vocabulary import Verb

ORIGIN = "https://cloud.mongodb.com"
"""Where a call goes when nothing names its origin."""

PLAIN = LegacyQuery()
"""The query of a call that has none."""


@attrs.frozen
class Source:
    """What a call's code is made of: the operation that it stands in for, and its own target on one tier.

    ``raw`` has the path's parameters as they stand in the path, ``query`` what the retired call asked for.
    """

    operation: Operation
    tier: str
    target: Target
    raw: Mapping[str, str]
    origin: str
    query: LegacyQuery


@attrs.frozen
class NextCall:
    """One successor call. ``word`` is the word of the body or query that leads to it, empty when there is no choice.

    ``url`` keeps ``{placeholders}`` readable; ``body`` is a template of the content, None without one;
    ``remarks`` say what the call does not do by itself, ``notes`` what its code does not do either. When there is
    no call for this word, ``refused`` has the reason, and the rest is empty. ``source`` is what its code is made of,
    None for a refused one.
    """

    word: str = ""
    method: str = ""
    url: str = ""
    accept: str = ""
    body: Mapping[str, Any] | None = None
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
    source: Source | None = None

    @property
    def also(self) -> str:
        """What is to be shown beside method and address: Accept, where it is all that is new; else nothing."""
        if self.source is None or self.method != self.source.operation.method:
            return ""
        operation, raw = self.source.operation, self.source.raw
        stays = self.source.target.path.build(raw) == operation.base + operation.path.build(raw)
        return f", Accept: {self.accept}" if stays else ""


def placeholders_in(path: str) -> str:
    """Encode what a URL path can't hold, so that ``{groupId}`` can stand for a value."""
    return quote(path, safe="/%:@!$&'()*+,;=-._~")


def readable(raw: str) -> str:
    """Undo ``placeholders_in`` for the braces and brackets of placeholders."""
    return re.sub(r"%7B|%7D|%3C|%3E", lambda match: unquote(match[0]), raw)


def next_calls(
    operation: Operation, raw: Mapping[str, str], successor: Successor, origin: str = ORIGIN, query: LegacyQuery = PLAIN
) -> tuple[NextCall, ...]:
    """Return the calls on one tier: one, or one for each word of the body or query that chooses.

    ``raw`` has the path's parameters as they stand in the path.
    """
    choices = successor.choices if successor.only is None else {"": successor.only}
    return tuple(
        NextCall(word=word, refused=f"{target.error_code}: {explained(target.error_code, target.detail)}")
        if isinstance(target, RefusedChoice)
        else _next_call(Source(operation, successor.tier, target, raw, origin, query), successor, word)
        for word, target in choices.items()
    )


def _next_call(source: Source, successor: Successor, word: str) -> NextCall:
    source, notes = _in_its_terms(source)
    operation, target = source.operation, source.target
    return NextCall(
        word=word,
        method=target.method,
        url=f"{source.origin}{readable(target.path.build(source.raw))}{_query(operation, target, source.query)}",
        accept=f"application/vnd.atlas.{target.version}+json",
        body=_body(operation, target, word),
        remarks=tuple(_remarks(operation, successor.tier, target)),
        notes=(*notes, *_errors(successor)),
        source=source,
    )


def _in_its_terms(source: Source) -> tuple[Source, tuple[str, ...]]:
    """Return a source with the query that its call has in the successor's terms, and what is to be said of that."""
    choice, rules = source.operation.query, source.target.query
    try:
        pairs = tuple(translated_pairs(source.query.foreign, rules, "" if choice is None else choice.choose))
    except CallError as error:
        return source, (f"The query has a word that the successor knows none for: {error.parameters[0]}.",)
    dropped = (f"The parameter {name} is not sent: {rule.why}" for name, rule in rules.items() if rule.drop)
    return attrs.evolve(source, query=attrs.evolve(source.query, foreign=pairs)), tuple(dropped)


def _query(operation: Operation, target: Target, query: LegacyQuery) -> str:
    pairs = list(query.foreign)
    if operation.shape != "one" and not target.bare:
        size, number = (MOST, 1) if target.paging == "collected" else (query.size, query.page)
        pairs += [f"itemsPerPage={size}", f"pageNum={number}"]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _remarks(operation: Operation, tier: str, target: Target) -> Iterator[str]:
    if operation.shape != "one" and target.paging == "collected" and not target.bare:
        yield "Ask for the next page as long as the answer has a link with rel=next."
    if operation.order:
        keys = " then ".join(_order_key(operation, tier, key) for key in operation.order)
        yield f"The order is not the legacy one: sort by {keys}."


def _errors(successor: Successor) -> Iterator[str]:
    if successor.errors:
        told = (f"{code} was {_error(rule)}" for code, rule in successor.errors.items())
        yield f"Errors are the successor's own: {'; '.join(told)}."


def _error(rule: ErrorRule) -> str:
    said = [rule.code or "", f"a {rule.status}" if rule.status else "", json.dumps(rule.detail) if rule.detail else ""]
    return ", ".join(filter(None, said))


def _order_key(operation: Operation, tier: str, key: str) -> str:
    name = key.removeprefix("-")
    field = next(field for field in operation.fields if field.name == name)
    sources = field.rules[tier][-1].sources or (name,)
    return f"{', else '.join(sources)} ({'descending' if key.startswith('-') else 'ascending'})"


def _body(operation: Operation, target: Target, word: str) -> Mapping[str, Any] | None:
    """Return a template of the content: each member that comes from the legacy body as a placeholder."""
    if operation.request is None:
        return None
    if target.body is None:
        members = [name for name in operation.request.members if name not in operation.request.ignored]
        types = operation.request.members
        return {
            name: word if word and name == operation.request.choose else _placeholder(name, types[name])
            for name in members
        }
    made: dict[str, Any] = {}
    for field in target.body.fields:
        here = made
        *outer, last = field.name.split(".")
        for part in outer:
            here = here.setdefault(part, {})
        here[last] = _member(field)
    return made


def _member(field: Field) -> Any:
    rule = next(rule for rules in field.rules.values() for rule in rules)
    if rule.verb is Verb.CONSTANT:
        return rule.constant
    return _placeholder((rule.sources or (rule.parameter or field.name,))[0], field.type)


def _placeholder(name: str, kind: str) -> Any:
    """Return what stands in a body for a value that the caller has to give, of its type."""
    empty: dict[str, Any] = {
        "array": [], "boolean": False, "integer": 0, "number": 0, "object": {}, "objects": [], "strings": [],
    }  # fmt: skip
    return empty.get(kind, f"{{{name}}}")
