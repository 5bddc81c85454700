"""A list of two calls: the legacy endpoint's, or its successor's, and behind it what another tier has to add."""

from __future__ import annotations

from collections.abc import Generator

import attrs

from shim.core.answer import LegacyAnswer
from shim.core.context import ExchangeState
from shim.core.messages import Command, Exchange, Outcome, Read, Reply
from shim.core.question import successor_call
from shim.core.responses import refuse_redirect
from shim.core.route import empty_key
from shim.core.successor import answered, failed, question_of
from shim.core.translate import UpstreamPage
from shim.documents.calls import Successor, Target
from shim.documents.templates import Template


def adds_to(tier: Successor, state: ExchangeState) -> bool:
    """Return whether a tier has a list that is added to the other one, and that is not remembered as empty."""
    if not tier.adds or tier.only is None:
        return False
    key = empty_key(state.call, tier.only.path.build(state.match.raw))
    return state.context.memory.recall(key, state.context.monotonic()) is None


def read_added(state: ExchangeState, tier: Successor) -> Generator[Command, Reply, Outcome | None]:
    """Read the list of the tier that adds to another, and return the answer if that is an error."""
    made, pages, outcome = yield from _list_of(state, tier)
    if outcome is None and any(page.items for page in pages):
        state.added, state.reason = (tier.tier, pages), f"{state.reason}; {tier.tier} had something to add"
    elif outcome is None:
        path = made.target.path.build(state.match.raw)
        state.context.memory.remember(empty_key(state.call, path), "empty", state.context.monotonic())
    return outcome


def read_legacy(state: ExchangeState) -> Exchange:
    """Return the whole list of the legacy endpoint, whose items stay as they are, with what was added."""
    operation, api = state.match.operation, state.match.api
    path = Template(f"{api.base}{operation.path.text}", ())
    target = Target("GET", path, operation.version, "collected", operation.items)
    tier = Successor(tier="legacy", owner="", only=target, error=operation.error)
    made, pages, outcome = yield from _list_of(state, tier)
    return outcome or answered(state, tier, made, pages, state.last, None)


def _list_of(
    state: ExchangeState, tier: Successor
) -> Generator[Command, Reply, tuple[LegacyAnswer, list[UpstreamPage], Outcome | None]]:
    """Read all pages of a list; return what makes an answer of them, and the answer itself if it is an error."""
    match, context, pages = state.match, state.context, list[UpstreamPage]()
    assert tier.only is not None, "checked"
    target, host, query, content = question_of(state, tier, None, tier.only)
    made = LegacyAnswer(match, context, state.call.path, state.query, tier.tier, target)
    while query is not None:
        call = successor_call(match, state.call, target, host, query, content)
        if tier.tier == "legacy":  # in the caller's own words
            call = attrs.evolve(state.call, method="GET", target=call.target)
        reply = state.got((yield state.send(call, tier.tier, rewritten=True)))
        refuse_redirect(tier.tier, reply)
        if not 200 <= reply.status < 300:
            document = None
            if tier.errors or state.query.envelope:
                document = state.json.read((yield Read(context.settings.body_limit)))
            return made, pages, failed(state, tier, reply, document)
        reply = yield Read(context.settings.body_limit)
        pages.append(made.page(reply, state.json, pages))
        query = made.next_query(query, pages)
    return made, pages, None
