"""What a session does differently: ``_request``, for sessions of any class.

That is the one way of every call: ``get`` to ``delete``, ``request``, ``aiohttp.request`` and retrying clients all
come to it with the arguments of the public ``request``, in every version from 3.9 on, and it is where mocks and tracers
step in too. Middlewares, public since 3.12, would be the other place. But they stand below redirects, timeouts,
``raise_for_status`` and aiohttp's own repeating of a request on a dropped connection, which would repeat the whole
exchange; they are handed a request whose target, fields and body can only be changed by private means; and
sessions that exist would have to be given one. So an exchange is a few calls of the method, each with redirects,
cookies, credentials, middlewares and traces of its own, and a middleware that signs (DigestAuthMiddleware) signs
what is really sent.

``base`` is the method in whose place this stands, bound to the session.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from aiohttp import ClientResponse, ClientSession

from shim.doors.aiohttp.content import request_content
from shim.doors.aiohttp.exchange import ExchangeFlow, run
from shim.doors.aiohttp.inside import Once
from shim.doors.aiohttp.recognition import Asked, recognise
from shim.doors.aiohttp.rewriting import InnerRequest
from shim.doors.aiohttp.timeouts import timeout_of

Base = Callable[..., Awaitable[ClientResponse]]
SENT_AGAIN = frozenset({"DELETE", "PUT"})
"""The methods of writes that aiohttp sends again by itself when a connection ends (RFC 9110, 9.2.2)."""


def request(
    session: ClientSession, base: Base, method: str, str_or_url: Any, **options: Any
) -> Awaitable[ClientResponse]:
    """Return what to await for a response: what ``base`` returns, or for a retired call an exchange."""
    asked = recognise(session, method, str_or_url, options)
    if asked is None:
        return base(method, str_or_url, **options)
    return _exchanged(session, base, asked, str_or_url, options)


async def _exchanged(
    session: ClientSession, base: Base, asked: Asked, url: Any, options: dict[str, Any]
) -> ClientResponse:
    timeout, start = timeout_of(session, options.get("timeout", session)), time.perf_counter()
    if asked.retired.match.needs_body:
        async with asyncio.timeout(timeout.total or None):
            asked = await _with_body(session, asked, options)

    async def send(inner: InnerRequest) -> ClientResponse:
        call = base(inner.method, inner.url, **inner.options)
        return await (Once(session, call) if inner.method in SENT_AGAIN else call)

    response = await run(ExchangeFlow(session, asked, url, options, timeout, start), send)
    try:
        check = options.get("raise_for_status")
        check = session.raise_for_status if check is None else check
        if callable(check):
            await check(response)
        elif check:
            response.raise_for_status()
    except BaseException:
        response.close()
        raise
    return response


async def _with_body(session: ClientSession, asked: Asked, options: dict[str, Any]) -> Asked:
    """Return a call with its body, and leave a body in its place that can be sent more than once."""
    data, json = options.get("data"), options.pop("json", None)
    content, fields = await request_content(session, data, json)
    if data is not None or json is not None:
        options["data"] = content
    skipped = {str(name).lower() for name in (*session.skip_auto_headers, *(options.get("skip_auto_headers") or ()))}
    lines = asked.lines.copy()
    for name, value in fields.items():
        if name not in lines and name.lower() not in skipped:
            lines[name] = value
    call = attrs.evolve(asked.retired.call, headers=tuple(lines.items()), body=content)
    return attrs.evolve(asked, lines=lines, retired=attrs.evolve(asked.retired, call=call))
