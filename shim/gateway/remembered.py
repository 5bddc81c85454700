"""What is made of the same object again and again, remembered by which object it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Made = TypeVar("Made")

MOST = 256
"""Objects whose results are remembered, and which are kept for that."""


def by_identity(make: Callable[P, Made]) -> Callable[P, Made]:
    """Remember what a function makes of immutable objects, without hashing them; it is called by position alone.

    The reports of a kept translation are the same tuple with each call; hashing it costs more than what is saved.
    """
    known: dict[tuple[int, ...], tuple[object, Made]] = {}

    @wraps(make)
    def remembered(*values: P.args, **none: P.kwargs) -> Made:
        key = tuple(map(id, values))
        found = known.get(key)
        if found is not None:  # the objects are kept beside it, so that no other one has their identity
            return found[1]
        made = make(*values, **none)
        if len(known) >= MOST:
            known.clear()
        known[key] = values, made
        return made

    return remembered
