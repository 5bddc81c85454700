"""The words of documents: levels of fidelity, types of JSON values, and API versions.

A version is a day written YYYY-MM-DD, so that texts compare as days do. A caller gives
one in Accept as ``application/vnd.atlas.2023-01-01+json``. A range has versions as
``2023.1.1``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache, partial
from typing import TypeAlias

import attrs


class Fidelity(StrEnum):
    """How close a legacy field's value is to its old meaning."""

    EXACT = "exact"
    """The same value with the same meaning."""
    RENAMED = "renamed"
    """The same value under another name or spelling."""
    CONSTANT = "constant"
    """True of every such resource."""
    DERIVED = "derived"
    """Computed, or close to the old meaning."""
    MISSING = "missing"
    """Upstream did not send its source; left out. Only replies use this level."""
    ABSENT = "absent"
    """Can't be known; left out."""


Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""A decoded JSON value."""
JsonObject: TypeAlias = dict[str, Json]

PLAIN: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "links": list,
    "array": list,
}
"""Types that the Python type of a value decides.

A float is not an integer: some decoders read large integers as floats.
"""

LONGEST_TIME = 40
"""The maximum length of a time's text."""
_has_form = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
).fullmatch

_DAY_OF_MONTH = r"0[1-9]|1[0-9]|2[0-8]|(?<!02-)(?:29|30)|(?<=(?:0[13578]|1[02])-)31"
_USUAL_TIME = rf"(?!0000)[0-9]{{4}}-(?:0[1-9]|1[0-2])-(?:{_DAY_OF_MONTH})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
is_usual_time = re.compile(_USUAL_TIME).fullmatch
"""Matches a time as Atlas usually writes it, in UTC and whole seconds.

February 29 is left to ``parse_time``.
"""
_usual_times = re.compile(f"(?:{_USUAL_TIME}\\n)*+").fullmatch


def are_usual_times(texts: Sequence[str]) -> bool:
    """Return whether all texts are usual times.

    The sum of lengths shows that no text contains a line break.
    """
    together = "\n".join([*texts, ""])
    return len(together) == 21 * len(texts) and _usual_times(together) is not None


def are_in_order(times: Sequence[str]) -> bool:
    """Return whether texts of times sort in the order of time: all in UTC, whole seconds, capital letters.

    No text of a time is shorter than those.
    """
    together = "".join(times)
    if len(together) != 20 * len(times):
        return False
    return "t" not in together and "z" not in together


@lru_cache(maxsize=2048)
def instant(text: str) -> datetime | None:
    """Return the instant in a short text (RFC 3339), None for any other text.

    Cached, since pollers read the same times repeatedly.
    """
    if _has_form(text) is None:
        return None
    try:
        # which accepts any letter before the hour
        return datetime.fromisoformat(text.replace("z", "Z"))
    except ValueError:
        return None


def parse_time(value: Json) -> datetime | None:
    """Return the instant of a value, None if it is not the text of a time."""
    if type(value) is str and len(value) <= LONGEST_TIME:
        return instant(value)
    return None


def is_no_time(text: str) -> bool:
    """Return whether a text is not a time; a regular expression decides most cases."""
    return is_usual_time(text) is None and parse_time(text) is None


def is_json(value: object) -> bool:
    """Return whether a TOML value has a JSON form: dates, infinities and nan have none."""
    if isinstance(value, dict):
        return all(map(is_json, value.values()))
    if isinstance(value, list):
        return all(map(is_json, value))
    if type(value) is float:
        return math.isfinite(value)
    return type(value) in {str, bool, int}


def _is_of(kind: type, value: Json) -> bool:
    return type(value) is kind


def _is_list_of(kind: type, value: Json) -> bool:
    return type(value) is list and all(type(item) is kind for item in value)


def _is_number(value: Json) -> bool:
    return type(value) in {int, float} and is_json(value)


def _is_time(value: Json) -> bool:
    return parse_time(value) is not None


def _is_not_null(value: Json) -> bool:
    return value is not None


FITS: Mapping[str, Callable[[Json], bool]] = {
    **{name: partial(_is_of, kind) for name, kind in PLAIN.items()},
    "number": _is_number,
    "time": _is_time,
    "strings": partial(_is_list_of, str),
    "objects": partial(_is_list_of, dict),
    "any": _is_not_null,
}
"""For each type, a test of a decoded JSON value."""
_VENDOR = re.compile(r"application/vnd\.atlas(?![a-z0-9])", re.IGNORECASE)
_DATED = re.compile(
    r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2})\+([a-z]+)", re.IGNORECASE
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_WEIGHT = re.compile(r"q\s*=\s*(.*)", re.IGNORECASE)
_RANGE = re.compile(
    r"\s*>=\s*([0-9]{4}(?:\.[0-9]{1,2}){2})\s*(?:,\s*<\s*([0-9]{4}(?:\.[0-9]{1,2}){2})\s*)?"
)


@attrs.frozen
class Versions:
    """A range of versions."""

    first: str
    """The first version."""
    end: str = ""
    """The first version after the range, empty if it has no end."""

    def __contains__(self, version: str) -> bool:
        return self.first <= version and (not self.end or version < self.end)


def parse_date(text: str) -> str:
    """Return a text as a version.

    Raises ValueError unless it is a day written YYYY-MM-DD.
    """
    if _DATE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a date such as 2023-01-01")
    return date.fromisoformat(text).isoformat()


@lru_cache(maxsize=64)
def named_in(accept: str | None, content: str = "json") -> str | None:
    """Return the version that an Accept field selects (RFC 9110, 12.5.1): the best weight, then the first.

    Returns None if it has no version, and an empty text for values that the shim
    ignores: a preview, an upcoming version, another format. A range that the caller
    does not accept (``q=0``) doesn't count. Cached, since callers use few values.
    """
    best = ""
    best_weight = 0.0
    if accept is None or "vnd.atlas" not in accept.lower():
        return None
    for media_range in accept.split(","):
        kind, *parameters = (part.strip() for part in media_range.split(";"))
        matches = [*filter(None, map(_WEIGHT.fullmatch, parameters))]
        weights = [found[1] for found in matches] or ["1"]
        if _QVALUE.fullmatch(weights[0]):
            weight = float(weights[0])
        else:
            weight = 0.0
        if _VENDOR.match(kind) and weight > best_weight:
            best = kind
            best_weight = weight
    dated = _DATED.fullmatch(best)
    try:
        if dated and dated[2].lower() == content:
            return parse_date(dated[1])
    except ValueError:
        return ""
    return "" if best else None


def parse_versions(text: str) -> Versions:
    """Return the range in a text, ``>=2023.1.1`` or ``>=2023.1.1,<2024.8.5``.

    Raises ValueError otherwise.
    """
    if found := _RANGE.fullmatch(text):
        with suppress(ValueError):
            days = [day.split(".") for day in found.groups() if day]
            first, *end = [date(*map(int, parts)).isoformat() for parts in days]
            if not end or first < end[0]:
                return Versions(first, *end)
    raise ValueError(
        f"{text!r} is not a range of days such as '>=2023.1.1' or '>=2023.1.1,<2024.8.5'"
    )


def one_of(names: Sequence[str]) -> str:
    """Return names as part of a sentence: ``a``, ``a or b``, ``a, b or c``."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
