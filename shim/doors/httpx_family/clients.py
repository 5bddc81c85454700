"""The clients and functions of httpx and httpx2, made of whichever library is given.

httpx2 is the fork of httpx that is looked after: its classes have the same names and ways, and are others.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import attrs

from shim.doors.exchange import Steps, adrive, drive, steps
from shim.doors.httpx_family.door import (
    AwaitedDoor,
    AwaitedStream,
    BlockingDoor,
    BlockingStream,
    HttpxDoor,
    recognise,
)
from shim.doors.httpx_family.hooks import Hooked, adopt, for_others, with_async_hooks, with_hooks
from shim.doors.httpx_family.transports import transports_of
from shim.doors.process import prepare
from shim.doors.recognition import NOTHING_MORE, ClientSettings, RetiredCall
from shim.doors.surface import become, like

if TYPE_CHECKING:
    import httpx

_FUNCTIONS = ("delete", "get", "head", "options", "patch", "post", "put", "query", "request")

_FOR_CLIENT = frozenset({"cert", "cookies", "proxies", "proxy", "timeout", "trust_env", "verify"})
"""The arguments of functions that are for the client that is made for one call; the others go to the request."""


@attrs.frozen(eq=False)
class Side:
    """One of the two kinds of clients and transports: its door, and how its library reads and closes.

    ``stream`` is ours, of the library's own ``kind``.
    """

    module: Any
    door: type[HttpxDoor]
    stream: type[Any]
    kind: type[Any]
    read: str
    close: str
    with_hooks: Callable[..., Any]


@cache
def make(module: ModuleType | Any) -> SimpleNamespace:
    """Return what stands in the place of a library's names: two clients, two transports and its functions.

    ``blocking`` and ``awaited`` are its two sides.
    """
    stream = type("Stream", (BlockingStream, module.SyncByteStream), {})
    astream = type("AsyncStream", (AwaitedStream, module.AsyncByteStream), {})
    blocking = Side(module, BlockingDoor, stream, module.SyncByteStream, "read", "close", with_hooks)
    awaited = Side(module, AwaitedDoor, astream, module.AsyncByteStream, "aread", "aclose", with_async_hooks)

    base: Any = module.Client
    abase: Any = module.AsyncClient

    class Client(Hooked, base):  # type: ignore[misc]  # known when it runs
        __doc__ = f"""{module.__name__}.Client, whose calls to retired Atlas endpoints keep working.

        Takes what that takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
        """

        @like(module.Client.__init__)
        def __init__(self, **kwargs: Any) -> None:
            prepare()
            super().__init__(**kwargs)

        @like(module.Client.send)
        def send(self, request: Any, **options: Any) -> Any:
            return send(blocking, self, super().send, request, **options)

    class AsyncClient(Hooked, abase):  # type: ignore[misc]  # as above
        __doc__ = f"""{module.__name__}.AsyncClient, whose calls to retired Atlas endpoints keep working.

        Takes what that takes; asyncio and trio. Raises SettingsError as Client does.
        """

        @like(module.AsyncClient.__init__)
        def __init__(self, **kwargs: Any) -> None:
            prepare()
            super().__init__(**kwargs)

        @like(module.AsyncClient.send)
        async def send(self, request: Any, **options: Any) -> Any:
            return await asend(awaited, self, super().send, request, **options)

    transport, async_transport = transports_of(blocking, awaited)
    public = {"Client": Client, "AsyncClient": AsyncClient, "Transport": transport, "AsyncTransport": async_transport}
    for name in filter(partial(hasattr, module), _FUNCTIONS):
        public[name] = _function(Client, getattr(module, name), name)
    public["stream"] = _streaming(Client, module.stream)
    for name, made in public.items():
        made.__name__ = made.__qualname__ = name
        made.__module__ = f"shim.{module.__name__}"  # by which it is pickled
    return SimpleNamespace(blocking=blocking, awaited=awaited, public=public, **public)


def send(side: Side, client: httpx.Client, base: Callable[..., Any], request: httpx.Request, **options: Any) -> Any:
    """Send a request; a retired call is an exchange, around which the caller's hooks run once.

    ``base`` is the method in whose place this one stands, bound to the client; ``options`` are its other arguments.
    """
    retired = None if client.is_closed else recognise(request, side.kind, client)
    if retired is not None:
        return drive(_around(side, client, base, request, retired, **options))
    response = base(request, **options)
    return drive(_led_on(side, client, base, response, **options)) if response.history else response


async def asend(
    side: Side, client: httpx.AsyncClient, base: Callable[..., Any], request: httpx.Request, **options: Any
) -> Any:
    """Do the same for AsyncClient."""
    retired = None if client.is_closed else recognise(request, side.kind, client)
    if retired is not None:
        return await adrive(_around(side, client, base, request, retired, **options))
    response = await base(request, **options)
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
        adopt(client)
        for hook in hooks["request"]:
            yield partial(hook, request)
        retired = recognise(request, side.kind, client)
    if retired is None:  # a hook has made another call of it
        rest = {"request": [], "response": hooks["response"]}
        return (yield partial(side.with_hooks(client, rest, base), request, stream=stream, **options))
    if retired.match.needs_body:
        retired = retired.with_body((yield getattr(request, side.read)))
    sender = side.with_hooks(client, for_others(hooks), base) if has_hooks else base
    sender = partial(sender, stream=True, **options)
    encoding = getattr(client, "_default_encoding", "utf-8")
    response = yield from steps(side.door(retired, side.module, side.stream, request, sender, encoding))
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
    settings: ClientSettings = getattr(client, "_shim_settings", NOTHING_MORE)
    url = type(client.base_url)(origin)
    origins = settings.extra_origins | {f"{url.scheme}://{url.netloc.decode('ascii')}"}
    vars(client)["_shim_settings"] = attrs.evolve(settings, extra_origins=origins)


def _function(client: Any, original: Callable[..., Any], name: str) -> Any:
    """Return a function called as ``original``, which makes its call by a client of this class."""
    fixed = {} if name == "request" else {"method": name.upper()}

    @like(original)
    def made(*args: Any, **kwargs: Any) -> Any:
        for_client, for_request = _split(original, args, kwargs)
        with client(**for_client) as living:
            return living.request(**fixed, **for_request)

    return made


def _streaming(client: Any, original: Callable[..., Any]) -> Any:
    """Return the same for a function whose response is read while the client lives."""

    @contextmanager
    def opened(for_client: dict[str, Any], for_request: dict[str, Any]) -> Iterator[Any]:
        with client(**for_client) as living, living.stream(**for_request) as response:
            yield response

    @like(original)
    def made(*args: Any, **kwargs: Any) -> Any:
        return opened(*_split(original, args, kwargs))

    return made


def _split(
    original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bind arguments as the original does, TypeError included, and say whose they are."""
    bound = inspect.signature(original).bind(*args, **kwargs).arguments
    client = {name: value for name, value in bound.items() if name in _FOR_CLIENT}
    return client, {name: value for name, value in bound.items() if name not in _FOR_CLIENT}
