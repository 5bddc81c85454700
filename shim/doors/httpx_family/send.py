"""What a client does differently: send, for clients of any class.

``base`` is the method in whose place these stand, bound to the client; ``options`` are its other arguments.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from shim.doors.httpx_family.exchange import ExchangeFlow, arun, run
from shim.doors.httpx_family.hooks import HOOKED, adopt
from shim.doors.httpx_family.library import Library
from shim.doors.httpx_family.recognition import recognise
from shim.doors.httpx_family.streams import take_content
from shim.doors.recognition import NOTHING_MORE

if TYPE_CHECKING:
    import httpx


def send(
    library: Library,
    client: httpx.Client,
    base: Callable[..., httpx.Response],
    request: httpx.Request,
    *,
    stream: bool = False,
    **options: Any,
) -> httpx.Response:
    """Send a request; a retired call is an exchange, around which the caller's hooks run once."""
    settings = getattr(client, "_shim_settings", NOTHING_MORE)
    retired = None if client.is_closed else recognise(request, settings)
    if retired is None or not isinstance(request.stream, library.module.SyncByteStream):
        return base(request, stream=stream, **options)
    hooks = getattr(client, "_shim_hooks", None) or adopt(library, client)
    if hooks.lists["request"]:
        for hook in hooks.lists["request"]:
            hook(request)
        retired = recognise(request, settings)
        if retired is None:  # a hook has made another call of it
            request.extensions[HOOKED] = True
            try:
                return base(request, stream=stream, **options)
            finally:
                request.extensions.pop(HOOKED, None)
    if retired.match.needs_body:
        retired = retired.with_body(request.read())
    flow = ExchangeFlow(library, request, retired, getattr(client, "_default_encoding", "utf-8"))
    response = run(flow, partial(base, stream=True, **options))
    try:
        for hook in hooks.lists["response"]:
            hook(response)
        if not stream and not take_content(response):
            response.read()
    except BaseException:
        response.close()
        raise
    return response


async def asend(
    library: Library,
    client: httpx.AsyncClient,
    base: Callable[..., Awaitable[httpx.Response]],
    request: httpx.Request,
    *,
    stream: bool = False,
    **options: Any,
) -> httpx.Response:
    """The same as send for AsyncClient."""
    settings = getattr(client, "_shim_settings", NOTHING_MORE)
    retired = None if client.is_closed else recognise(request, settings)
    if retired is None or not isinstance(request.stream, library.module.AsyncByteStream):
        return await base(request, stream=stream, **options)
    hooks = getattr(client, "_shim_hooks", None) or adopt(library, client)
    if hooks.lists["request"]:
        for hook in hooks.lists["request"]:
            await hook(request)
        retired = recognise(request, settings)
        if retired is None:  # a hook has made another call of it
            request.extensions[HOOKED] = True
            try:
                return await base(request, stream=stream, **options)
            finally:
                request.extensions.pop(HOOKED, None)
    if retired.match.needs_body:
        retired = retired.with_body(await request.aread())
    flow = ExchangeFlow(library, request, retired, getattr(client, "_default_encoding", "utf-8"))
    response = await arun(flow, partial(base, stream=True, **options))
    try:
        for hook in hooks.lists["response"]:
            await hook(response)
        if not stream and not take_content(response):
            await response.aread()
    except BaseException:
        await response.aclose()
        raise
    return response
