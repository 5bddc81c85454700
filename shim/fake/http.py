"""Requests and replies of the fake: fields, dates, versions, and rate limits."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any

HeaderFields = tuple[tuple[str, str], ...]
"""Header fields in order, a name and a value each."""

Json = Any
JsonObject = dict[str, Any]


def _first(fields: HeaderFields, name: str) -> str | None:
    return next((value for key, value in fields if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request; its repr leaves out fields and content, since they hold credentials."""

    method: str
    target: str
    headers: HeaderFields = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The raw path, without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query, empty without a query."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the first value of a field, None when it is missing."""
        return _first(self.headers, name)


@dataclass(frozen=True, slots=True)
class FakeReply:
    """An answer; ``dropped`` makes the server close the connection instead of sending it."""

    status: int
    headers: HeaderFields = ()
    body: bytes = field(default=b"", repr=False)
    dropped: bool = False

    def header(self, name: str) -> str | None:
        """Return the first value of a field, None when it is missing."""
        return _first(self.headers, name)


def stamp(when: datetime) -> str:
    """Write an instant as Atlas' bodies do: UTC, whole seconds, Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(when: datetime, *, padded: bool = True) -> str:
    """Write an HTTP-date (RFC 9110, 5.6.7); Atlas leaves the day unpadded in Sunset and Deprecation."""
    written = format_datetime(when.astimezone(UTC), usegmt=True)
    return written if padded else written.replace(", 0", ", ")


def json_text(document: Json, *, pretty: bool = False) -> bytes:
    """Write JSON on one line, or pretty as in Atlas' 401 (indented by two, a space before each colon)."""
    colon, depth = (" : ", 2) if pretty else (":", None)
    written = json.dumps(document, ensure_ascii=False, indent=depth, separators=(",", colon))
    # A lone surrogate, which a request may contain as an escape, is escaped again.
    return written.encode(errors="backslashreplace")


def instant_of(when: date | datetime) -> datetime:
    """Return an aware instant in UTC: a date means its 00:00, a naive datetime is in UTC."""
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=UTC)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


DEPRECATED = datetime(2025, 12, 10, tzinfo=UTC)
"""Recorded: the Deprecation field of the serverless endpoints, since December 2025."""

_VENDOR = re.compile(r"\s*application/vnd\.atlas\.(\d{4}-\d{2}-\d{2})\+json\s*(?:;.*)?", re.IGNORECASE)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def resolve(value: str | None, offered: Sequence[str], *, strict: bool) -> str | None:
    """Return the latest offered version not after the first usable date in a field value, None without such a date.

    Unless ``strict``, a value without a date means the first version.
    """
    matches = map(_VENDOR.fullmatch, (value or "").split(","))
    asked = [match[1] for match in matches if match and _is_date(match[1])]
    if not asked and not strict:
        return offered[0]
    # ISO dates compare as text.
    return next((max(fitting) for day in asked if (fitting := [one for one in offered if one <= day])), None)


def is_json(value: str | None, offered: Sequence[str]) -> bool:
    """Return whether a Content-Type is JSON: plain, or of one of the resource's versions."""
    if value is None:
        return False
    return value.partition(";")[0].strip().lower() == "application/json" or bool(resolve(value, offered, strict=True))


def announced(sunset: datetime | None, now: datetime) -> HeaderFields:
    """Return Deprecation and Sunset with an unpadded day, as recorded; empty without a sunset."""
    if sunset is None or now < DEPRECATED:
        return ()
    return (
        ("Deprecation", http_date(DEPRECATED, padded=False)),
        ("Sunset", http_date(sunset, padded=False)),
    )


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``capacity`` requests, refilled by ``refill`` every ``period`` seconds.

    The documented bucket of the serverless backup endpoints is the default.
    """

    capacity: int = 1200
    refill: int = 500
    period: int = 60


class Bucket:
    """One bucket; an ``endless`` one never empties and shows its capacity nearly full, as recorded."""

    def __init__(self, limit: RateLimit, now: float, *, endless: bool) -> None:
        self.limit = limit
        self._endless = endless
        self._left = limit.capacity
        self._filled = now

    def take(self, now: float) -> int | None:
        """Take one token; returns None, or the whole seconds until the next token."""
        if self._endless:
            return None
        limit = self.limit
        periods = int(max(0.0, now - self._filled) // limit.period)
        self._filled += periods * limit.period
        self._left = min(limit.capacity, self._left + periods * limit.refill)
        if self._left:
            self._left -= 1
            return None
        return max(1, math.ceil(self._filled + limit.period - now))

    def fields(self) -> HeaderFields:
        """Return the two fields, spelled as recorded."""
        left = self.limit.capacity - 1 if self._endless else self._left
        return (("Ratelimit-Limit", str(self.limit.capacity)), ("Ratelimit-Remaining", str(left)))
