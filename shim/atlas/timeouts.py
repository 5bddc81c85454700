"""A call's timeout, step by step as in httpx, and the rest of it after some time."""

from __future__ import annotations

import math
from collections.abc import Mapping

from httpx import Timeout

from shim.errors import SettingsError

Parts = Mapping[str, float | None]
"""Seconds for each step of a call (``connect``, ``read``, ``write``, ``pool``), None for ever."""


def checked(timeout: Timeout | float | None) -> Timeout:
    """Return a timeout in httpx' form; raises SettingsError unless each step is None or a number above zero."""
    found = timeout if isinstance(timeout, Timeout) else Timeout(timeout)
    for seconds in found.as_dict().values():
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if seconds is not None and not (is_number and 0 < seconds < math.inf):
            raise SettingsError(f"timeout: {seconds!r} is not a number of seconds above 0; None waits for ever")
    return found


def longest(parts: Parts) -> float | None:
    """Return the seconds for all attempts of a call: its longest step, None for ever."""
    known = [part for part in parts.values() if part is not None]
    return max(known) if known and len(known) == len(parts) else None


def within(parts: Parts, left: float) -> dict[str, float | None]:
    """Return the same timeout with each step at most ``left`` seconds."""
    return {step: left if part is None else min(part, left) for step, part in parts.items()}
