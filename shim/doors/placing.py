"""Putting a plain function in the place of a method, where other people may have put theirs."""

from __future__ import annotations

from functools import update_wrapper

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

_CO_COROUTINE = 0x80
"""The flag of an ``async def``'s code; ``inspect``, which has it, is not worth its import here."""


def place(module: ModuleType, kind: str, method: str, wrapper: Callable[..., Any]) -> None:
    """Let ``wrapper`` be called for a method, with the method, bound, its instance, and the arguments.

    A method that has a function of ours already, below others or not, keeps it; one that is not there is logged.
    """
    owner: Any = getattr(module, kind, None)
    if not hasattr(owner, method):
        import logging  # noqa: PLC0415 - every Python under run would pay for it

        logging.getLogger("shim").warning(
            "%s.%s.%s is not there: its calls are not covered", module.__name__, kind, method
        )
    elif not any(map(is_ours, chain(owner, method))):
        setattr(owner, method, _standing_for(vars(owner).get(method) or getattr(owner, method), wrapper))


def unplace(module: ModuleType, kind: str, method: str) -> None:
    """Put back what was replaced, unless somebody has replaced it again."""
    owner: Any = getattr(module, kind, None)
    link = next(iter(chain(owner, method)), None) if owner is not None else None
    if is_ours(link):
        setattr(owner, method, getattr(link, "__wrapped__"))  # noqa: B009 - a function's, which mypy does not know


def chain(owner: Any, method: str) -> Iterator[Any]:
    """Yield what stands in the place of a method, the outermost wrapper first, the original last."""
    link = vars(owner).get(method)
    while link is not None:
        yield link
        link = getattr(link, "__wrapped__", None)


def is_ours(link: Any) -> bool:
    """Return whether a link of a chain is the shim's; others may copy its attributes, and never its code."""
    return type(link) is type(is_ours) and link.__code__ in _CODES


def _standing_for(original: Any, wrapper: Callable[..., Any]) -> Any:
    bind = original.__get__ if hasattr(original, "__get__") else lambda _, __: original  # a mock binds nothing
    is_async = getattr(getattr(original, "__code__", None), "co_flags", 0) & _CO_COROUTINE
    # Other people's marks stay on their functions: by OpenTelemetry's its uninstrument knows what to take out.
    return update_wrapper((_async if is_async else _plain)(bind, wrapper), original, updated=())


def _plain(bind: Callable[..., Any], wrapper: Callable[..., Any]) -> Any:
    def standing(instance: Any, *args: Any, **kwargs: Any) -> Any:
        return wrapper(bind(instance, type(instance)), instance, args, kwargs)

    return standing


def _async(bind: Callable[..., Any], wrapper: Callable[..., Any]) -> Any:
    async def standing(instance: Any, *args: Any, **kwargs: Any) -> Any:
        return await wrapper(bind(instance, type(instance)), instance, args, kwargs)

    return standing


_CODES = {_plain(len, len).__code__, _async(len, len).__code__}
