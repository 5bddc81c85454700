"""The order of events of one recognised call, written once for sync and async doors.

    decide -> legacy? -> [retired] -> flex -> [another tier] -> dedicated -> translate -> outcome

``exchange`` is a generator in the way of ``httpx.Auth.auth_flow``; ``steps`` says what it asks for.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from shim.core.ask import ask, failed
from shim.core.commands import Answer, Exchange, Outcome, PassThrough, Read, Send
from shim.core.context import Context
from shim.core.messages import Call, Reply, field
from shim.core.query import LegacyQuery, QueryError, read_query
from shim.core.recognise import Match
from shim.core.request_body import RequestBodyError, read_body
from shim.core.route import Decision, decide, gone_key, tier_key
from shim.core.state import ExchangeState, error, error_code, read, record, send, successor_call
from shim.documents.model import RefusedChoice, Successor, Target


def exchange(match: Match, call: Call, context: Context) -> Exchange:
    """Run one exchange: yields what the door must do, returns the outcome."""
    now = context.clock()
    decision = decide(match, call.origin, context.settings, context.memory, now)
    run = ExchangeState(match=match, call=call, context=context, started=now, reason=decision.reason)
    if decision.route == "legacy":
        reply = yield from send(run, call, "legacy", rewritten=False)
        assert isinstance(reply, Reply), "the deadline never holds up the first call"
        if not decision.corrects or not (yield from _retired(run, reply)):
            return PassThrough(record(run))
        now = context.clock()
        context.memory.gone.remember(gone_key(match, call.origin), str(reply.status), now)
        run.reason = f"{decision.reason}; the legacy endpoint answered {reply.status}"
        decision = decide(match, call.origin, context.settings, context.memory, now)
    if decision.route == "none":
        return _no_successor(run)
    return (yield from _succeed(run, decision))


def _retired(run: ExchangeState, reply: Reply) -> Generator[Send | Read, Reply, bool]:
    """Tell whether a legacy answer proves that the endpoint is gone and nothing was executed."""
    if reply.status == 410:
        return True
    if reply.status not in {404, 405}:
        return False
    reply = yield from read(run)
    return reply.fault is None and error_code(run, reply) is None


def _no_successor(run: ExchangeState) -> Answer:
    gone = run.match.operation.gone
    assert gone is not None, "only an operation without successor is routed nowhere"
    run.route = "none"
    return error(run, 410, "SHIM_NO_SUCCESSOR", f"{gone.detail} See {gone.see}", (run.match.operation.id,))


def _succeed(run: ExchangeState, decision: Decision) -> Exchange:
    """Ask the successors; what the caller got wrong is answered before anything is sent."""
    operation = run.match.operation
    run.note(operation.note)
    try:
        query = read_query(run.call.query, operation.shape)
        if query.asked > query.size:
            run.note(f"itemsPerPage={query.asked} is more than a page may have; {query.size} was used")
        if operation.request is not None and _is_coded(run.call):
            detail = "The content of this call can't be translated while it is compressed."
            return error(run, 415, "SHIM_CONTENT_CODED", detail)
        body = read_body(operation.request, run.call.body, run.context.loads)
        # The decided tier is the first; the other one is as far as replies may lead on.
        tiers = sorted(operation.successors.values(), key=lambda successor: successor.tier != decision.route)
        return (yield from _ask_tiers(run, tiers if decision.corrects else tiers[:1], query, body))
    except QueryError as problem:
        name = problem.args[0]
        return error(run, 400, "INVALID_QUERY_PARAMETER", f"Invalid query parameter {name} specified.", (name,))
    except RequestBodyError as problem:
        return error(run, 400, problem.code, problem.detail, problem.parameters)


def _is_coded(call: Call) -> bool:
    coding = field(call.headers, "content-encoding")
    return coding is not None and coding.strip().lower() not in {"", "identity"}


def _ask_tiers(
    run: ExchangeState, tiers: Sequence[Successor], query: LegacyQuery, body: dict[str, Any] | None
) -> Exchange:
    """Ask the first tier, and the others when its answer leads on to them."""
    successor, *others = tiers
    later = others[0] if others else None
    target = _target(run, successor, body)
    if isinstance(target, RefusedChoice):
        outcome = yield from _refuse(run, successor, target, query, later)
    else:
        outcome = yield from ask(run, successor, target, query, body, later)
    if outcome is not None:
        _learn(run, successor, outcome)
        return outcome
    return (yield from _ask_tiers(run, others, query, body))


def _target(run: ExchangeState, successor: Successor, body: dict[str, Any] | None) -> Target | RefusedChoice:
    if successor.only is not None:
        return successor.only
    request = run.match.operation.request
    assert request is not None, "choices need a body"
    assert body is not None, "choices need a body"
    return successor.choices[body[request.choose]]


def _refuse(
    run: ExchangeState, successor: Successor, refusal: RefusedChoice, query: LegacyQuery, later: Successor | None
) -> Generator[Send | Read, Reply, Outcome | None]:
    """Refuse what a tier can't do; before that ask with a GET, if there is one, whether the cluster lives there.

    None leads on to the later tier; an error of any other kind is the answer, since it says more than a refusal.
    """
    if later is not None and successor.probe is not None:
        version = next(choice.version for choice in successor.choices.values() if isinstance(choice, Target))
        call = successor_call(run, "GET", successor.probe.build(run.match.raw), version, None)
        reply = yield from send(run, call, successor.tier, rewritten=True)
        if isinstance(reply, Answer):
            return reply
        if not 200 <= reply.status < 300:
            return (yield from failed(run, reply, query, later))
    run.route = successor.tier
    return error(run, 400, refusal.error_code, refusal.detail)


def _learn(run: ExchangeState, successor: Successor, outcome: Outcome) -> None:
    """Remember the tier that answered with a success; forget it when an answer says that it is not there."""
    key = tier_key(run.match, run.call.origin)
    if key is None or len(run.match.operation.successors) == 1:
        return
    if isinstance(outcome, Answer) and outcome.reply.status < 300:
        run.context.memory.tiers.remember(key, successor.tier, run.context.clock())
    elif run.sent and run.sent[-1].status in {400, 404}:
        run.context.memory.tiers.forget(key)
