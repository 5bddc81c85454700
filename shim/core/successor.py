"""The successors of a retired call, asked tier by tier: flex first, and dedicated if flex's answer leads there.

A tier is asked by one upstream call, or by several if pages are collected. The legacy answer is made of what came
back; an error stays as it came, but for what the document says of its code or status.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import attrs

from shim.core.answer import COLLECT, LegacyAnswer, rules_context
from shim.core.content import error_code, is_error
from shim.core.context import ExchangeState
from shim.core.hosts import elsewhere, with_known
from shim.core.messages import (
    Answer,
    Exchange,
    Outcome,
    PassThrough,
    Read,
    Repeated,
    Reply,
    field,
    reason_phrase,
    replaced,
)
from shim.core.question import LegacyQuery, build_body, not_sent_on, successor_call
from shim.core.responses import (
    CallError,
    bare_reply,
    document_reply,
    enveloped,
    error_body,
    like,
    put_in,
    refuse_redirect,
    written,
)
from shim.core.route import Decision, tier_key
from shim.documents.calls import ATLAS_ERRORS, LINK, ErrorRule, ErrorShape, RefusedChoice, Successor, Target
from shim.documents.model import NO_CONTENT
from shim.documents.sources import look_up, parse_source
from shim.documents.templates import filled_in
from shim.documents.value_types import Json, JsonObject

_LEAD_ON = frozenset({400, 404})
"""Statuses of errors that may say that a cluster lives on another tier."""


def ask_successors(state: ExchangeState, decision: Decision) -> Exchange:
    """Ask the decided tier, and each later one that an answer leads to, if replies may correct the decision."""
    limit, compiled = state.context.settings.body_limit, state.match.compiled
    tiers = compiled.tiers[decision.route][: None if decision.corrects else 1]
    answer: Answer | None = None
    for tier, later in zip(tiers, (*tiers[1:], None), strict=True):
        choice = tier.only or tier.choices[state.word]
        target, query, content = _question(state, tier, later, choice)
        made, document = LegacyAnswer(state, tier.tier, target), None
        while answer is None:
            call = successor_call(state.match, state.call, target, query, content)
            if target.host:
                call = elsewhere(call, target.host, state.context.settings.hosts)
            reply = state.got((yield state.send(call, tier.tier, rewritten=True)))
            refuse_redirect(tier.tier, reply)
            if not 200 <= reply.status < 300:
                break
            if isinstance(choice, RefusedChoice):
                raise CallError(400, choice.error_code, choice.detail)
            if tier.tier in compiled.reads:
                reply = yield Read(limit)
            answer = _answered(state, tier, made, reply, decision.since)
            if answer is None and query is not None:
                query = attrs.evolve(query, page=query.page + 1, following=made.following)
        if answer is not None:
            break
        if _matters(state, tier, later, reply):
            reply = yield Read(limit)
            document = state.json.read(reply)
        if later is not None:
            code = error_code(document, tier.error)
            if reply.status not in _LEAD_ON or code not in later.after:
                break
            state.reason = f"{state.reason}; {tier.tier} answered {code}"
    outcome = answer or _failed(state, tier, reply, document)
    _learn(state, tier, outcome)
    return outcome


def _question(
    state: ExchangeState, tier: Successor, later: Successor | None, choice: Target | RefusedChoice
) -> tuple[Target, LegacyQuery | None, bytes | None]:
    """Return the call that asks a tier, the query of its first page, and its content.

    In place of a call that the tier can't do it is a GET, if there is one, that shows whether the cluster lives
    there: an error of any other kind is the answer then, since it says more than a refusal. Else CallError is raised.
    """
    match, context, query = state.match, state.context, state.query
    if isinstance(choice, RefusedChoice):
        known = context.memory.recall(tier_key(match, state.call), context.monotonic())
        if later is None or tier.probe is None or known == tier.tier:
            state.route = tier.tier
            raise CallError(400, choice.error_code, choice.detail)
        other = next(one for one in tier.choices.values() if isinstance(one, Target))
        return Target("GET", tier.probe, other.version, media_type=other.media_type, host=other.host), None, None
    host = context.settings.hosts.get(choice.host)
    if choice.host and not (host is not None and host.credentials):
        query, lost = with_known(query, {*choice.query, match.operation.query.choose if match.operation.query else ""})
        state.note(f"not sent to another host, as the document does not know them: {lost}" if lost else "")
    if choice.query:
        for text in not_sent_on(query, choice.query):
            state.note(text)
    if choice.paging == "collected":
        query = attrs.evolve(query, page=1, size=COLLECT)
    content = state.call.body
    if choice.body is not None and state.body is not None:
        content = context.dumps(build_body(match.compiled.body(tier.tier, choice), state.body, rules_context(state)))
    return choice, query, content


def _answered(
    state: ExchangeState, tier: Successor, made: LegacyAnswer, reply: Reply, since: float | None
) -> Answer | None:
    """Return the legacy answer that a success makes with the pages before it, None if another page follows.

    ``since`` is that of the decision.
    """
    match, context = state.match, state.context
    if tier.tier in match.compiled.reads and made.read(reply):
        if len(made.pages) >= context.settings.page_cap:
            size = "" if made.target.next else f" of {COLLECT} items"
            detail = f"Upstream has more than {len(made.pages)} pages{size}; ask the successor itself."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
        return None
    state.note(tier.note)
    status = match.operation.status[match.api.name]
    if not made.pages and status in NO_CONTENT:
        return Answer(bare_reply(status, reply.headers), state.record())
    content, fields, dropped = made.content()
    state.knows_nothing = made.is_empty
    shown = document_reply(content, status, match.content_type, reply.headers)
    record, repeated = state.record(fields, dropped), None
    once = len(record.sent) == 1 and not made.target.host and made.target.next != LINK
    if since is not None and made.pages and once and state.call.method == "GET":
        repeated = Repeated(state.asked, since, match.compiled.timeless, partial(made.begin_again, record))
    return Answer(shown, record, None, repeated)


def _matters(state: ExchangeState, tier: Successor, later: Successor | None, reply: Reply) -> bool:
    """Return whether an error's content has to be read: to be put in legacy terms, or since it may lead on."""
    state.knows_nothing = reply.status == 404
    leads = later is not None and reply.status in _LEAD_ON
    is_foreign = tier.error != state.match.operation.error
    return leads or is_foreign or bool(tier.errors) or (state.query.envelope and reply.status >= 400)


def _failed(state: ExchangeState, tier: Successor, reply: Reply, document: Json) -> Outcome:
    """Return the legacy error that a tier's error makes; ``document`` is its content if that was read.

    It stays as it came unless the mapping document has a rule for its code or status; content that is not an error
    document becomes one then.
    """
    shape, code = state.match.operation.error, error_code(document, tier.error)
    rule = tier.errors.get(code or "") or tier.errors.get(str(reply.status))
    wrapped = state.query.envelope and reply.status >= 400
    is_foreign = tier.error != shape and is_error(document, tier.error)
    if rule is None and not is_foreign and (not wrapped or type(document) is not dict):
        return PassThrough(state.record())
    status, headers = reply.status, reply.headers
    kind = field(headers, "content-type") or "application/json"
    if type(document) is not dict or tier.error != shape:
        said = look_up(document, parse_source(tier.error.detail)) if tier.error.detail else None
        detail = said if is_foreign and type(said) is str else f"The successor answered {status}."
        written_as = look_up(document, parse_source(tier.error.code)) if code is not None else None
        document, kind = error_body(status, code, detail, shape=shape), "application/json"
        if code is not None and shape != ATLAS_ERRORS:  # whose codes are texts
            put_in(document, shape.code, like(code, written_as))
    if rule is not None:
        status = rule.status or status
        _say_instead(document, shape, rule, state.match.parameters)
        if rule.code is not None and field(headers, "x-error-code") is not None:
            headers = replaced(headers, "X-Error-Code", rule.code)
    shown = enveloped(document, status, page=False) if wrapped else document
    content = written(shown, pretty=state.query.pretty, dumps=state.context.dumps)
    return Answer(document_reply(content, status, kind, headers), state.record())


def _say_instead(document: JsonObject, shape: ErrorShape, rule: ErrorRule, parameters: Mapping[str, str]) -> None:
    """Replace the members of an error document that a rule has others for."""
    if rule.code is not None:
        put_in(document, shape.code, like(rule.code, look_up(document, parse_source(shape.code))))
    if rule.status is not None:
        put_in(document, shape.status, rule.status)
        put_in(document, shape.reason, reason_phrase(rule.status))
    if rule.detail is not None:
        put_in(document, shape.detail, filled_in(rule.detail, parameters))


def _learn(state: ExchangeState, tier: Successor, outcome: Outcome) -> None:
    """Remember the tier that answered with a success; forget it when an answer says that it is not there."""
    match, memory = state.match, state.context.memory
    if not match.cluster or len(match.operation.successors) == 1:
        return
    if isinstance(outcome, Answer) and outcome.reply.status < 300:
        memory.remember(tier_key(match, state.call), tier.tier, state.context.monotonic())
    elif state.sent and state.sent[-1].status in _LEAD_ON:
        memory.forget(tier_key(match, state.call))
