"""What a client does differently: send, for clients of any class.

``base`` is the method in whose place these stand, bound to the client; ``also`` are origins that
count besides the ones in the settings, ``forced`` are settings in place of the process' own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

import httpx

from shim.core.settings import Settings
from shim.httpx._exchange import arun, run, travel
from shim.httpx._hooks import hooks_of
from shim.httpx._recognition import Origin, recognise, untouched
from shim.httpx._streams import AsyncBody, Body

DEFAULT = httpx.USE_CLIENT_DEFAULT
NOWHERE: AbstractSet[Origin] = frozenset()


def send(  # noqa: PLR0913 - httpx's signature, and the three of ours
    client: httpx.Client,
    base: Callable[..., httpx.Response],
    request: httpx.Request,
    *,
    stream: bool = False,
    auth: Any = DEFAULT,
    follow_redirects: Any = DEFAULT,
    also: AbstractSet[Origin] = NOWHERE,
    forced: Settings | None = None,
) -> httpx.Response:
    """Send a request; a retired call is an exchange, around which the caller's hooks run once."""
    found = None if client.is_closed else recognise(request, also, forced)
    if found is None or not isinstance(request.stream, httpx.SyncByteStream):
        return base(request, stream=stream, auth=auth, follow_redirects=follow_redirects)
    hooks = hooks_of(client)
    if hooks.lists["request"]:
        hooks.run("request", request)
        found = recognise(request, also, forced) or untouched(request)
    if found.needs_body:
        request.read()
    fetch = partial(base, stream=True, auth=auth, follow_redirects=follow_redirects)
    response = run(travel(request, found, Body, _encoding(client)), fetch).response
    try:
        hooks.run("response", response)
        if not stream:
            response.read()
    except BaseException:
        response.close()
        raise
    return response


async def asend(  # noqa: PLR0913 - as above
    client: httpx.AsyncClient,
    base: Callable[..., Awaitable[httpx.Response]],
    request: httpx.Request,
    *,
    stream: bool = False,
    auth: Any = DEFAULT,
    follow_redirects: Any = DEFAULT,
    also: AbstractSet[Origin] = NOWHERE,
    forced: Settings | None = None,
) -> httpx.Response:
    """The same as send for AsyncClient."""
    found = None if client.is_closed else recognise(request, also, forced)
    if found is None or not isinstance(request.stream, httpx.AsyncByteStream):
        return await base(request, stream=stream, auth=auth, follow_redirects=follow_redirects)
    hooks = hooks_of(client)
    if hooks.lists["request"]:
        await hooks.arun("request", request)
        found = recognise(request, also, forced) or untouched(request)
    if found.needs_body:
        await request.aread()
    fetch = partial(base, stream=True, auth=auth, follow_redirects=follow_redirects)
    response = (await arun(travel(request, found, AsyncBody, _encoding(client)), fetch)).response
    try:
        await hooks.arun("response", response)
        if not stream:
            await response.aread()
    except BaseException:
        await response.aclose()
        raise
    return response


def _encoding(client: httpx.Client | httpx.AsyncClient) -> Any:
    return getattr(client, "_default_encoding", "utf-8")
