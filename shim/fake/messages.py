"""What goes in and comes out of the fake, and the small readers of fields and times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

Headers = tuple[tuple[str, str], ...]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as it reached the fake; fields and content stay out of its repr (credentials)."""

    method: str
    target: str
    headers: Headers = field(default=(), repr=False)
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
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class FakeReply:
    """An answer; ``dropped`` makes the server close the connection instead of sending it."""

    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    dropped: bool = False

    def header(self, name: str) -> str | None:
        """Return the first value of a field, None when it is missing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def stamp(when: datetime) -> str:
    """Write an instant the way Atlas' bodies do: UTC, whole seconds, Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    """Read what ``stamp`` writes."""
    return datetime.fromisoformat(text)


def http_date(when: datetime, *, padded: bool = True) -> str:
    """Write an HTTP-date (RFC 9110, 5.6.7); Atlas leaves the day unpadded in Sunset and Deprecation."""
    when = when.astimezone(UTC)
    day = f"{when.day:02}" if padded else str(when.day)
    return f"{_DAYS[when.weekday()]}, {day} {_MONTHS[when.month - 1]} {when:%Y %H:%M:%S} GMT"
