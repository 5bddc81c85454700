"""Which version of a resource the Accept and Content-Type fields ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

_VENDOR = re.compile(r"\s*application/vnd\.atlas\.(\d{4}-\d{2}-\d{2})\+json\s*(?:;.*)?", re.IGNORECASE)


def vendor_dates(value: str | None) -> list[str]:
    """Return the dates of ``application/vnd.atlas.<date>+json`` in a field value, in order."""
    dates = []
    for media in (value or "").split(","):
        match = _VENDOR.fullmatch(media)
        if match and _is_date(match[1]):
            dates.append(match[1])
    return dates


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def resolve(value: str | None, offered: Sequence[str], *, strict: bool) -> str | None:
    """Return the latest offered version not after the first usable date asked for, None when none is usable.

    Not strict, a value that names no date at all means the first version.
    """
    dates = vendor_dates(value)
    if not dates and not strict:
        return offered[0]
    for asked in dates:
        # ISO dates of one length compare as text.
        fitting = [version for version in offered if version <= asked]
        if fitting:
            return fitting[-1]
    return None


def speaks_json(value: str | None, offered: Sequence[str]) -> bool:
    """Tell whether a Content-Type is JSON: plain, or of a version that the resource has."""
    if value is None:
        return False
    plain = value.partition(";")[0].strip().lower() == "application/json"
    return plain or resolve(value, offered, strict=True) is not None
