"""The kinds of JSON value a field may have, and whether a value is of one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

_LONGEST = 40
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_time(value: Any) -> datetime | None:
    """Return the instant that an RFC 3339 text names, None when the value is no such text."""
    return _parsed(value) if type(value) is str and len(value) <= _LONGEST else None


@lru_cache(maxsize=2048)
def _parsed(text: str) -> datetime | None:
    # Pollers see the same times again and again.
    if _TIME.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


FITS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: type(value) is str,
    # A float where an integer is declared is a bad value: some decoders make one of a large integer.
    "integer": lambda value: type(value) is int,
    "number": _is_number,
    "boolean": lambda value: type(value) is bool,
    "time": lambda value: parse_time(value) is not None,
    "strings": lambda value: type(value) is list and all(type(item) is str for item in value),
    "object": lambda value: type(value) is dict,
    "objects": lambda value: type(value) is list and all(type(item) is dict for item in value),
    "links": lambda value: type(value) is list,
}
"""For each kind, a test of a decoded JSON value."""
