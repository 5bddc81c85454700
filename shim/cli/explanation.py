"""What ``explain`` finds out about a call, as values: the text and the JSON are made of these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim.cli.code_samples import ORIGIN, PLAIN, NextCall, next_calls, placeholders_in, readable
from shim.cli.fields import field_lines
from shim.cli.hints import hints
from shim.cli.samples import samples
from shim.core.context import Context
from shim.core.memory import Memory
from shim.core.messages import Call
from shim.core.query import LegacyQuery, read_query
from shim.core.recognise import Engine, Match
from shim.core.responses import CallError
from shim.core.route import Decision, decide, sunset_of
from shim.core.settings import ATLAS_ORIGINS, Settings, origin_of
from shim.documents.model import Operation, Successor
from shim.errors import SettingsError


@attrs.frozen
class Unrecognised:
    """The call is not recognised, and the shim passes it on as it is; ``reasons`` say why that might be."""

    call: Call
    reasons: tuple[str, ...]


@attrs.frozen
class Explanation:
    """A recognised call: its operation, and which side is asked at an instant and why."""

    call: Call
    match: Match
    query: LegacyQuery
    decision: Decision
    settings: Settings
    at: datetime
    remarks: tuple[str, ...]

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.match.operation

    @property
    def sunset(self) -> datetime:
        """The sunset in force."""
        return sunset_of(self.operation, self.settings)

    @property
    def tiers(self) -> tuple[Successor, ...]:
        """The sides that can answer in place of the legacy endpoint."""
        return tuple(self.operation.successors.values())

    def calls(self, tier: Successor) -> tuple[NextCall, ...]:
        """Return the calls to make on a tier instead."""
        return next_calls(self.operation, self.match.raw, tier, self.call.origin or ORIGIN, self.query)


def read_call(method: str, url: str, accept: str | None) -> Call:
    """Make a call of a whole URL, or of a path, which has an empty origin; placeholders are encoded.

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
    target = placeholders_in(parts.path) + (f"?{parts.query}" if parts.query else "")
    return Call(method.upper(), origin, target, () if accept is None else (("Accept", accept),))


def explain(engine: Engine, call: Call, settings: Settings, at: datetime) -> Explanation | Unrecognised:
    """Explain a call at an instant, as a process that has seen no reply yet would handle it."""
    match = engine.recognise(call.method, call.path, call.headers)
    if match is None:
        return Unrecognised(call, hints(engine, call))
    origin = call.origin or ORIGIN
    remarks = [] if not call.origin or settings.covers(origin) else [_elsewhere(origin)]
    query = PLAIN
    try:
        query = read_query(call.query, match.operation.shape)
    except CallError as error:
        remarks.append(f"The query is wrong: {error.parameters[0]}. On a successor's side the answer is 400.")
    decision = decide(match, call, Context(settings, Memory(), at.timestamp, origin))
    return Explanation(call, match, query, decision, settings, at, tuple(remarks))


def _elsewhere(origin: str) -> str:
    own = " and ".join(sorted(ATLAS_ORIGINS))
    return (
        f"{origin} is not Atlas: Python programs are helped there only with ATLAS_SHIM_UPSTREAM={origin} "
        f"(without it: {own}). What follows is what happens with it, or when a gateway listens there."
    )


def _is_said(attribute: attrs.Attribute[Any], _: object) -> bool:
    return attribute.name != "source"


def as_json(found: Explanation | Unrecognised, auth: str) -> Mapping[str, Any]:
    """Return an explanation as JSON values, with code that signs by ``auth``; times are ISO 8601 with their offset."""
    call = {
        "method": found.call.method,
        "origin": found.call.origin or None,
        "path": readable(found.call.path),
        "query": found.call.query,
    }
    if isinstance(found, Unrecognised):
        return {"recognised": False, "call": call, "reasons": found.reasons}
    operation = found.operation
    return {
        "recognised": True,
        "call": call,
        "operation": operation.id,
        "api": found.match.api.name,
        "document": operation.document,
        "file": operation.file,
        "deprecated": operation.deprecated.isoformat(),
        "sunset": found.sunset.isoformat(),
        "at": found.at.isoformat(),
        "route": {"word": found.settings.route.value, **attrs.asdict(found.decision)},
        "remarks": found.remarks,
        "note": operation.note,
        "blank": None if operation.blank is None else operation.blank.isoformat(),
        "gone": None if operation.gone is None else attrs.asdict(operation.gone),
        "constant": None if operation.constant is None else attrs.asdict(operation.constant),
        "switch": operation.switch or None,
        "tiers": {
            tier.tier: {
                "note": tier.note,
                "after": tier.after,
                "fields": [attrs.asdict(line) for line in field_lines(operation, tier.tier)],
                "calls": [{**attrs.asdict(call, filter=_is_said), **samples(call, auth)} for call in found.calls(tier)],
            }
            for tier in found.tiers
        },
    }
