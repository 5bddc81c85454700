"""Run the events of one recognized call in order, for sync and async doors alike.

    decide -> legacy -> [retired] -> read the query -> each tier in turn -> [legacy] -> outcome

``exchange`` is a generator like ``httpx.Auth.auth_flow``; ``messages`` defines its
commands to a door.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import attrs

from shim.core.body import object_of, read_body
from shim.core.content import JsonReader, error_code, is_error
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
from shim.core.question import LegacyQuery, read_query
from shim.core.recognize import Match
from shim.core.responses import CallError, document_reply, error_body, help_link
from shim.core.route import (
    LEGACY,
    Context,
    constant_of,
    decide,
    empty_key,
    is_strict,
    learn_retired,
)
from shim.core.state import ExchangeState, together
from shim.core.successor import ask_successors, legacy_list
from shim.core.translate import RESULTS
from shim.documents.calls import Successor
from shim.documents.fields import When
from shim.documents.vocabulary import Json, named_in


def exchange(match: Match, call: Call, context: Context) -> Exchange:
    """Run one exchange: yields commands for the door, returns the outcome."""
    match = _guarded(match, call, context)
    started = context.monotonic()
    decision = decide(match, call, context)
    state = ExchangeState(
        match,
        call,
        context,
        started,
        decision,
        JsonReader(context.loads),
        decision.reason,
    )
    if context.settings.route in LEGACY:
        switched = None
    else:
        switched = match.compiled.switched
    outcome: Outcome | None = None
    try:
        if switched is not None:
            outcome = yield from _by_switch(state, switched)
        if outcome is None and state.decision.route == "legacy":
            outcome = yield from _ask_legacy(state, switched)
        if outcome is None and state.decision.route == "none":
            outcome = _alone(state)
        if outcome is None:
            _read_question(state)
            decision = state.decision
            first, *others = match.compiled.tiers[decision.route]
            tiers = [first, *(one for one in others if decision.corrects or one.switch)]
            outcome = yield from ask_successors(state, tiers)
            assert outcome is not None, (
                "a successor whose list is added is asked by _by_switch alone"
            )
            if decision.legacy_next and state.knows_nothing:
                outcome = yield from legacy_fallback(state, outcome)
    except CallError as error:
        detail = together(error.detail, state.done_before)
        body = error_body(error.status, error.code, detail, error.parameters)
        outcome = _own(state, body, error.status, "application/json", error.code)
    if call.method != "HEAD":
        return outcome
    return _without_content(outcome, state)


def _guarded(match: Match, call: Call, context: Context) -> Match:
    """Return the match of a call whose body needs a switch: its operation then has that switch."""
    lens = match.operation.lens
    guarded = match.compiled.guarded
    if lens is None or guarded is None:
        return match
    try:
        body = object_of(call, context.loads)
    except CallError:  # whose answer is decided when it is read
        return match
    needs_it = any(body.get(name) is not None for name in lens.members)
    if needs_it:
        return attrs.evolve(match, operation=guarded)
    return match


def _by_switch(
    state: ExchangeState, tier: Successor
) -> Generator[Command, Reply, Outcome | None]:
    """Let a successor's switch change the decision or add its list.

    Return the error that ends the list.
    """
    context = state.context
    if tier.when is not None and _body_says(tier.when, state.call, context.loads):
        state.reason = f"the body is for {tier.tier}"
        state.decision = attrs.evolve(state.decision, route=tier.tier)
    if tier.adds and tier.only:
        key = empty_key(state.call, tier.only.path.build(state.match.raw))
    else:
        key = None
    if key is None or context.memory.recall(key, context.monotonic()) is not None:
        return None
    _read_question(state)
    outcome = yield from ask_successors(state, [tier])
    if state.added is not None and any(page.items for page in state.added[1]):
        state.reason += f"; {tier.tier} has items to add"
    elif state.added is not None:
        state.added = None
        context.memory.remember(key, "empty", context.monotonic())
    return outcome


def _ask_legacy(
    state: ExchangeState, switched: Successor | None
) -> Generator[Command, Reply, Outcome | None]:
    """Send the call to the legacy endpoint.

    Return its answer, or None if that changed the decision.
    """
    match = state.match
    call = state.call
    context = state.context
    decision = state.decision
    has_content = call.method != "HEAD"
    if switched is not None and switched.after:
        later = switched
    else:
        later = None
    if state.added is None:
        may_read = (decision.corrects or later is not None) and has_content
        reply = yield from state.ask(call, "legacy", rewritten=False, may_read=may_read)
    else:
        outcome = yield from ask_successors(state, [legacy_list(match)])
        if isinstance(outcome, Answer):
            return outcome
        reply = state.last
    document = None
    may_lead = later is not None and reply.status == 400
    # Either proves that the endpoint is gone and that nothing was executed.
    is_gone = reply.status == 410
    may_be_gone = decision.corrects and reply.status in {404, 405}
    if has_content and (may_lead or may_be_gone):
        reply = yield Read(context.settings.body_limit)
        document = state.json.read(reply)
        is_gone = (
            may_be_gone
            and reply.fault is None
            and not is_error(document)
            and not state.json.refused
        )
    if later is not None and may_lead:
        if has_content:
            code = error_code(document)
        else:
            code = field(reply.headers, "x-error-code")
        if code in later.after:
            state.reason += f"; it answered {code}"
            state.decision = attrs.evolve(decision, route=later.tier, corrects=False)
            return None
    if not decision.corrects or not is_gone:
        return PassThrough(state.record())
    learn_retired(match, call, reply, context)
    state.reason = f"{decision.reason}; the legacy endpoint answered {reply.status}"
    state.decision = decide(match, call, context, str(reply.status))
    return None


def _body_says(when: When, call: Call, loads: Callable[[bytes], Any]) -> bool:
    """Return whether a condition holds for a legacy body; False if it isn't a JSON object."""
    try:
        return when.holds(object_of(call, loads))
    except CallError:
        return False


def legacy_fallback(state: ExchangeState, outcome: Outcome) -> Exchange:
    """Ask legacy after a successor that found nothing.

    Return its answer, or ``outcome`` if it finds nothing either.
    """
    limit = state.context.settings.body_limit
    if isinstance(outcome, PassThrough):
        # It is read now, since the door holds one reply at a time. It is the answer if
        # legacy finds nothing either.
        reply = yield Read(limit)
        if reply.fault is not None:
            return outcome
        headers = without(
            reply.headers, ("content-encoding", "content-length", "transfer-encoding")
        )
        outcome = Answer(
            Reply(reply.status, headers, reply.body or b""), outcome.record
        )
    match = state.match
    call = state.call
    tier = state.route
    if match.api.version is None and named_in(field(call.headers, "accept")) is None:
        call = attrs.evolve(
            call, headers=replaced(call.headers, "Accept", match.operation.accept)
        )
    try:
        reply = yield from state.ask(
            attrs.evolve(call, method="GET"), "legacy", rewritten=False
        )
    except CallError:  # the deadline has passed
        return outcome
    knows = 200 <= reply.status < 300
    if knows and match.operation.shape == "page":
        document = state.json.read((yield Read(limit)))
        knows = type(document) is dict and bool(document.get(RESULTS))
    if knows:
        state.reason += f"; {tier} returned nothing, but the legacy endpoint did"
        return PassThrough(state.record())
    if reply.status == 410:
        learn_retired(match, call, reply, state.context)
    state.route = tier
    reason = f"{state.reason}; neither {tier} nor the legacy endpoint returned anything"
    record = attrs.evolve(outcome.record, reason=reason, sent=tuple(state.sent))
    return attrs.evolve(outcome, record=record)


def _read_question(state: ExchangeState) -> None:
    """Read the caller's query and body.

    Raises CallError for a defect before anything is sent.
    """
    operation = state.match.operation
    state.query = query = read_query(state.call.query, operation.shape)
    if query.asked > query.size:
        state.notes.append(
            f"itemsPerPage={query.asked} is more than a page may have; {query.size} was used"
        )
    if operation.request is not None:
        if is_strict(operation, state.context.settings):
            note = None
        else:
            note = state.notes.append
        state.body, state.word = read_body(
            operation.request, state.call, state.context.loads, note
        )


def _alone(state: ExchangeState) -> Answer:
    """Answer without an upstream request.

    Raises CallError if the operation has no successor and no constant answer.
    """
    operation = state.match.operation
    state.route = "none"
    constant = constant_of(operation, state.context.settings)
    if constant is None:
        raise CallError(
            410, "SHIM_NO_SUCCESSOR", operation.without_successor, (operation.id,)
        )
    state.notes.append(constant.why)
    status = operation.status[state.match.api.name]
    return _own(state, constant.value, status, state.match.content_type)


def _own(
    state: ExchangeState, value: Json, status: int, kind: str, code: str | None = None
) -> Answer:
    """Return an answer of the shim's own, in the form that the caller requested if that is known."""
    try:
        query = read_query(state.call.query, "one")
    except CallError:
        query = LegacyQuery()
    content = query.written(value, status, state.context.dumps)
    # Atlas's own errors also have their code in a field.
    said = code or ""
    fields = help_link(said)
    if said and not said.startswith("SHIM_"):
        fields = (("X-Error-Code", said),)
    return Answer(document_reply(content, status, kind, fields), state.record(), code)


def _without_content(outcome: Outcome, state: ExchangeState) -> Outcome:
    """Return the answer to HEAD, for which GET was sent: the same fields without content."""
    if isinstance(outcome, PassThrough):
        headers = state.last.headers
        if outcome.content_type:
            headers = replaced(headers, "Content-Type", outcome.content_type)
        head = Reply(state.last.status, headers, b"")
        if state.asked.method == "HEAD":
            return outcome
        return Answer(head, outcome.record)
    content = outcome.reply.body or b""
    fields = replaced(outcome.reply.headers, "Content-Length", str(len(content)))
    return attrs.evolve(
        outcome, reply=attrs.evolve(outcome.reply, headers=fields, body=b"")
    )
