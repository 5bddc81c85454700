"""Top-level functions, each through a client of ours and otherwise as its library has it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, cast

from shim.doors.signatures import like

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

_FOR_CLIENT = frozenset({"cert", "cookies", "proxies", "proxy", "timeout", "trust_env", "verify"})
"""The arguments that are for the client that is made for one call; the others go to the request."""


def function(client: Any, original: Callable[P, R], *, name: str, **fixed: Any) -> Callable[P, R]:
    """Return a function called as ``original``, which makes its call by a client of this class."""

    @like(original)
    def made(*args: Any, **kwargs: Any) -> R:
        for_client, for_request = _split(original, args, kwargs)
        with client(**for_client) as living:
            response: R = living.request(**fixed, **for_request)
            return response

    return _named(made, name, client)


def streaming(client: Any, original: F) -> F:
    """The same for a function whose response is read while the client lives."""

    @contextmanager
    def opened(for_client: dict[str, Any], for_request: dict[str, Any]) -> Iterator[Any]:
        with client(**for_client) as living, living.stream(**for_request) as response:
            yield response

    @like(original)
    def made(*args: Any, **kwargs: Any) -> Any:
        return opened(*_split(original, args, kwargs))

    return cast("F", _named(made, "stream", client))


def _named(function: Callable[P, R], name: str, client: Any) -> Callable[P, R]:
    """Give a function the name and the place by which it is pickled."""
    function.__name__ = function.__qualname__ = name
    function.__module__ = client.__module__.rpartition(".")[0]
    return function


def _split(
    original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bind arguments as the original does, TypeError included, and say whose they are."""
    bound = inspect.signature(original).bind(*args, **kwargs).arguments
    client = {name: value for name, value in bound.items() if name in _FOR_CLIENT}
    return client, {name: value for name, value in bound.items() if name not in _FOR_CLIENT}
