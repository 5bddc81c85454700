"""The words of documents: how near a value is to what it was, and the types of JSON value that a field may have."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias


class Fidelity(StrEnum):
    """How close a legacy field's value is to what it was."""

    EXACT = "exact"
    """The same value with the same meaning."""
    RENAMED = "renamed"
    """The same value under another name or spelling."""
    CONSTANT = "constant"
    """True of every such resource."""
    DERIVED = "derived"
    """Computed, or near the old meaning."""
    MISSING = "missing"
    """Upstream did not send what it comes from; left out. Only replies have it, documents do not."""
    ABSENT = "absent"
    """Cannot be known; left out."""


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
"""The types that Python's own type of a value tells; a float where an integer is declared is none (some
decoders make one of a large integer)."""

LONGEST_TIME = 40
"""Characters of a time's text; a longer text is not a time."""
_has_form = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch

_DAY = r"0[1-9]|1[0-9]|2[0-8]|(?<!02-)(?:29|30)|(?<=(?:0[13578]|1[02])-)31"
USUAL_TIME = rf"(?!0000)[0-9]{{4}}-(?:0[1-9]|1[0-2])-(?:{_DAY})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
is_usual_time = re.compile(USUAL_TIME).fullmatch
"""Tells a time as Atlas writes most of them, UTC and whole seconds, by one look; the texts are in the times' order.

The 29th of February takes a second look.
"""
usual_times = re.compile(f"(?:{USUAL_TIME}\\n)*+{USUAL_TIME}").fullmatch
"""Tells texts with line breaks between them that are all usual times."""


@lru_cache(maxsize=2048)
def instant(text: str) -> datetime | None:
    """Return the instant that a short text names (RFC 3339), None for any other text.

    Remembered, since pollers see the same times again and again.
    """
    if _has_form(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.replace("z", "Z"))  # which takes any letter before the hour
    except ValueError:
        return None


def parse_time(value: Json) -> datetime | None:
    """Return the instant that a value names, None if it is not the text of a time."""
    return instant(value) if type(value) is str and len(value) <= LONGEST_TIME else None


def _is_of(kind: type) -> Callable[[Json], bool]:
    return lambda value: type(value) is kind


FITS: Mapping[str, Callable[[Json], bool]] = {
    **{name: _is_of(kind) for name, kind in PLAIN.items()},
    "number": lambda value: type(value) in {int, float} and is_json(value),
    "time": lambda value: parse_time(value) is not None,
    "strings": lambda value: type(value) is list and all(type(item) is str for item in value),
    "objects": lambda value: type(value) is list and all(type(item) is dict for item in value),
    "any": lambda value: value is not None,
}
"""For each type, a test of a decoded JSON value."""


def is_json(value: object) -> bool:
    """Return whether JSON can say a TOML value: it can't say dates, infinities and nan."""
    if isinstance(value, dict):
        return all(map(is_json, value.values()))
    if isinstance(value, list):
        return all(map(is_json, value))
    return type(value) in {str, bool, int} or (type(value) is float and math.isfinite(value))
