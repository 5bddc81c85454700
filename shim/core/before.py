"""Make the calls that precede a successor's call.

Lookups return names or refuse the call. Writes are sent first.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from io import BytesIO
from itertools import compress
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import attrs

from shim.core.answer import has_next, rules_context
from shim.core.body import read_body
from shim.core.budget import (
    LONGEST_TEXT,
    MOST_PLANNED,
    MOST_WRITES,
    BodyBudget,
    too_large,
)
from shim.core.content import dumps
from shim.core.messages import Call, Command, Outcome, Read, Reply
from shim.core.question import invalid_attribute, missing_attribute, successor_call
from shim.core.responses import CallError, refuse_redirect
from shim.core.rules import segment_of
from shim.core.state import ExchangeState, failed, refuse_success, together
from shim.core.translate import RESULTS, translate_one
from shim.documents.before import Before
from shim.documents.calls import Successor, Target
from shim.documents.fields import BARE, BODY, Resource
from shim.documents.question import OF_PAGES
from shim.documents.sources import has_several, parse_source, taken
from shim.documents.vocabulary import Json, JsonObject

_TOO_MANY = "This body needs {} calls; at most {} are made for one body."


@attrs.frozen
class LookAnswer:
    """The reply to a lookup."""

    look: Before
    call: Call
    reply: Reply
    document: Json
    """The content of the reply, None if it could not be read."""


def look_before(
    state: ExchangeState, tier: Successor, target: Target
) -> Generator[Command, Reply, Outcome | None]:
    """Make a tier's lookups in order; return an outcome if one of them is an error.

    A reply that can't be read, or has no usable value, is an error too: nothing is
    written without it.
    """
    for look in target.looks:
        call = _call_of(
            state, target, look, *_query_and_content(state, look, _known(state))
        )
        state.body = None  # a decoded body takes many times the memory
        reply, document = yield from ask_before(state, tier, call)
        state.body = _body_again(state)
        if not 200 <= reply.status < 300:
            state.knows_nothing = reply.status == 404
            return failed(state, tier, reply, document)
        what = _learn(state, tier, target, LookAnswer(look, call, reply, document))
        if what:
            detail = f"The {tier.tier} endpoint answered {reply.status} to the lookup before this call: {what}."
            raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)
        match = state.match
        texts = {name: text for name, text in state.given.items() if type(text) is str}
        segments = {name: segment_of(text) for name, text in texts.items()}
        raw = {**match.raw, **segments}
        parameters = {**match.parameters, **texts}
        state.match = attrs.evolve(match, raw=raw, parameters=parameters)
    return None


def _body_again(state: ExchangeState) -> JsonObject | None:
    """Return the caller's body, which was released while a lookup waited."""
    request = state.match.operation.request
    context = state.context
    if request is None:
        return None
    # everything was noted the first time
    body, _ = read_body(request, state.call, context.loads, lambda _: None)
    return body


def _learn(
    state: ExchangeState, tier: Successor, target: Target, answer: LookAnswer
) -> str:
    """Take the values from a lookup's reply.

    Return why it can't be used, or an empty text. Raises CallError if its success means
    an error.
    """
    look = answer.look
    reply = answer.reply
    document = answer.document
    if reply.status != 200 or type(document) is not dict:
        return reply.fault or state.json.refused or "it is not 200 with a JSON object"
    goes_on = _has_more(document)
    _drop_others(look, answer.call, document)
    if any(
        has_several(document, parse_source(source)) for source in look.gives.values()
    ):
        detail = (
            f"{answer.call.path} has several matches, but this call needs exactly one."
        )
        raise CallError(409, "SHIM_SEVERAL_FOUND", together(detail, look.several))
    if goes_on:
        return "it has more than one page"
    refuse_success(look.errors, reply, document, state.match)
    for name, source in look.gives.items():
        state.given[name] = value = taken(document, parse_source(source))
        if _unfit(tier, target, name, value):
            return f"its {source} can't be used as {name}"
    return ""


def _has_more(document: JsonObject) -> bool:
    """Return whether a list continues on another page, by its links or its count."""
    items = document.get(RESULTS)
    total = document.get("totalCount")
    counts_more = False
    if type(items) is list and type(total) is int:
        counts_more = total > len(items)
    return counts_more or bool(has_next(document))


def _drop_others(look: Before, call: Call, page: JsonObject) -> None:
    """Drop the items of a page that don't match the lookup's query.

    A filter that Atlas applies loosely must never lead to a write. An item without the
    compared member is dropped too. ASCII letters are compared without regard to case.
    """
    items = page.get(RESULTS)
    asked = parse_qsl(call.query, keep_blank_values=True)
    if type(items) is not list or not asked:
        return
    wanted = {}
    for name, text in asked:
        if name not in OF_PAGES:
            wanted[look.members.get(name, name)] = _folded(text)
    items[:] = compress(items, [_fits(item, wanted) for item in items])


def _fits(item: Json, wanted: dict[str, bytes]) -> bool:
    # it stays, so that [only] can't choose another item next to it
    if type(item) is not dict:
        return True
    known = {name: _folded(str(item[name])) for name in wanted if name in item}
    return known == wanted


def _folded(text: str) -> bytes:
    """Return a text with ASCII letters in lower case.

    Other letters stay: folding them could make two names equal.
    """
    return text.encode("utf-8", "surrogatepass").lower()


def _unfit(tier: Successor, target: Target, name: str, value: Json) -> bool:
    """Return whether a document can't use this value for a path or for the items of a list."""
    if name in tier.texts:
        if type(value) is not str or len(value) > LONGEST_TEXT:
            return True
        return not segment_of(value)
    is_list = any(name in {one.each, one.but} for one in target.writes)
    return value is None or (is_list and type(value) is not list)


def ask_before(
    state: ExchangeState, tier: Successor, call: Call
) -> Generator[Command, Reply, tuple[Reply, Json]]:
    """Make a call that precedes a tier's own; return the reply and its document."""
    reply = yield from state.ask(call, tier.tier, rewritten=True)
    refuse_redirect(tier.tier, reply)
    # read any content, so that the connection can be reused
    reply = yield Read(state.context.settings.body_limit)
    return reply, state.json.read(reply)


@attrs.frozen
class PlannedWrites:
    """The writes of one kind: shared parts are stored once, and each call is built when it is sent."""

    before: Before
    lines: bytes = attrs.field(repr=False)
    """One line for each write: its query, a tab, and its content.

    Neither can contain a tab or a line break.
    """

    def calls(self, state: ExchangeState, target: Target) -> Iterator[Call]:
        """Build the calls, one at a time."""
        call: Call | None = None
        for line in BytesIO(self.lines):
            query, _, content = line[:-1].partition(b"\t")
            if call is None or query:
                call = _call_of(
                    state, target, self.before, query.decode("ascii"), content or None
                )
            else:
                # all share one target, which the record stores for each
                call = attrs.evolve(call, body=content or None)
            yield call


def check_lengths(state: ExchangeState, target: Target) -> None:
    """Raise CallError if a list in the body is too long, before anything is built or sent."""
    body = state.body or {}
    for name in {name for write in target.writes for name in (write.each, write.but)}:
        items = body.get(name)
        if type(items) is list and len(items) > MOST_WRITES:
            raise too_large(_TOO_MANY.format(len(items), MOST_WRITES))


def plan_writes(state: ExchangeState, target: Target) -> list[PlannedWrites]:
    """Return the writes that precede a tier's own call.

    All bodies are built here, so that an unusable item is an error before the first
    write. Raises CallError for calls that can't be sent.
    """
    items = [(write, _items(state, write)) for write in target.writes]
    count = sum(len(each) for _, each in items)
    if count > MOST_WRITES:
        raise too_large(_TOO_MANY.format(count, MOST_WRITES))
    planned: list[PlannedWrites] = []
    for write, each in items:
        lines: list[bytes] = []
        for item in each:
            query, content = _query_and_content(state, write, item)
            lines.append(b"%b\t%b\n" % (query.encode("ascii"), content or b""))
            state.kept += len(lines[-1])
            if state.kept > MOST_PLANNED:
                raise too_large(
                    f"The bodies of the calls that replace this one have more than {MOST_PLANNED} bytes in total."
                )
        planned.append(PlannedWrites(write, b"".join(lines)))
    state.writes_several = count + (target.method != "GET") > 1
    return planned


def _call_of(
    state: ExchangeState,
    target: Target,
    before: Before,
    query: str,
    content: bytes | None,
) -> Call:
    path = before.path or target.path
    asked = Target(before.method, path, before.version or target.version)
    call = successor_call(state.match, state.call, asked, None, content)
    if query:
        return attrs.evolve(call, target=f"{call.target}?{query}")
    return call


def _query_and_content(
    state: ExchangeState, before: Before, source: JsonObject
) -> tuple[str, bytes | None]:
    """Return the query and the content of one call, as its rules build them.

    Raises CallError for a call that can't be sent.
    """
    content = None
    if before.body is not None:
        body = made_body(state, before.body, source)
        if not body:
            needed = before.body.fields[0]
            sources = [source for rule in needed.rules[BODY] for source in rule.sources]
            raise missing_attribute(next(iter(sources), needed.name))
        content = state.context.dumps(body)
    if before.query is None:
        made = {}
    else:
        made = made_body(state, before.query, source)
    pairs = []
    for name, value in made.items():
        pairs.append(f"{quote_plus(name)}={_quoted(name, value)}")
    query = "&".join(pairs)
    return query, content


def _known(state: ExchangeState) -> dict[str, Any]:
    """Return the source for the rules of preceding calls: the body, and values from lookups."""
    return {**(state.body or {}), **state.given}


def _items(state: ExchangeState, write: Before) -> list[JsonObject]:
    """Return the source for the rules of each write.

    It has the values from lookups, and the caller's body or one item of a list. A list
    that contains an item twice yields it once.
    """
    known = _known(state)
    if not write.each:
        return [known]
    others = {_key(write, one) for one in known.get(write.but, ())}
    found: dict[bytes, Json] = {}
    for one in known[write.each]:
        found.setdefault(_key(write, one), one)
    items = [item for key, item in found.items() if key not in others]
    made = []
    for item in items:
        own = item if type(item) is dict else {BARE: item}
        made.append({**known, **own, **state.given})
    return made


def _key(write: Before, item: Json) -> bytes:
    """Return the key of a list's item."""
    if write.by and type(item) is dict:
        return dumps(item.get(write.by))
    return dumps(item)


def made_body(
    state: ExchangeState,
    resource: Resource,
    source: JsonObject,
    given: Collection[str] = (),
) -> JsonObject:
    """Return the rules' result for a body.

    Raises CallError for a value that they can't use, and for too many objects. The
    ``given`` names can be read by rules, but are not passed on.
    """
    rules = attrs.evolve(rules_context(state.match, state.context), budget=BodyBudget())
    translator = state.match.compiled.body(resource, [*state.given, *given])
    made = translate_one(translator, source, rules)
    if made.dropped:
        raise invalid_attribute(made.dropped[0].where)
    value: JsonObject = made.value
    return value


def _quoted(name: str, value: Json) -> str:
    """Return a value as query text.

    Raises CallError for a text that is too long or has no UTF-8 form.
    """
    if type(value) is str:
        text = value
    else:
        text = dumps(value).decode()
    if len(text) > LONGEST_TEXT:
        raise CallError(
            400,
            "INVALID_ATTRIBUTE",
            f"{name} has more than {LONGEST_TEXT} characters.",
            (name,),
        )
    try:
        return quote_plus(text)
    except UnicodeEncodeError:
        raise invalid_attribute(name) from None
