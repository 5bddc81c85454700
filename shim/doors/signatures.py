"""Keeping a library's own signatures, for people, type checkers and ``inspect`` alike."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def like(original: Callable[P, R]) -> Callable[[Callable[..., Any]], Callable[P, R]]:
    """Declare that a function is called exactly as ``original`` is, in every version of its library.

    The function itself is returned, not a wrapper, so that nothing is added to a call.
    """

    def declare(function: Callable[..., Any]) -> Callable[P, R]:
        return functools.update_wrapper(function, original, assigned=("__doc__",))

    return declare
