"""httpx's top-level functions, each through a Client of ours and otherwise as httpx has them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ParamSpec, TypeVar

import httpx

from shim.dropin.signatures import like
from shim.httpx._clients import Client

P = ParamSpec("P")
R = TypeVar("R")

_FOR_CLIENT = frozenset({"cert", "cookies", "proxies", "proxy", "timeout", "trust_env", "verify"})
"""The arguments that httpx gives to the client it makes for one call; the others go to the request."""


def _split(
    original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bind arguments as the original does, TypeError included, and say whose they are."""
    bound = inspect.signature(original).bind(*args, **kwargs).arguments
    client = {name: value for name, value in bound.items() if name in _FOR_CLIENT}
    return client, {name: value for name, value in bound.items() if name not in _FOR_CLIENT}


def _function(original: Callable[P, httpx.Response], name: str, **fixed: Any) -> Callable[P, httpx.Response]:
    @like(original)
    def function(*args: Any, **kwargs: Any) -> httpx.Response:
        for_client, for_request = _split(original, args, kwargs)
        with Client(**for_client) as client:
            return client.request(**fixed, **for_request)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "shim.httpx"
    return function


delete = _function(httpx.delete, "delete", method="DELETE")
get = _function(httpx.get, "get", method="GET")
head = _function(httpx.head, "head", method="HEAD")
options = _function(httpx.options, "options", method="OPTIONS")
patch = _function(httpx.patch, "patch", method="PATCH")
post = _function(httpx.post, "post", method="POST")
put = _function(httpx.put, "put", method="PUT")
request = _function(httpx.request, "request")


@contextmanager
def _streaming(for_client: dict[str, Any], for_request: dict[str, Any]) -> Iterator[httpx.Response]:
    with Client(**for_client) as client, client.stream(**for_request) as response:
        yield response


@like(httpx.stream)
def stream(*args: Any, **kwargs: Any) -> AbstractContextManager[httpx.Response]:
    return _streaming(*_split(httpx.stream, args, kwargs))


stream.__module__ = "shim.httpx"
