"""API versions: Accept dates as ``packaging`` versions.

Atlas dates its resource versions; a caller names one in Accept as
``application/vnd.atlas.2023-01-01+json``. A date is written 2023.1.1 in a specifier.
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

_VENDOR = re.compile(r"application/vnd\.atlas(?![a-z0-9])", re.IGNORECASE)
_DATED = re.compile(r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2})\+json", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOUNDS = (">=", "==")
_QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_WEIGHT = re.compile(r"q\s*=\s*(.*)", re.IGNORECASE)
_RELEASE = re.compile(r"[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}")


class Named(Enum):
    """What an Accept field says about the version when it is not a date."""

    NOTHING = "nothing"
    """No version: the caller takes the legacy one."""
    OTHER = "other"
    """Something the shim has no part in: a preview, an upcoming version, another format."""


def parse_date(text: str) -> Version:
    """Return the version of a date written YYYY-MM-DD; raises ValueError on anything else."""
    if _DATE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a date such as 2023-01-01")
    return _version(date.fromisoformat(text))


def _version(day: date) -> Version:
    return Version(f"{day.year}.{day.month}.{day.day}")


def written(version: Version) -> str:
    """Return a version as Atlas writes it, YYYY-MM-DD."""
    year, month, day = version.release
    return f"{year:04}-{month:02}-{day:02}"


def named_in(accept: str | None) -> Version | Named:
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


def parse_specifiers(text: str) -> SpecifierSet:
    """Return the specifier set; raises ValueError if it has other than dates, no lower bound, or excludes that."""
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f"{text!r} is no version specifier such as '>=2023.1.1'") from None
    for one in specifiers:
        if _RELEASE.fullmatch(one.version) is None or _day(one) is None:
            raise ValueError(f"{str(one)!r} compares with no date; write one as 2023.1.1")
    if not any(one.operator in _BOUNDS for one in specifiers):
        raise ValueError(f"{text!r} needs a lower bound, as in '>=2023.1.1'")
    if not specifiers.contains(lowest(specifiers)):
        raise ValueError(f"{text!r} has no first version it applies to")
    return specifiers


def lowest(specifiers: SpecifierSet) -> Version:
    """Return the lower bound of a set, which is the version that answers name."""
    return max(Version(one.version) for one in specifiers if one.operator in _BOUNDS)


def _day(specifier: Specifier) -> date | None:
    year, month, day = map(int, specifier.version.split("."))
    try:
        return date(year, month, day)
    except ValueError:
        return None


def overlap(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Return whether some date satisfies both; looks at every bound and at the days beside it."""
    bounds = [day for specifier in (*one, *other) if (day := _day(specifier)) is not None]
    ordinals = {day.toordinal() + step for day in bounds for step in (-1, 0, 1)}
    days = [date.fromordinal(ordinal) for ordinal in ordinals if 1 <= ordinal <= date.max.toordinal()]
    return any(one.contains(version) and other.contains(version) for version in map(_version, days))
