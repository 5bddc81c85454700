"""What is made of the same object again and again, remembered by which object it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

T = TypeVar("T")
Made = TypeVar("Made")

MOST = 256
"""Objects whose results are remembered, and which are kept for that."""


def by_identity(make: Callable[[T], Made]) -> Callable[[T], Made]:
    """Remember what a function makes of an immutable object, without hashing it.

    The reports of a kept translation are the same tuple with each call; hashing it costs more than what is saved.
    """
    known: dict[int, tuple[T, Made]] = {}

    @wraps(make)
    def remembered(value: T) -> Made:
        found = known.get(id(value))
        if found is not None and found[0] is value:
            return found[1]
        made = make(value)
        if len(known) >= MOST:
            known.clear()
        known[id(value)] = value, made
        return made

    return remembered
