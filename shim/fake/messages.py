"""Requests and replies of the fake, and how Atlas writes times and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
    """One request as it reached the fake; fields and content stay out of its repr, since they hold credentials."""

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
        """The raw query, empty when there is none."""
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
    """Write JSON: on one line, or pretty as in Atlas' 401 (two spaces deep, a space before each colon)."""
    colon, depth = (" : ", 2) if pretty else (":", None)
    written = json.dumps(document, ensure_ascii=False, indent=depth, separators=(",", colon))
    # A lone surrogate, which a request can hold as an escape, is written as that escape again.
    return written.encode(errors="backslashreplace")
