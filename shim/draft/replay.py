"""Recorded pairs run through the engine: each new answer in, and what the document makes of it beside the old one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from shim.core.commands import Answer, Outcome, Read, Send, advance
from shim.core.context import Context, dumps, loads
from shim.core.exchange import exchange
from shim.core.memory import Memory
from shim.core.messages import Call, Reply
from shim.core.recognise import Engine
from shim.core.settings import RouteWord, Settings
from shim.documents.vocabulary import Fidelity
from shim.draft.pairs import Pair

ORIGIN = "https://cloud.mongodb.com"
"""Where the calls of a replay would go; nothing is sent."""


@attrs.frozen
class Replayed:
    """One pair and what became of it: the answer made of ``new``, or what went wrong.

    ``fields`` are those that the document gives the answer, by the names they have in a whole answer (with
    ``results[].`` before them in a page), ``absent`` those of them that it declares absent; ``dropped`` what was
    left out.
    """

    pair: Pair
    operation: str = ""
    made: Any = None
    problem: str = ""
    is_list: bool = False
    fields: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    dropped: tuple[str, ...] = ()


def replay(engine: Engine, pairs: Sequence[Pair]) -> list[Replayed]:
    """Run every pair through the engine, forced to the successor."""
    settings = Settings(
        route=RouteWord.SUCCESSOR,
        writes=frozenset(operation.switch for operation in engine.operations if operation.switch),
        body_limit=1 << 30,
    )
    return [_replayed(engine, settings, pair) for pair in pairs]


def _replayed(engine: Engine, settings: Settings, pair: Pair) -> Replayed:
    accept = f"application/vnd.atlas.{pair.old_version}+json" if pair.old_version else "application/json"
    call = Call("GET", ORIGIN, pair.path, (("Accept", accept),))
    match = engine.recognise("GET", pair.path, call.headers)
    if match is None:
        return Replayed(pair, problem=f"no operation of the document is {pair.path} with Accept: {accept}")
    now = _moment(pair)
    context = Context(settings=settings, memory=Memory(), clock=lambda: now, base=ORIGIN)
    outcome = _driven(exchange(match, call, context), pair)
    record = outcome.record
    name = match.operation.id
    if not isinstance(outcome, Answer):
        return Replayed(pair, name, problem=f"was passed through as it came: {record.reason}")
    body = loads(outcome.reply.body or b"null")
    if outcome.code is not None or outcome.reply.status >= 300:
        said = body.get("detail") if isinstance(body, dict) else None
        return Replayed(pair, name, problem=f"became {outcome.reply.status} {outcome.code or ''}: {said}")
    before = {"page": "results[].", "array": "[]."}.get(match.operation.shape, "")
    return Replayed(
        pair,
        name,
        made=body,
        is_list=bool(before),
        fields=frozenset(f"{before}{one.name}" for one in record.fields),
        absent=frozenset(f"{before}{one.name}" for one in record.fields if one.fidelity is Fidelity.ABSENT),
        dropped=tuple(f"{one.where}: {one.why}" for one in record.dropped),
    )


def _driven(steps: Any, pair: Pair) -> Outcome:
    """Drive an exchange with an upstream that answers the first page of any call with the new answer."""
    version = pair.new_version
    media_type = f"application/vnd.atlas.{version}+json" if version else "application/json"
    head = Reply(200, (("Content-Type", media_type),))
    content, sent = dumps(pair.new), 0
    command = advance(steps, None)
    while isinstance(command, Send | Read):
        if isinstance(command, Send):
            sent += 1
            command = advance(steps, head)
        else:
            command = advance(steps, attrs.evolve(head, body=content if sent == 1 else b'{"results":[]}'))
    return command


def _moment(pair: Pair) -> float:
    """Return when a pair was recorded, for rules that ask whether a time is over; now, where it does not say."""
    try:
        said = datetime.fromisoformat(pair.recorded)
    except ValueError:
        return datetime.now(UTC).timestamp()
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
