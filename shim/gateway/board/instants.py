"""Instants and spans as the page and ``/status.json`` write them."""

from __future__ import annotations

from datetime import UTC, datetime

DAY = 86400


def written(seconds: float) -> str:
    """Return seconds since the epoch as ``2026-06-01T12:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(instant: str) -> float:
    """Return what ``written`` made a text of."""
    return datetime.fromisoformat(instant).timestamp()


def span(seconds: float) -> str:
    """Return a time span in its largest unit, as in ``3 days``; under a minute it is ``less than a minute``."""
    for name, size in (("day", DAY), ("hour", 3600), ("minute", 60)):
        if (count := int(seconds // size)) >= 1:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "less than a minute"


def distance(days: int) -> str:
    """Return how far off a day is, as in ``in 3 days``."""
    if days == 0:
        return "today"
    count = f"{abs(days)} day" + ("" if abs(days) == 1 else "s")
    return f"in {count}" if days > 0 else f"{count} ago"


def spoken(instant: str) -> str:
    """Return an instant as people read it."""
    return f"{instant[:10]} {instant[11:16]} UTC"
