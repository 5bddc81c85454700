"""Asking legacy where a successor knows nothing: for reads whose legacy answers went blank, perhaps not all."""

from __future__ import annotations

import attrs

from shim.core.messages import Answer, Exchange, Outcome, PassThrough, Read, Reply, field, replaced, without
from shim.core.responses import CallError
from shim.core.route import learn_retired
from shim.core.state import ExchangeState
from shim.documents.versions import Named, named_in


def or_legacy(state: ExchangeState, outcome: Outcome) -> Exchange:
    """Ask legacy too: its answer stands if it knows something; else the successor's answer does.

    ``outcome`` is that of a successor that knew nothing: a 404, or a list without items.
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
        reply = yield from state.send(attrs.evolve(call, method="GET"), "legacy", rewritten=False)
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
