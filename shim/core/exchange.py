"""The order of events of one recognised call, written once for sync and async doors.

    decide -> legacy -> [retired] -> read the caller's question -> the tiers in turn -> [legacy] -> outcome

``exchange`` is a generator in the way of ``httpx.Auth.auth_flow``; ``messages`` has what it asks a door for.
"""

from __future__ import annotations

from collections.abc import Generator

import attrs

from shim.core.content import JsonReader, is_error
from shim.core.context import Context, ExchangeState
from shim.core.messages import (
    Answer,
    Call,
    Command,
    Exchange,
    Outcome,
    PassThrough,
    Read,
    Reply,
    field,
    replaced,
    without,
)
from shim.core.question import chosen_by, chosen_by_body, read_body, read_query
from shim.core.recognise import Match
from shim.core.responses import CallError, document_reply, enveloped, error_body, help_link, written
from shim.core.route import constant_of, decide, is_strict, learn_retired
from shim.core.successor import ask_successors
from shim.documents.value_types import Json
from shim.documents.versions import Named, named_in


def exchange(match: Match, call: Call, context: Context) -> Exchange:
    """Run one exchange: yields what the door must do, returns the outcome."""
    started, decision = context.monotonic(), decide(match, call, context)
    state = ExchangeState(match, call, context, started, decision.sunset, JsonReader(context.loads), decision.reason)
    try:
        if decision.route == "legacy":
            may_read = decision.corrects and call.method != "HEAD"
            reply = state.got((yield state.send(call, "legacy", rewritten=False, may_read=may_read)))
            if not decision.corrects or not (yield from _is_retired(state, reply)):
                return PassThrough(state.record())
            learn_retired(match, call, reply, context)
            state.reason = f"{decision.reason}; the legacy endpoint answered {reply.status}"
            decision = decide(match, call, context, str(reply.status))
        outcome: Outcome
        if decision.route == "none":
            outcome = _alone(state)
        else:
            _read_question(state)
            outcome = yield from ask_successors(state, decision)
            if decision.legacy_next and state.knows_nothing:
                outcome = yield from legacy_fallback(state, outcome)
    except CallError as error:
        outcome = _error(state, error)
    return outcome if call.method != "HEAD" else _without_content(outcome, state.last)


def _is_retired(state: ExchangeState, reply: Reply) -> Generator[Command, Reply, bool]:
    """Return whether a legacy answer proves that the endpoint is gone and nothing was executed."""
    if reply.status == 410:
        return True
    if reply.status not in {404, 405} or state.call.method == "HEAD":  # whose content would tell
        return False
    reply = yield Read(state.context.settings.body_limit)
    known = is_error(state.json.read(reply), state.match.operation.error)
    return reply.fault is None and not known and not state.json.refused


def legacy_fallback(state: ExchangeState, outcome: Outcome) -> Exchange:
    """Ask legacy after a successor that knew nothing; return legacy's answer if it knows something.

    ``outcome`` is the successor's, a 404 or a list without items, and stands otherwise.
    """
    limit = state.context.settings.body_limit
    if isinstance(outcome, PassThrough):
        # Kept for the case that legacy knows no more; the door holds one reply at a time.
        reply = yield Read(limit)
        if reply.fault is not None:
            return outcome
        headers = without(reply.headers, ("content-encoding", "content-length", "transfer-encoding"))
        outcome = Answer(Reply(reply.status, headers, reply.body or b""), outcome.record)
    match, call, tier = state.match, state.call, state.route
    if match.api.version is None and named_in(field(call.headers, "accept")) is Named.NOTHING:
        kind = f"application/vnd.atlas.{match.operation.version}+json"
        call = attrs.evolve(call, headers=replaced(call.headers, "Accept", kind))
    try:
        reply = state.got((yield state.send(attrs.evolve(call, method="GET"), "legacy", rewritten=False)))
    except CallError:  # the deadline has passed
        return outcome
    knows = 200 <= reply.status < 300
    if knows and match.operation.shape == "page":
        document = state.json.read((yield Read(limit)))
        knows = type(document) is dict and bool(document.get("results"))
    if knows:
        state.reason = f"{state.reason}; {tier} knew nothing, and the legacy endpoint did"
        return PassThrough(state.record())
    if reply.status == 410:
        learn_retired(match, call, reply, state.context)
    state.route = tier
    reason = f"{state.reason}; neither {tier} nor the legacy endpoint knew anything"
    return attrs.evolve(outcome, record=attrs.evolve(outcome.record, reason=reason, sent=tuple(state.sent)))


def _read_question(state: ExchangeState) -> None:
    """Read what the caller asks for; raises CallError for what is wrong with it, before anything is sent."""
    operation = state.match.operation
    state.note(operation.note)
    state.query = query = read_query(state.call.query, operation.shape)
    if query.asked > query.size:
        state.note(f"itemsPerPage={query.asked} is more than a page may have; {query.size} was used")
    if operation.request is not None:
        strict = is_strict(operation, state.context.settings)
        state.body = read_body(operation.request, state.call, state.context.loads, None if strict else state.note)
        state.word = str(chosen_by_body(operation.request, state.body))
    if operation.query is not None:
        state.word = chosen_by(operation.query, query)


def _alone(state: ExchangeState) -> Answer:
    """Answer without asking anybody; raises CallError if the operation has no successor and no constant."""
    operation = state.match.operation
    constant = constant_of(operation, state.context.settings)
    state.route = "none"
    if constant is None:
        raise CallError(410, "SHIM_NO_SUCCESSOR", operation.without_successor, (operation.id,))
    state.note(constant.why)
    status = operation.status[state.match.api.name]
    content = _shown(state, constant.value, status)
    return Answer(document_reply(content, status, state.match.content_type), state.record())


def _shown(state: ExchangeState, value: Json, status: int) -> bytes:
    """Return an answer of the shim's own as content, in an envelope if the caller asked for one."""
    try:
        query = read_query(state.call.query, "one")
        envelope, pretty = query.envelope, query.pretty
    except CallError:
        envelope, pretty = False, False
    shown = enveloped(value, status, page=False) if envelope else value
    return written(shown, pretty=pretty, dumps=state.context.dumps)


def _error(state: ExchangeState, error: CallError) -> Answer:
    """Return an error of the shim's own."""
    shape = state.match.operation.error
    body = error_body(error.status, error.code, error.detail, error.parameters, shape=shape)
    content = _shown(state, body, error.status)
    reply = document_reply(content, error.status, "application/json", help_link(error.code))
    return Answer(reply, state.record(), error.code)


def _without_content(outcome: Outcome, head: Reply | None) -> Outcome:
    """Return the answer to HEAD, for which GET was sent: the same fields, and no content."""
    if isinstance(outcome, PassThrough):
        assert head is not None, "only a reply can be passed through"
        return Answer(Reply(head.status, head.headers, b""), outcome.record)
    content = outcome.reply.body or b""
    fields = (*without(outcome.reply.headers, ("content-length",)), ("Content-Length", str(len(content))))
    return attrs.evolve(outcome, reply=attrs.evolve(outcome.reply, headers=fields, body=b""))
