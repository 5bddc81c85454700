"""What ``explain`` finds out about a call, as values: the text and the JSON are made of these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim.cli.code_samples import NextCall, as_curl, as_httpx, next_calls, placeholders_in, readable
from shim.cli.fields import FieldLine, field_lines
from shim.cli.hints import hints
from shim.core.memory import Memory
from shim.core.messages import Headers
from shim.core.query import read_query
from shim.core.recognise import Engine, Match
from shim.core.responses import CallError
from shim.core.route import Decision, decide, sunset_of
from shim.core.settings import ATLAS_ORIGINS, Settings, origin_of
from shim.documents.model import Operation
from shim.errors import SettingsError

DEFAULT_ORIGIN = "https://cloud.mongodb.com"


@attrs.frozen
class Asked:
    """The call in question: ``path`` is raw, with placeholders encoded; ``origin`` is None when none was given."""

    method: str
    origin: str | None
    path: str
    query: str
    headers: Headers


@attrs.frozen
class Unknown:
    """The call is not recognised: the shim has no part in it. ``reasons`` say why that might be."""

    asked: Asked
    reasons: tuple[str, ...]


@attrs.frozen
class Tier:
    """One side that can answer: its note, the error codes of the tier before that lead here, fields and calls."""

    name: str
    note: str
    after: tuple[str, ...]
    fields: tuple[FieldLine, ...]
    calls: tuple[NextCall, ...]


@attrs.frozen
class Explanation:
    """A recognised call: what it is, who is asked at an instant and why, and what every side would make of it."""

    asked: Asked
    match: Match
    decision: Decision
    settings: Settings
    at: datetime
    remarks: tuple[str, ...]
    tiers: tuple[Tier, ...]

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.match.operation

    @property
    def sunset(self) -> datetime:
        """The sunset in force."""
        return sunset_of(self.operation, self.settings)


def read_call(method: str, url: str, accept: str | None) -> Asked:
    """Take a full URL or a path apart; raises SettingsError when it is neither."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"URL: {error}") from None
    if not parts.path.startswith("/") or (parts.scheme and parts.scheme not in {"http", "https"}):
        raise SettingsError("URL: give a path that starts with a slash, or a whole URL with http or https")
    origin = origin_of(parts.scheme, parts.hostname, port) if parts.scheme and parts.hostname else None
    headers = () if accept is None else (("Accept", accept),)
    return Asked(method.upper(), origin, placeholders_in(parts.path), parts.query, headers)


def explain(engine: Engine, asked: Asked, settings: Settings, at: datetime) -> Explanation | Unknown:
    """Explain a call at an instant, as a process that has seen no reply yet would handle it."""
    match = engine.recognise(asked.method, asked.path, asked.headers)
    if match is None:
        return Unknown(asked, hints(engine, asked.method, asked.path, asked.headers))
    origin = asked.origin or DEFAULT_ORIGIN
    remarks = [] if asked.origin is None or settings.covers(asked.origin) else [_elsewhere(asked.origin)]
    operation = match.operation
    try:
        query = read_query(asked.query, operation.shape)
    except CallError as error:
        remarks.append(f"The query is wrong: {error.parameters[0]}. On a successor's side the answer is 400.")
        query = read_query("", operation.shape)
    tiers = tuple(
        Tier(
            name=successor.tier,
            note=successor.note,
            after=successor.after,
            fields=field_lines(operation, successor.tier),
            calls=next_calls(match, successor, origin, query),
        )
        for successor in operation.successors.values()
    )
    decision = decide(match, origin, settings, Memory(), at.timestamp())
    return Explanation(asked, match, decision, settings, at, tuple(remarks), tiers)


def _elsewhere(origin: str) -> str:
    own = " and ".join(sorted(ATLAS_ORIGINS))
    return (
        f"{origin} is not Atlas: Python programs are helped there only with ATLAS_SHIM_UPSTREAM={origin} "
        f"(without it: {own}). What follows is what happens with it, or when a gateway listens there."
    )


def as_json(found: Explanation | Unknown) -> Mapping[str, Any]:
    """Return an explanation as JSON values; times are ISO 8601 with their offset."""
    asked = found.asked
    call = {"method": asked.method, "origin": asked.origin, "path": readable(asked.path), "query": asked.query}
    if isinstance(found, Unknown):
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
        "gone": None if operation.gone is None else attrs.asdict(operation.gone),
        "tiers": {tier.name: _tier(tier) for tier in found.tiers},
    }


def _tier(tier: Tier) -> dict[str, Any]:
    calls = [
        {**attrs.asdict(call), "curl": as_curl(call), "httpx": as_httpx(call)}
        if not call.refused
        else attrs.asdict(call)
        for call in tier.calls
    ]
    fields = [attrs.asdict(line) for line in tier.fields]
    return {"note": tier.note, "after": tier.after, "fields": fields, "calls": calls}
