"""Putting a plain function in the place of a method: for the standard library, wrapt would cost too much.

The function is called as those that wrapt places are: with what it stands for, bound, then the instance, and the
arguments.
"""

from __future__ import annotations

from functools import partial, update_wrapper

TYPE_CHECKING = False  # as type checkers know it; see the package's front
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any

_placed: dict[tuple[str, str, str], tuple[Any, Any, Any]] = {}
"""Module, class and method -> the class itself, what stands in the method's place, and the method."""


def place(module: ModuleType, patches: Mapping[tuple[str, str], Callable[..., Any]]) -> None:
    """Replace methods of a module's classes, once; one that is not there is left out."""
    for (kind, method), wrapper in patches.items():
        owner: Any = getattr(module, kind, None)
        original = getattr(owner, method, None)
        key = (module.__name__, kind, method)
        if original is None or (key in _placed and _placed[key][0] is owner):
            continue
        standing = _standing_for(original, wrapper)
        _placed[key] = (owner, standing, original)
        setattr(owner, method, standing)


def unplace() -> None:
    """Put back what was replaced; what somebody has wrapped in the meantime stays."""
    for key, (owner, standing, original) in tuple(_placed.items()):
        if vars(owner).get(key[2]) is standing:
            setattr(owner, key[2], original)
            del _placed[key]


def is_placed(function: object) -> bool:
    """Tell whether a function is one that stands in a method's place."""
    return any(function is standing for _, standing, _ in _placed.values())


def _standing_for(original: Any, wrapper: Callable[..., Any]) -> Any:
    def standing(instance: Any, *args: Any, **kwargs: Any) -> Any:
        return wrapper(partial(original, instance), instance, args, kwargs)

    # Other people's marks stay on their own function: see patching.
    return update_wrapper(standing, original, updated=())
