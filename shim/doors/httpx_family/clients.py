"""The replacement for ``send`` of the clients of httpx and httpx2.

httpx2 is the maintained fork of httpx: it has its own classes with the same names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache, partial
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from shim.doors.driver import Steps
from shim.doors.exchange import steps
from shim.doors.httpx_family.door import (
    INNER,
    AwaitedDoor,
    HttpxDoor,
    ResponseStream,
    retired_request,
)
from shim.doors.recognition import RetiredCall

if TYPE_CHECKING:
    import httpx

_held: ContextVar[object] = ContextVar("atlas_shim_hooks", default=None)
"""Set while a client sends for the shim.

The value is the ``Hooks`` that must not run, if there are any.
"""


class Hooks(list[Callable[..., Any]]):
    """A client's event hooks: run once for each exchange, not for each request.

    While they are suspended, they run for the requests of an auth flow, but not for the
    shim's requests.
    """

    def __iter__(self) -> Iterator[Callable[..., Any]]:
        held = _held.get()
        own = super().__iter__()
        if held is None:
            return own
        return map(_for_others, () if held is self else own)


@contextmanager
def _holding(held: object) -> Iterator[None]:
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)


def _for_others(hook: Callable[..., Any]) -> Callable[..., Any]:
    def run(message: Any) -> Any:
        own = INNER in getattr(message, "request", message).extensions
        return _nothing() if own else hook(message)

    return run


class _nothing:  # noqa: N801 - the result of a hook that did not run
    """May be awaited, like the results of AsyncClient's hooks."""

    def __await__(self) -> Any:
        return iter(())


@cache
def doors(library: ModuleType | Any) -> SimpleNamespace:
    """Return the doors of a library's two sides, ``blocking`` and ``awaited``."""
    blocking = _door(HttpxDoor, library, "SyncByteStream")
    awaited = _door(AwaitedDoor, library, "AsyncByteStream")
    return SimpleNamespace(blocking=blocking, awaited=awaited)


def _door(side: type[HttpxDoor], module: Any, kind: str) -> Any:
    stream = type("Stream", (ResponseStream, getattr(module, kind)), {})
    return type(
        side.__name__,
        (side,),
        {"module": module, "kind": getattr(module, kind), "stream": stream},
    )


def _ours(hooks: Any) -> Hooks:
    if type(hooks) is Hooks:
        return hooks
    return Hooks(hooks)


def _sent(  # noqa: PLR0913 - a client's own arguments, and whose they are
    side: type[HttpxDoor],
    client: Any,
    base: Callable[..., Any],
    request: httpx.Request,
    *,
    first: httpx.Response | None = None,
    stream: bool = False,
    **options: Any,
) -> Steps[Any]:
    """Send a request.

    A retired call, or one that redirects ended at, becomes an exchange.

    ``base`` is the replaced method, bound to the client. ``first`` is the response to
    the request if it was already sent. The caller's hooks run once around an exchange.
    """
    history: list[httpx.Response] = []
    if client.is_closed:
        retired = None
    else:
        retired = yield from retired_request(request, side, client)
    if retired is None:
        response = first or (yield partial(base, request, stream=stream, **options))
        try:
            retired = yield from _led_to(side, client, response)
        except BaseException:
            yield getattr(response, side.closes)
            raise
        if retired is None:
            return response
        yield getattr(response, side.closes)
        request = response.request
        history = response.history
    hooks = client.event_hooks
    holding: AbstractContextManager[None] = nullcontext()
    if any(hooks.values()):
        hooks.update({kind: _ours(hooks[kind]) for kind in hooks})
        for hook in hooks["request"]:
            yield partial(hook, request)
        retired = yield from retired_request(request, side, client)
        holding = _holding(side)
    if retired is None:  # a hook has made another call with it
        with _holding(hooks["request"]):
            return (yield partial(base, request, stream=stream, **options))
    if retired.needs_body:
        retired = retired.with_body((yield getattr(request, side.reads)))
    encoding = getattr(client, "_default_encoding", "utf-8")
    with holding:
        response = yield from steps(
            side(retired, request, partial(base, stream=True, **options), encoding)
        )
    response.history = [*history, *response.history]
    try:
        for hook in hooks["response"]:
            yield partial(hook, response)
        if not stream:
            yield getattr(response, side.reads)
    except BaseException:
        yield getattr(response, side.closes)
        raise
    return response


def _led_to(
    side: type[HttpxDoor], client: Any, response: httpx.Response
) -> Steps[RetiredCall | None]:
    """Return the retired call that redirects ended at.

    It is None if the call went to a host that must not get the credentials.

    A write that its endpoint may have executed also returns None.
    """
    if (
        not response.history
        or response.request.url.host != response.history[0].request.url.host
    ):
        return None
    retired = yield from retired_request(response.request, side, client)
    may_ask = response.request.method in {"GET", "HEAD"} or response.status_code == 410
    if retired is not None and retired.known and may_ask:
        return retired
    return None


def door_of(library: str, side: str) -> Callable[..., Any]:
    """Return the replacement for a client's ``send``, ``blocking`` or ``awaited``."""
    door = getattr(doors(sys.modules[library]), side)

    def send(*args: Any, **options: Any) -> Any:
        return door.run(_sent(door, *args, **options))

    return send


def recognize_also(client: Any, origin: str) -> None:
    """Let a client of the shim recognize calls to one more origin.

    The base URL of the typed client is such an origin.
    """
    url = type(client.base_url)(origin)
    origins: frozenset[str] = getattr(client, "_shim_origins", frozenset())
    vars(client)["_shim_origins"] = origins | {
        f"{url.scheme}://{url.netloc.decode('ascii')}"
    }
