"""Reads the header fields with which a reply announces the sunset of its operation."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import attrs

from shim.core.messages import Headers

ANNOUNCING = frozenset({"sunset", "deprecation"})
"""The names of the fields, in lower case."""

_DATE = re.compile(r"@(-?[0-9]{1,12})(?:;|$)")
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@attrs.frozen
class Announcement:
    """A reply's announcement; instants are seconds since the epoch, None if not announced.

    The operation is switched off at ``sunset`` and deprecated from ``deprecation`` on.
    """

    sunset: float | None = None
    deprecation: float | None = None


def read(headers: Headers) -> Announcement | None:
    """Return the announcement in a reply's header fields, None without one.

    It reads ``Sunset`` (RFC 8594, an HTTP date) and ``Deprecation`` (RFC 9745, a Date such as ``@1722816000``; also
    an HTTP date, as from Atlas). Of a repeated field the first line counts. An invalid value is ignored.
    """
    sunset = deprecation = None
    for name, value in headers:
        size = len(name)
        if size == 6 and sunset is None and name.lower() == "sunset":
            sunset = value
        elif size == 11 and deprecation is None and name.lower() == "deprecation":
            deprecation = value
    if sunset is None and deprecation is None:
        return None
    return _read(sunset, deprecation)


@lru_cache(maxsize=256)
def _read(sunset: str | None, deprecation: str | None) -> Announcement | None:
    """Return the announcement of some values; cached, since they come with each reply."""
    ends, since = _instant(sunset), _instant(deprecation)
    return None if ends is None and since is None else Announcement(ends, since)


def _instant(value: str | None) -> float | None:
    """Return the instant of a Date (RFC 9651, 3.3.7), without its parameters, or of an HTTP date (RFC 9110, 5.6.7).

    Days may have one digit, as Atlas writes them; the weekday is ignored, since some servers send a wrong one.
    """
    date = _DATE.match(value or "")
    try:
        if date is not None:
            seconds = float(date[1])
        elif value is not None and len(value) <= 64 and value.rstrip().endswith("GMT"):
            seconds = parsedate_to_datetime(value).replace(tzinfo=UTC).timestamp()
        else:
            return None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return seconds if 0 < seconds < _LATEST else None
