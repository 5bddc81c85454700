"""Dated versions: which one Accept and Content-Type ask for, and what announces the end of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from shim.fake.messages import HeaderFields, http_date

DEPRECATED = datetime(2025, 12, 10, tzinfo=UTC)
"""Recorded: the Deprecation field of the serverless endpoints, since December 2025."""

_VENDOR = re.compile(r"\s*application/vnd\.atlas\.(\d{4}-\d{2}-\d{2})\+json\s*(?:;.*)?", re.IGNORECASE)


def _asked(value: str | None) -> list[str]:
    """Return the dates of every ``application/vnd.atlas.<date>+json`` in a field value, in order."""
    matches = map(_VENDOR.fullmatch, (value or "").split(","))
    return [match[1] for match in matches if match and _is_date(match[1])]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def resolve(value: str | None, offered: Sequence[str], *, strict: bool) -> str | None:
    """Return the latest offered version not after the first usable date in a field value, None when none is usable.

    Not ``strict``, a value without any date means the first version.
    """
    asked = _asked(value)
    if not asked and not strict:
        return offered[0]
    for day in asked:
        # ISO dates compare as text.
        if fitting := [version for version in offered if version <= day]:
            return fitting[-1]
    return None


def is_json(value: str | None, offered: Sequence[str]) -> bool:
    """Tell whether a Content-Type is JSON: plain, or of a version that the resource has."""
    if value is None:
        return False
    return value.partition(";")[0].strip().lower() == "application/json" or bool(resolve(value, offered, strict=True))


def announced(sunset: datetime | None, now: datetime) -> HeaderFields:
    """Return Deprecation and Sunset with an unpadded day, as recorded; nothing for an endpoint that stays."""
    if sunset is None or now < DEPRECATED:
        return ()
    return (
        ("Deprecation", http_date(DEPRECATED, padded=False)),
        ("Sunset", http_date(sunset, padded=False)),
    )
