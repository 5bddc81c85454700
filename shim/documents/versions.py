"""API versions: days, written YYYY-MM-DD as Atlas writes them, so that texts compare as days do.

A caller names one in Accept as ``application/vnd.atlas.2023-01-01+json``. A range has them as ``2023.1.1``.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from enum import Enum

import attrs

_VENDOR = re.compile(r"application/vnd\.atlas(?![a-z0-9])", re.IGNORECASE)
_DATED = re.compile(r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2})\+json", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_WEIGHT = re.compile(r"q\s*=\s*(.*)", re.IGNORECASE)
_RANGE = re.compile(r"\s*>=\s*([0-9]{4}(?:\.[0-9]{1,2}){2})\s*(?:,\s*<\s*([0-9]{4}(?:\.[0-9]{1,2}){2})\s*)?")


@attrs.frozen
class Versions:
    """The versions from ``first`` on, and before ``end`` if it is not empty."""

    first: str
    end: str = ""

    def __contains__(self, version: str) -> bool:
        return self.first <= version and (not self.end or version < self.end)


class Named(Enum):
    """What an Accept field says about the version when it is not a date."""

    NOTHING = "nothing"
    """No version: the caller takes the legacy one."""
    OTHER = "other"
    """Something the shim has no part in: a preview, an upcoming version, another format."""


def parse_date(text: str) -> str:
    """Return the version that a text is; raises ValueError on anything but a day written YYYY-MM-DD."""
    if _DATE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a date such as 2023-01-01")
    return date.fromisoformat(text).isoformat()


def named_in(accept: str | None) -> str | Named:
    """Return the version that an Accept field (RFC 9110, 12.5.1) names; the best-weighted, then the first.

    A range that the caller does not accept (``q=0``) names nothing.
    """
    best, best_weight = "", 0.0
    for media_range in accept.split(",") if accept and "vnd.atlas" in accept.lower() else ():
        kind, *parameters = (part.strip() for part in media_range.split(";"))
        weights = [found[1] for one in parameters if (found := _WEIGHT.fullmatch(one))] or ["1"]
        weight = float(weights[0]) if _QVALUE.fullmatch(weights[0]) else 0.0
        if _VENDOR.match(kind) and weight > best_weight:
            best, best_weight = kind, weight
    dated = _DATED.fullmatch(best)
    try:
        return parse_date(dated[1]) if dated else Named.OTHER if best else Named.NOTHING
    except ValueError:
        return Named.OTHER


def parse_versions(text: str) -> Versions:
    """Return the range that a text says, ``>=2023.1.1`` or ``>=2023.1.1,<2024.8.5``; raises ValueError on any other."""
    if found := _RANGE.fullmatch(text):
        with suppress(ValueError):
            first, *end = (date(*map(int, day.split("."))).isoformat() for day in found.groups() if day)
            if not end or first < end[0]:
                return Versions(first, *end)
    raise ValueError(f"{text!r} is not a range of days such as '>=2023.1.1' or '>=2023.1.1,<2024.8.5'")
