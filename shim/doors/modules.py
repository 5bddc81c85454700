"""A module of ours in the place of a library's, which holds what is ours and otherwise is the library's."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType


def stand_in(name: str, original: ModuleType, ours: Iterable[str]) -> None:
    """Let what is not among ``ours`` be read, set and put back in the original, where the library itself looks."""
    own, replaced = frozenset(ours), dict[str, object]()

    class StandIn(ModuleType):
        def __getattr__(self, name: str) -> object:
            return getattr(original, name)

        def __setattr__(self, name: str, value: object) -> None:
            if name in own or name.startswith("__"):
                super().__setattr__(name, value)
                return
            if hasattr(original, name):
                replaced.setdefault(name, getattr(original, name))
            setattr(original, name, value)

        def __delattr__(self, name: str) -> None:
            # Whoever replaced a name for a while takes it away from a module that did not hold it.
            if name in replaced:
                setattr(original, name, replaced.pop(name))
            else:
                delattr(original, name)

    sys.modules[name].__class__ = StandIn
