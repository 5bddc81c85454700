"""The clients and functions of httpx and httpx2, made of whichever library is given.

httpx2 is the fork of httpx that is looked after: its classes have the same names and ways, and are others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from shim.doors.exchange import Steps, adrive, drive, steps
from shim.doors.httpx_family.door import INNER, AwaitedDoor, HttpxDoor, ResponseStream, Side, recognise
from shim.doors.httpx_family.transports import transports_of
from shim.doors.process import prepare
from shim.doors.recognition import RetiredCall
from shim.doors.surface import become, checked, like, remade

if TYPE_CHECKING:
    import httpx

EventHooks = Mapping[str, list[Callable[..., Any]]]
"""What ``Client.event_hooks`` is."""

_instead: ContextVar[tuple[object, EventHooks] | None] = ContextVar("atlas_shim_hooks", default=None)
"""A client, and the hooks that it runs at the moment."""

_changed: set[Any] = set()
"""Classes of the libraries whose hooks can be held back for the time being."""


class Hooked:
    """A client of the libraries whose hooks can be held back: it runs what ``_event_hooks`` holds.

    The caller's event hooks run once around an exchange, and not for each request in it.
    """

    @property
    def _event_hooks(self) -> EventHooks:
        instead = _instead.get()
        return instead[1] if instead is not None and instead[0] is self else vars(self)["_event_hooks"]

    @_event_hooks.setter
    def _event_hooks(self, event_hooks: EventHooks) -> None:
        vars(self)["_event_hooks"] = event_hooks


@contextmanager
def _running(client: object, hooks: EventHooks) -> Iterator[None]:
    """Have a client run other hooks for a while."""
    if not isinstance(client, Hooked):
        owner: Any = next(kind for kind in type(client).__mro__ if "event_hooks" in vars(kind))
        owner._event_hooks = vars(Hooked)["_event_hooks"]  # noqa: SLF001 - where it looks for them
        _changed.add(owner)
    token = _instead.set((client, hooks))
    try:
        yield
    finally:
        _instead.reset(token)


def abandon() -> None:
    """Leave the libraries as they were."""
    while _changed:
        delattr(_changed.pop(), "_event_hooks")


def _for_others(hook: Callable[..., Any]) -> Callable[..., Any]:
    """Return a hook that runs for what an auth flow sends, and not for the shim's own requests."""

    def run(message: Any) -> Any:
        own = INNER in getattr(message, "request", message).extensions
        return _nothing() if own else hook(message)

    return run


class _nothing:  # noqa: N801 - what a hook returns that did not run
    """May be awaited, as what hooks of AsyncClient return is."""

    def __await__(self) -> Any:
        return iter(())


@cache
def make(module: ModuleType | Any) -> SimpleNamespace:
    """Return what stands in the place of a library's names: two clients, two transports and its functions.

    ``blocking`` and ``awaited`` are its two sides.
    """
    kind, akind = module.SyncByteStream, module.AsyncByteStream
    stream, astream = (type("Stream", (ResponseStream, each), {}) for each in (kind, akind))
    blocking = Side(module, HttpxDoor, drive, kind, stream, "read", "close", "sync_auth_flow", "send")
    awaited = Side(module, AwaitedDoor, adrive, akind, astream, "aread", "aclose", "async_auth_flow", "asend")

    base: Any = module.Client
    abase: Any = module.AsyncClient

    @checked
    class Client(Hooked, base):  # type: ignore[misc]  # known when it runs
        __doc__ = f"""{module.__name__}.Client, whose calls to retired Atlas endpoints keep working.

        Takes what that takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
        """

        @like(module.Client.send)
        def send(self, request: Any, **options: Any) -> Any:
            return send(blocking, self, super().send, request, **options)

    @checked
    class AsyncClient(Hooked, abase):  # type: ignore[misc]  # as above
        __doc__ = f"""{module.__name__}.AsyncClient, whose calls to retired Atlas endpoints keep working.

        Takes what that takes; asyncio and trio. Raises SettingsError as Client does.
        """

        @like(module.AsyncClient.send)
        async def send(self, request: Any, **options: Any) -> Any:
            return await asend(awaited, self, super().send, request, **options)

    transport, async_transport = transports_of(blocking, awaited)
    public = {"Client": Client, "AsyncClient": AsyncClient, "Transport": transport, "AsyncTransport": async_transport}
    public |= remade(module, Client=Client)
    for name, made in public.items():
        made.__name__ = made.__qualname__ = name
        made.__module__ = f"shim.{module.__name__}"  # by which it is pickled
    return SimpleNamespace(blocking=blocking, awaited=awaited, public=public, **public)


def send(
    side: Side,
    client: httpx.Client,
    base: Callable[..., Any],
    request: httpx.Request,
    *,
    first: Any = None,
    **options: Any,
) -> Any:
    """Send a request; a retired call is an exchange, around which the caller's hooks run once.

    ``base`` is the method in whose place this one stands, bound to the client; ``options`` are its other arguments.
    ``first`` is the response to the request where it was sent already, and led to a retired call.
    """
    retired = None if client.is_closed else recognise(request, side.kind, client)
    if retired is not None:
        return drive(_around(side, client, base, request, retired, **options))
    response = first or base(request, **options)
    return drive(_led_on(side, client, base, response, **options)) if response.history else response


async def asend(
    side: Side,
    client: httpx.AsyncClient,
    base: Callable[..., Any],
    request: httpx.Request,
    *,
    first: Any = None,
    **options: Any,
) -> Any:
    """Do the same for AsyncClient."""
    retired = None if client.is_closed else recognise(request, side.kind, client)
    if retired is not None:
        return await adrive(_around(side, client, base, request, retired, **options))
    response = first or await base(request, **options)
    return await adrive(_led_on(side, client, base, response, **options)) if response.history else response


def _around(  # noqa: PLR0913 - a client's own arguments, and what the call is
    side: Side,
    client: Any,
    base: Callable[..., Any],
    request: httpx.Request,
    retired: RetiredCall | None,
    *,
    stream: bool = False,
    **options: Any,
) -> Steps:
    hooks = client.event_hooks
    has_hooks = any(hooks.values())
    if has_hooks:
        for hook in hooks["request"]:
            yield partial(hook, request)
        retired = recognise(request, side.kind, client)
    if retired is None:  # a hook has made another call of it
        with _running(client, {"request": [], "response": hooks["response"]}):
            return (yield partial(base, request, stream=stream, **options))
    if retired.match.needs_body:
        retired = retired.with_body((yield getattr(request, side.read)))
    encoding = getattr(client, "_default_encoding", "utf-8")
    exchange = steps(side.door(retired, side, request, partial(base, stream=True, **options), encoding))
    if has_hooks:
        with _running(client, {kind: list(map(_for_others, hooks[kind])) for kind in hooks}):
            response = yield from exchange
    else:
        response = yield from exchange
    try:
        for hook in hooks["response"]:
            yield partial(hook, response)
        if not stream:
            yield getattr(response, side.read)
    except BaseException:
        yield getattr(response, side.close)
        raise
    return response


def _led_on(side: Side, client: Any, base: Callable[..., Any], response: httpx.Response, **options: Any) -> Steps:
    """Serve the retired call that redirects led to, unless to another host, for which the credentials are not.

    A write that its endpoint may have executed is left alone.
    """
    request, history = response.request, response.history
    retired = recognise(request, side.kind, client)
    may_ask = request.method in {"GET", "HEAD"} or response.status_code == 410
    if retired is None or not retired.known or not may_ask or request.url.host != history[0].request.url.host:
        return response
    yield getattr(response, side.close)
    served = yield from _around(side, client, base, request, retired, **options)
    served.history = [*history, *served.history]
    return served


def door_of(library: str, side: str) -> Callable[..., Any]:
    """Return what is called in the place of a client's ``send``, ``blocking`` or ``awaited``."""
    made = make(sys.modules[library])
    return partial(send, made.blocking) if side == "blocking" else partial(asend, made.awaited)


def wrap(client: Any) -> None:
    """Let a client of either library serve retired calls; raises SettingsError as Client does."""
    library = next(kind.__module__.partition(".")[0] for kind in type(client).__mro__ if "event_hooks" in vars(kind))
    made = make(sys.modules[library])
    prepare()
    become(client, made.AsyncClient if isinstance(client, made.blocking.module.AsyncClient) else made.Client)


def recognise_also(client: Any, origin: str) -> None:
    """Let a client of ours recognise calls to one more origin, as the typed client does with its base URL."""
    url = type(client.base_url)(origin)
    origins: frozenset[str] = getattr(client, "_shim_origins", frozenset())
    vars(client)["_shim_origins"] = origins | {f"{url.scheme}://{url.netloc.decode('ascii')}"}
