"""API versions: Accept dates as ``packaging`` versions.

Atlas dates its resource versions; a caller names one in Accept as
``application/vnd.atlas.2023-01-01+json``. A date is written 2023.1.1 in a specifier.
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

_VENDOR = re.compile(r"application/vnd\.atlas\.([^+;,\s]+)\+([a-z]+)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class Named(Enum):
    """What an Accept field says about the version when it is not a date."""

    NOTHING = "nothing"
    """No version: the caller takes the legacy one."""
    OTHER = "other"
    """Something the shim has no part in: a preview, an upcoming version, another format."""


def parse_date(text: str) -> Version:
    """Return the version of a date written YYYY-MM-DD; raises ValueError on anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date such as 2023-01-01")
    day = date(int(match[1]), int(match[2]), int(match[3]))
    return Version(f"{day.year}.{day.month}.{day.day}")


def written(version: Version) -> str:
    """Return a version as Atlas writes it, YYYY-MM-DD."""
    year, month, day = (*version.release, 1, 1)[:3]
    return f"{year:04}-{month:02}-{day:02}"


def named_in(accept: str | None) -> Version | Named:
    """Return the version that an Accept field (RFC 9110, 12.5.1) names; the best-weighted, then the first."""
    if not accept or "vnd.atlas" not in accept.lower():
        return Named.NOTHING
    best: Version | Named = Named.NOTHING
    best_weight = -1.0
    for media_range in accept.split(","):
        match = _VENDOR.match(media_range.strip())
        if match is None:
            continue
        weight = _weight(media_range)
        if weight > best_weight:
            best, best_weight = _meaning(match[1], match[2]), weight
    return best


def _meaning(word: str, suffix: str) -> Version | Named:
    if suffix.lower() != "json":
        return Named.OTHER
    try:
        return parse_date(word)
    except ValueError:
        return Named.OTHER


def _weight(media_range: str) -> float:
    for parameter in media_range.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def parse_specifiers(text: str) -> tuple[SpecifierSet, Version]:
    """Return the specifier set and its lower bound, which is the version that answers name.

    Raises ValueError when it is no specifier, has no lower bound, or excludes that bound.
    """
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f"{text!r} is no version specifier such as '>=2023.1.1'") from None
    bounds = [Version(one.version) for one in specifiers if one.operator in {">=", "=="} and "*" not in one.version]
    if not bounds:
        raise ValueError(f"{text!r} needs a lower bound, as in '>=2023.1.1'")
    lowest = max(bounds)
    if not specifiers.contains(lowest) or len(lowest.release) != 3:
        raise ValueError(f"{text!r} has no first version it applies to")
    return specifiers, lowest


def overlap(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Tell whether some date satisfies both; looks at every bound and at the days beside it."""
    days: set[Version] = set()
    for specifier in (*one, *other):
        release = Version(specifier.version.removesuffix(".*")).release
        year, month, day = (*release, 1, 1)[:3]
        days |= {Version(f"{year}.{month}.{day + step}") for step in (-1, 0, 1) if day + step >= 0}
    return any(one.contains(day) and other.contains(day) for day in days)
