"""The findings of ``explain`` as values, which the text and the JSON output are made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim.cli.fields import FieldLine, field_lines, no_successor
from shim.cli.hints import hints
from shim.cli.next_calls import BEARER, ORIGIN, PLAIN, NextCall, encoded, next_calls, readable
from shim.core.context import Context, Memory
from shim.core.messages import Call
from shim.core.question import read_query
from shim.core.recognise import Engine
from shim.core.responses import CallError
from shim.core.route import Decision, constant_of, decide, has_successor, sunset_of
from shim.core.settings import ATLAS_ORIGINS, FlagRoute, Settings
from shim.documents.model import Constant, Gone, Operation
from shim.errors import SettingsError
from shim.origins import origin_of


@attrs.frozen
class Unrecognised:
    """The ``call`` is not recognised and is passed on unchanged; ``reasons`` are likely causes."""

    call: Mapping[str, str | None]
    reasons: tuple[str, ...]


@attrs.frozen
class Tier:
    """How one tier answers: its note, the errors that lead to it, the fields, and the calls to make instead."""

    note: str
    after: tuple[str, ...]
    fields: tuple[FieldLine, ...]
    calls: tuple[NextCall, ...]


@attrs.frozen
class Explanation:
    """A recognised call: its operation, which side is asked at an instant and why, and the tiers that can answer.

    ``call`` has method, origin (None if only a path was given), readable path and query. ``decision`` and ``then`` are
    sentences; ``then`` says which replies lead on to another side.
    """

    call: Mapping[str, str | None]
    operation: str
    api: str
    document: str
    file: str
    deprecated: datetime
    sunset: datetime
    at: datetime
    route: Mapping[str, Any]
    decision: str
    then: str
    remarks: tuple[str, ...]
    note: str
    blank: datetime | None
    gone: Gone | None
    constant: Constant | None
    switch: str | None
    tiers: Mapping[str, Tier]


def read_call(method: str, url: str, accept: str | None) -> Call:
    """Return a URL or a path (whose origin is empty) as a call, with placeholders percent-encoded.

    Raises SettingsError when ``url`` is neither.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"URL: {error}") from None
    if not parts.path.startswith("/") or (parts.scheme and parts.scheme not in {"http", "https"}):
        raise SettingsError("URL: give a path that starts with a slash, or a whole URL with http or https")
    origin = origin_of(parts.scheme, parts.hostname, port) if parts.scheme and parts.hostname else ""
    target = encoded(parts.path) + (f"?{encoded(parts.query)}" if parts.query else "")
    return Call(method.upper(), origin, target, () if accept is None else (("Accept", accept),))


def explain(
    engine: Engine, call: Call, settings: Settings, at: datetime, credentials: str = BEARER
) -> Explanation | Unrecognised:
    """Explain a call at an instant, as a process that has seen no reply yet would handle it.

    ``credentials`` is how the calls to make instead are signed.
    """
    path, query = readable(call.path), PLAIN
    asked = {"method": call.method, "origin": call.origin or None, "path": path, "query": call.query}
    match = engine.recognise(call.method, call.path, call.headers)
    if match is None:
        return Unrecognised(asked, hints(engine, call))
    operation, origin = match.operation, call.origin or ORIGIN
    remarks = [*_remarks(operation, settings, call.origin)]
    try:
        query = read_query(call.query, operation.shape)
    except CallError as error:
        remarks.append(f"The query is invalid: {error.parameters[0]}. When a successor is asked, the answer is 400.")
    decision = decide(match, call, Context(settings, Memory(), at.timestamp, origin))
    tiers = {
        tier.tier: Tier(
            tier.note,
            tier.after,
            field_lines(operation, tier.tier),
            next_calls(operation, match.raw, tier, origin=origin, query=query, credentials=credentials),
        )
        for tier in operation.successors.values()
    }
    sunset, steps = sunset_of(operation, settings), list(_then(operation, settings, decision))
    return Explanation(
        call=asked,
        operation=operation.id,
        api=match.api.name,
        document=operation.document,
        file=operation.file,
        deprecated=operation.deprecated,
        sunset=sunset,
        at=at,
        route={"word": settings.route.value, **attrs.asdict(decision)},
        decision=_sent(operation, settings, decision, first=bool(steps), over=at >= sunset),
        then=" ".join(steps),
        remarks=tuple(remarks),
        note=operation.note,
        blank=operation.blank,
        gone=operation.gone,
        constant=operation.constant,
        switch=operation.switch or None,
        tiers=tiers,
    )


def as_json(found: Explanation | Unrecognised) -> Mapping[str, Any]:
    """Return an explanation as JSON values; times are ISO 8601 with their offset."""

    def plain(_: object, __: object, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    return {"recognised": isinstance(found, Explanation), **attrs.asdict(found, value_serializer=plain)}


def _remarks(operation: Operation, settings: Settings, origin: str) -> Iterator[str]:
    if origin and not settings.covers(origin):
        own = " and ".join(sorted(ATLAS_ORIGINS))
        yield (
            f"{origin} is not Atlas: Python programs need ATLAS_SHIM_UPSTREAM={origin} "
            f"(without it: {own}). The following holds with it, or if a gateway listens there."
        )
    if settings.flag:
        yield f"The route comes from {FlagRoute(settings.flag)}, which is not asked here; auto is assumed."
    if operation.document in settings.sunsets:
        yield f"ATLAS_SHIM_SUNSET moved the sunset; the document says {operation.sunset:%Y-%m-%d}."
    constant = constant_of(operation, settings)
    if operation.switch and constant is not None:
        yield f"The answer is {json.dumps(constant.value)}. {constant.why}"
    elif not has_successor(operation, settings):
        yield no_successor(operation)


def _sent(operation: Operation, settings: Settings, decision: Decision, *, first: bool, over: bool) -> str:
    """Return a sentence on where the call is sent, and why."""
    places = {"legacy": "Sent to the retired endpoint", "none": "Answered by the shim alone"}
    place, reason = places.get(decision.route, f"Sent to {decision.route}"), decision.reason
    if has_successor(operation, settings):
        place += " first" if first else ""
    elif operation.successors and (decision.route == "none" or (decision.corrects and over)):
        reason = f"writes are switched off (set ATLAS_SHIM_WRITES={operation.switch})"
    return f"{place}, because {reason}."


def _then(operation: Operation, settings: Settings, decision: Decision) -> Iterator[str]:
    """Return a sentence on the replies after which another endpoint is asked."""
    if decision.legacy_next:
        yield (
            f"If {decision.route} answers 404 or an empty list, the retired endpoint is asked too; its answer is "
            "returned unless it is also a 404 or empty."
        )
    elif decision.corrects:
        successors = operation.successors.values() if has_successor(operation, settings) else ()
        if decision.route == "legacy":
            then = f"{operation.first} is asked" if successors else "the shim answers"
            yield f"If it answers 410, or 404 or 405 without an errorCode, {then}."
        for tier in successors:
            if tier.after and tier.tier not in {operation.first, decision.route}:
                yield f"If {operation.first} answers {' or '.join(tier.after)}, {tier.tier} is asked."
