"""The calls that go before a successor's own: looks, which give names or refuse, and writes, which are done first."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import compress
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import attrs

from shim.core.answer import has_next, rules_context
from shim.core.content import dumps
from shim.core.messages import Call, Command, Outcome, Read, Reply
from shim.core.question import invalid_attribute, missing_attribute, successor_call
from shim.core.responses import CallError, refuse_redirect
from shim.core.rules import segment_of
from shim.core.state import ExchangeState, failed, refuse_success
from shim.core.translate import translate_one
from shim.documents.before import Before
from shim.documents.calls import Successor, Target
from shim.documents.fields import BARE, Resource
from shim.documents.sources import parse_source, taken
from shim.documents.vocabulary import Json, JsonObject

MOST_WRITES = 500
"""Writes that one call becomes at most: so many users an organisation has (Atlas' limits)."""


def look_before(state: ExchangeState, tier: Successor, target: Target) -> Generator[Command, Reply, Outcome | None]:
    """Make the looks that go before a tier's call, in order; return an outcome if one of them answers an error.

    What can't be read, or gives no value that can be used, is an error too: nothing is written without it.
    """
    for look in target.looks:
        (call,) = calls_before(state, target, [look])
        reply, document = yield from ask_before(state, tier, call)
        if not 200 <= reply.status < 300:
            state.knows_nothing = reply.status == 404
            return failed(state, tier, reply, document)
        what = ""
        if reply.status != 200 or type(document) is not dict:
            what = reply.fault or state.json.refused or "it is not 200 with a JSON object"
        else:
            _drop_others(call, document)
            refuse_success(look.errors, reply, document, state.match)
            if look.gives and has_next(document):
                what = "it has more than one page"
            for name, source in look.gives.items():
                state.given[name] = value = taken(document, parse_source(source))
                if _unfit(tier, target, name, value):
                    what = f"its {source} can't be {name}"
        if what:
            detail = f"The {tier.tier} endpoint answered {reply.status} to what is looked up first: {what}."
            raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)
        texts = {name: text for name, text in state.given.items() if type(text) is str}
        raw = {**state.match.raw, **{name: segment_of(text) for name, text in texts.items()}}
        state.match = attrs.evolve(state.match, raw=raw, parameters={**state.match.parameters, **texts})
    return None


def _drop_others(call: Call, page: JsonObject) -> None:
    """Drop the items of a page that are others than a look's query asks for: no lax filter leads to a write on them."""
    asked = {name: text.casefold() for name, text in parse_qsl(call.query, keep_blank_values=True)}
    if type(items := page.get("results")) is list and asked:
        plain = [one if type(one) is dict else {} for one in items]
        fits = [all(str(one.get(name, text)).casefold() == text for name, text in asked.items()) for one in plain]
        items[:] = compress(items, fits)


def _unfit(tier: Successor, target: Target, name: str, value: Json) -> bool:
    """Return whether a value can't stand where a document uses its name: in a path, or for the items of a list."""
    if name in tier.texts:
        return type(value) is not str or not segment_of(value)
    is_list = name in {part for one in target.writes for part in (one.each, one.but)}
    return value is None or (is_list and type(value) is not list)


def ask_before(state: ExchangeState, tier: Successor, call: Call) -> Generator[Command, Reply, tuple[Reply, Json]]:
    """Make a call that goes before a tier's own; return the reply, and the document in it."""
    reply = yield from state.ask(call, tier.tier, rewritten=True)
    refuse_redirect(tier.tier, reply)
    reply = yield Read(state.context.settings.body_limit)  # whatever it is, so that the connection stays
    return reply, state.json.read(reply)


def calls_before(state: ExchangeState, target: Target, kinds: Sequence[Before]) -> list[Call]:
    """Return the calls of some kinds that go before a tier's own; raises CallError for what can't be sent."""
    calls: list[Call] = []
    for before in kinds:
        asked = Target(before.method, before.path or target.path, before.version or target.version)
        for item in _items(state, before):
            content = None
            if before.body is not None:
                body = made_body(state, before.body, item)
                if not body:
                    raise missing_attribute(before.body.fields[0].name)
                content = state.context.dumps(body)
            call = successor_call(state.match, state.call, asked, None, content)
            made = {} if before.query is None else made_body(state, before.query, item)
            query = "&".join(f"{quote_plus(name)}={_quoted(name, value)}" for name, value in made.items())
            calls.append(attrs.evolve(call, target=f"{call.target}?{query}") if query else call)
    if len(calls) > MOST_WRITES:
        detail = f"This body takes {len(calls)} calls, and {MOST_WRITES} are made for one at most."
        raise CallError(413, "SHIM_REQUEST_TOO_LARGE", detail)
    return calls


def _items(state: ExchangeState, before: Before) -> list[JsonObject]:
    """Return what the rules of each call of a kind read: what looks gave, and the caller's body or an item of a list.

    A list that has an item twice has it once.
    """
    given = state.given
    known: dict[str, Any] = {**(state.body or {}), **given}
    if not before.each:
        return [known]
    found, others = ({dumps(one): one for one in known.get(name, ())} for name in (before.each, before.but))
    items = [item for key, item in found.items() if key not in others]
    return [{**known, **(item if type(item) is dict else {BARE: item}), **given} for item in items]


def made_body(state: ExchangeState, resource: Resource, source: JsonObject) -> JsonObject:
    """Return what rules make of a body; raises CallError for a value that they can't use."""
    made = translate_one(
        state.match.compiled.body(resource, [*state.given]), source, rules_context(state.match, state.context)
    )
    if made.dropped:
        raise invalid_attribute(made.dropped[0].where)
    value: JsonObject = made.value
    return value


def _quoted(name: str, value: Json) -> str:
    """Return a plain value as a query has it; raises CallError for a text that UTF-8 can't say."""
    try:
        return quote_plus(value if type(value) is str else dumps(value).decode())
    except UnicodeEncodeError:
        raise invalid_attribute(name) from None
