"""API versions: Accept dates as ``packaging`` versions.

Atlas dates its resource versions; a caller names one in Accept as
``application/vnd.atlas.2023-01-01+json``. A date is written 2023.1.1 in a specifier.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import Enum

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

_VENDOR = re.compile(r"application/vnd\.atlas(?![a-z0-9])", re.IGNORECASE)
_DATED = re.compile(r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2})\+json", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_BOUNDS = (">=", "==")
_RELEASE = re.compile(r"[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}")


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
    year, month, day = version.release
    return f"{year:04}-{month:02}-{day:02}"


def named_in(accept: str | None) -> Version | Named:
    """Return the version that an Accept field (RFC 9110, 12.5.1) names; the best-weighted, then the first.

    A range that the caller does not accept (``q=0``) names nothing.
    """
    if not accept or "vnd.atlas" not in accept.lower():
        return Named.NOTHING
    best: Version | Named = Named.NOTHING
    best_weight = 0.0
    for media_range in accept.split(","):
        kind, *parameters = (part.strip() for part in media_range.split(";"))
        if _VENDOR.match(kind) is None:
            continue
        weight = _weight(parameters)
        if weight > best_weight:
            best, best_weight = _meaning(kind), weight
    return best


def _meaning(kind: str) -> Version | Named:
    match = _DATED.fullmatch(kind)
    if match is None:
        return Named.OTHER
    try:
        return parse_date(match[1])
    except ValueError:
        return Named.OTHER


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return float(value) if _QVALUE.fullmatch(value.strip()) else 0.0
    return 1.0


_QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


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
    versions = [Version(f"{day.year}.{day.month}.{day.day}") for day in days]
    return any(one.contains(version) and other.contains(version) for version in versions)
