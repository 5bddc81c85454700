"""Putting a wrapper in the place of a method, where other people may have put theirs; stands on wrapt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import wrapt

from shim.doors.placing import is_placed

logger = logging.getLogger("shim")

Patches = Mapping[tuple[str, str], Callable[..., Any]]
"""Class and method -> what is called in its place, with (wrapped, instance, args, kwargs)."""


def _shown(proxy: Any, name: str) -> Any:
    """Return an attribute of what a proxy stands for, but for other people's marks.

    OpenTelemetry marks its functions; a proxy that showed the mark of one below would be removed
    in its place.
    """
    if name.startswith("opentelemetry_"):
        raise AttributeError(name)
    return getattr(proxy.__wrapped__, name)


class _Bound(wrapt.BoundFunctionWrapper):  # type: ignore[type-arg]  # generic for type checkers only, in some versions
    def __getattr__(self, name: str) -> Any:
        return _shown(self, name)


class Wrapper(wrapt.FunctionWrapper):  # type: ignore[type-arg]  # as above
    """A function wrapper of the shim's own class, so that it can be told from other people's."""

    __bound_function_wrapper__ = _Bound

    def __getattr__(self, name: str) -> Any:
        return _shown(self, name)


def is_ours(link: Any) -> bool:
    """Tell whether a link of a chain is the shim's; somebody who read it from the class has it bound."""
    return type(link) in {Wrapper, _Bound} or is_placed(link)


def chain(owner: Any, method: str) -> Iterator[Any]:
    """Yield what stands in the place of a method, the outermost wrapper first, the original last."""
    link = vars(owner).get(method)
    while link is not None:
        yield link
        link = getattr(link, "__wrapped__", None)


def patch(module: ModuleType, patches: Patches) -> None:
    """Wrap the methods of a library that are not wrapped yet; one that is not there is logged and left out."""
    for (kind, method), wrapper in patches.items():
        owner = getattr(module, kind, None)
        if not hasattr(owner, method):
            logger.warning("%s.%s.%s is not there: its calls are not covered", module.__name__, kind, method)
        elif not any(map(is_ours, chain(owner, method))):
            wrapt.wrap_object(owner, method, Wrapper, (wrapper,))


def unpatch(module: ModuleType, patches: Patches) -> None:
    """Put back what was wrapped, unless somebody has wrapped it again."""
    for kind, method in patches:
        owner: Any = getattr(module, kind, None)
        function: Any = vars(owner).get(method) if owner is not None else None
        if type(function) in {Wrapper, _Bound}:  # bound, once somebody has put back what was read from the class
            setattr(owner, method, function.__wrapped__)
