"""The parts of a call's timeout as httpx keeps them, and what is left of them when time has passed."""

from __future__ import annotations

from collections.abc import Mapping

Parts = Mapping[str, float | None]
"""Seconds for each step of a call (``connect``, ``read``, ``write``, ``pool``), None for ever."""


def longest(parts: Parts) -> float | None:
    """Return the seconds that a call may spend on waiting and repeating: its longest step, None for ever."""
    known = [part for part in parts.values() if part is not None]
    return max(known) if known and len(known) == len(parts) else None


def within(parts: Parts, left: float) -> dict[str, float | None]:
    """Return the same timeout, of which no step is longer than ``left`` seconds."""
    return {step: left if part is None else min(part, left) for step, part in parts.items()}
