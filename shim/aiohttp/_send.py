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
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from shim.aiohttp._content import request_content
from shim.aiohttp._exchange import ExchangeFlow, run
from shim.aiohttp._inside import Once
from shim.aiohttp._recognition import Asked, recognise
from shim.aiohttp._rewriting import InnerRequest

Base = Callable[..., Awaitable[ClientResponse]]
SENT_AGAIN = frozenset({"DELETE", "PUT"})
"""The methods of writes that aiohttp sends again by itself when a connection ends (RFC 9110, 9.2.2)."""
AT_ONCE = 1e-6
"""Seconds of a timeout that is over: aiohttp takes 0 for none."""


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
    loop = asyncio.get_running_loop()
    timeout = _timeout(session, options.get("timeout", session))
    end = loop.time() + timeout.total if timeout.total else None

    async def send(inner: InnerRequest) -> ClientResponse:
        left = timeout.total if end is None else max(end - loop.time(), AT_ONCE)
        inner.options["timeout"] = attrs.evolve(timeout, total=left)
        call = base(inner.method, inner.url, **inner.options)
        return await (Once(session, call) if inner.method in SENT_AGAIN else call)

    if asked.retired.match.needs_body:
        async with asyncio.timeout_at(end):
            asked = await _with_body(session, asked, options)
    response = await run(ExchangeFlow(session, asked, url, options), send)
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


def _timeout(session: ClientSession, given: object) -> ClientTimeout:
    """Return the timeout of a call: one of its own, a total number of seconds or None for none, or the session's."""
    if isinstance(given, ClientTimeout):
        return given
    return ClientTimeout(total=given) if given is None or isinstance(given, int | float) else session.timeout


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
