"""How a retired call is handled, and the calls that replace it, as JSON has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs

from shim.cli.dry import DrySend, dry_run, named
from shim.cli.examples import questions
from shim.cli.members import NO_BODY, body_plan
from shim.cli.successors import field_rules, no_successor, shown_call
from shim.core.messages import Call
from shim.core.recognize import Match
from shim.core.route import (
    Context,
    Memory,
    constant_of,
    decide,
    has_successor,
    sunset_of,
)
from shim.core.settings import ATLAS_ORIGINS, FLAG, RouteWord, Settings
from shim.documents.model import Operation
from shim.documents.vocabulary import one_of
from shim.origins import DEFAULT_BASE_URL

_LATER = datetime(2100, 1, 1, tzinfo=UTC)  # a day after every sunset


def explained(
    match: Match,
    call: Call,
    settings: Settings,
    at: datetime,
    *,
    with_members: bool = False,
) -> dict[str, Any]:
    """Return how a new process handles a retired call at an instant, as JSON has it.

    The process has seen no reply yet. With ``with_members``, the tiers' calls list the
    new place of each member of the legacy body.
    """
    operation = match.operation
    origin = call.origin or DEFAULT_BASE_URL
    context = Context(settings, Memory(), at.timestamp, origin, monotonic=at.timestamp)
    advice = _advice(operation, context)
    sends = list[dict[str, Any]]()
    calls = list[dict[str, Any]]()
    reason = ""
    for word, body in questions(operation):
        asked = attrs.evolve(call, body=body)
        dry = dry_run(match, asked, context)
        reason = reason or dry.reason
        for send in dry.sends:
            why = send.why or f"because {dry.reason}"
            _add(sends, {"why": why, **shown_call(send, operation, asked, word)})
        for one in _advised(match, asked, word, advice, with_members=with_members):
            _add(calls, one)
    if sends:
        place = f"Sent to {named(sends[0]['route'])}"
    else:
        place = "Answered by the shim itself"
    decision = decide(match, call, context)
    tiers = {}
    for name, tier in operation.successors.items():
        tiers[name] = {
            "note": tier.note,
            "after": tier.after,
            "fields": tuple(field_rules(tier.resource, name)),
            "calls": [one for one in calls if one["route"] == name],
        }
    if operation.lives:
        sunset = None
    else:
        sunset = sunset_of(operation, settings)
    return {
        "operation": operation.id,
        "api": match.api.name,
        "document": operation.document,
        "file": operation.file,
        "note": operation.note,
        "blank": operation.blank,
        "gone": operation.gone,
        "constant": operation.constant,
        "sunset": sunset,
        "switch": next(iter(operation.switches), None),
        "at": at,
        "route": {"word": settings.route.value, **attrs.asdict(decision)},
        "decision": f"{place}, because {reason}.",
        "sends": sends,
        "remarks": [*_remarks(operation, settings, call.origin)],
        "tiers": tiers,
    }


def _advice(operation: Operation, context: Context) -> Context:
    """Return the context of a day on which a call can reach all its successors."""
    settings = attrs.evolve(
        context.settings,
        route=RouteWord.AUTO,
        sunsets={},
        writes=context.settings.writes.union(operation.switches),
    )
    return attrs.evolve(context, settings=settings, clock=_LATER.timestamp)


def _advised(
    match: Match, call: Call, word: str, advice: Context, *, with_members: bool
) -> Iterator[dict[str, Any]]:
    """Yield the calls that replace one with a body.

    The refusal of the first tier is among them, if it refuses.
    """
    operation = match.operation
    later = dry_run(match, call, advice)
    if later.refused:
        yield {"word": word, "route": operation.first, "refused": later.refused}

    def sends_of(body: bytes) -> list[DrySend]:
        return dry_run(match, attrs.evolve(call, body=body), advice).sends

    for send in later.sends:
        if later.refused and send.send.route == operation.first:
            continue
        made = NO_BODY
        if with_members and call.body is not None and send.send.call.body:
            made = body_plan(call.body, send, sends_of)
        shown = shown_call(send, operation, call, word, made.template)
        if with_members:
            shown["members"] = made.members
        yield shown


def _add(calls: list[dict[str, Any]], new: dict[str, Any]) -> None:
    """Add a call, once.

    If another word of the body leads to the same call, the entry has no word.
    """
    for one in calls:
        if {**one, "word": ""} == {**new, "word": ""}:
            one["word"] = ""
            return
    calls.append(new)


def _remarks(operation: Operation, settings: Settings, origin: str) -> Iterator[str]:
    if origin and origin not in settings.origins:
        own = " and ".join(sorted(ATLAS_ORIGINS))
        yield (
            f"{origin} is not Atlas: Python programs need ATLAS_SHIM_UPSTREAM={origin} "
            f"(without it: {own}). The following holds with it, or if a gateway listens there."
        )
    if settings.flag:
        yield f"The route comes from {FLAG}{settings.flag}, which is not read here; auto is assumed."
    constant = constant_of(operation, settings)
    if operation.switch and constant is not None:
        yield f"The answer is {json.dumps(constant.value)}. {constant.why}"
    elif not has_successor(operation, settings):
        yield no_successor(operation)
    elif operation.lens and operation.lens.switch:
        lens = operation.lens
        if lens.switch not in settings.writes:
            said = f"{one_of(lens.members)} once it has ended: set ATLAS_SHIM_WRITES={lens.switch}."
            yield f"This call needs a switch for bodies with {said}"
