"""The two thin ways to send a Request, and to make a method of an endpoint's description.

A method has the very signature and docstring of its endpoint function; only what it returns differs:
``T`` in a blocking client, a coroutine of ``T`` in an async one, an iterator for a walk over pages.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, ParamSpec, TypeVar

import attrs
import httpx

from shim.atlas.convert import Model
from shim.atlas.endpoints import MEDIA_TYPE, Request, following
from shim.atlas.models import Page
from shim.atlas.replies import result_of
from shim.core.context import dumps

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
T = TypeVar("T")


@attrs.frozen
class Sender:
    """Sends over a blocking client; ``auth`` None leaves signing to that client."""

    http: httpx.Client
    base_url: str
    auth: httpx.Auth | None

    def send(self, request: Request[M]) -> M:
        """Send one request and return what the reply says."""
        message = _message(self.http, self.base_url, request)
        return result_of(request, self.http.send(message, auth=self.auth or httpx.USE_CLIENT_DEFAULT))

    def walk(self, first: Request[Page[M]]) -> Iterator[M]:
        """Yield the results of this page and of all that follow."""
        request: Request[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = self.send(request)
            yield from page.results
            seen += len(page.results)
            request = following(request, page, seen)


@attrs.frozen
class AsyncSender:
    """Sends over an async client; ``auth`` None leaves signing to that client."""

    http: httpx.AsyncClient
    base_url: str
    auth: httpx.Auth | None

    async def send(self, request: Request[M]) -> M:
        """Send one request and return what the reply says."""
        message = _message(self.http, self.base_url, request)
        return result_of(request, await self.http.send(message, auth=self.auth or httpx.USE_CLIENT_DEFAULT))

    async def walk(self, first: Request[Page[M]]) -> AsyncIterator[M]:
        """Yield the results of this page and of all that follow."""
        request: Request[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = await self.send(request)
            for result in page.results:
                yield result
            seen += len(page.results)
            request = following(request, page, seen)


@attrs.frozen
class Resource:
    """A group of endpoints of a blocking client."""

    sender: Sender = attrs.field(repr=False)


@attrs.frozen
class AsyncResource:
    """A group of endpoints of an async client."""

    sender: AsyncSender = attrs.field(repr=False)


def call(endpoint: Callable[P, Request[M]]) -> Callable[Concatenate[Resource, P], M]:
    """Make a blocking method of an endpoint."""

    def method(resource: Resource, /, *args: P.args, **kwargs: P.kwargs) -> M:
        return resource.sender.send(endpoint(*args, **kwargs))

    return _described(method, endpoint)


def each(endpoint: Callable[P, Request[Page[M]]]) -> Callable[Concatenate[Resource, P], Iterator[M]]:
    """Make a method that iterates over all pages of an endpoint; bad arguments are refused at once."""

    def method(resource: Resource, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[M]:
        return resource.sender.walk(endpoint(*args, **kwargs))

    return _described(method, endpoint)


def acall(
    endpoint: Callable[P, Request[M]],
) -> Callable[Concatenate[AsyncResource, P], Coroutine[Any, Any, M]]:
    """Make an async method of an endpoint."""

    async def method(resource: AsyncResource, /, *args: P.args, **kwargs: P.kwargs) -> M:
        return await resource.sender.send(endpoint(*args, **kwargs))

    return _described(method, endpoint)


def aeach(
    endpoint: Callable[P, Request[Page[M]]],
) -> Callable[Concatenate[AsyncResource, P], AsyncIterator[M]]:
    """Make a method that iterates asynchronously over all pages of an endpoint."""

    def method(resource: AsyncResource, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[M]:
        return resource.sender.walk(endpoint(*args, **kwargs))

    return _described(method, endpoint)


def _message(http: httpx.Client | httpx.AsyncClient, base_url: str, request: Request[Any]) -> httpx.Request:
    content = None if request.body is None else dumps(request.body)
    headers = {"Accept": MEDIA_TYPE} | ({} if content is None else {"Content-Type": MEDIA_TYPE})
    return http.build_request(
        request.method, base_url + request.path, params=request.query or None, content=content, headers=headers
    )


def _described(method: T, endpoint: Callable[..., object]) -> T:
    """Lend a method the name, docstring and signature of its endpoint, for ``help()`` and editors."""
    described: Any = method
    described.__name__ = endpoint.__name__
    described.__qualname__ = endpoint.__qualname__
    described.__doc__ = endpoint.__doc__
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    taken = inspect.signature(endpoint)
    described.__signature__ = taken.replace(
        parameters=[itself, *taken.parameters.values()], return_annotation=inspect.Signature.empty
    )
    return method
