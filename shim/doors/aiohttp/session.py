"""A session of aiohttp, of any class, that handles retired calls in ``_request``.

Every call, in every version since 3.9, goes through it: ``get`` to ``delete``,
``aiohttp.request`` and retrying clients pass it the arguments of the public
``request``. So an exchange is a few calls of it, each with its own redirects, cookies,
credentials, middlewares and traces. Middlewares run below redirects, timeouts,
``raise_for_status`` and aiohttp's own retries, which is too late to rewrite a call.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import attrs
from aiohttp import ClientResponse
from multidict import CIMultiDict

from shim.doors.aiohttp.door import AiohttpDoor, Sender, door_of_request
from shim.doors.aiohttp.inside import redirected, request_content, whole_url
from shim.doors.driver import adrive
from shim.doors.exchange import steps


async def send(
    session: aiohttp.ClientSession,
    base: Sender,
    method: str,
    str_or_url: Any,
    *,
    first: Any = None,
    **options: Any,
) -> ClientResponse:
    """Send a request; a retired call becomes an exchange.

    ``base`` is the replaced method, bound to the session. ``first`` is the response if
    the request was already sent and was redirected to a retired call.
    """
    if first:
        door = None
    else:
        door = await door_of_request(session, base, method, str_or_url, options)
    if door is not None:
        return await _exchanged(door)
    response: ClientResponse = first or await base(method, str_or_url, **options)
    if not response.history:
        return response
    try:
        door = await _led_to(session, base, str_or_url, response, options)
    except BaseException:
        response.release()
        raise
    if door is None:
        return response
    response.release()
    served = await _exchanged(door)
    redirected(served, response.history)
    return served


async def _led_to(
    session: aiohttp.ClientSession,
    base: Sender,
    url: Any,
    last: ClientResponse,
    options: dict[str, Any],
) -> AiohttpDoor | None:
    """Return the door of the retired call that redirects ended at.

    ``last`` is its response.

    It returns None if the call went to another host, which must not get the
    credentials, or is a write that may have been executed.
    """
    info = last.request_info
    data = options.get("data")
    if info.method in {"GET", "HEAD"}:
        options = {**options, "json": None}
        data = None
    elif last.status != 410 or not isinstance(data, str | bytes | None):
        return None
    door = await door_of_request(
        session,
        base,
        info.method,
        info.real_url,
        {**options, "params": None, "data": data},
    )
    is_its = (
        door is not None
        and door.retired.known
        and info.url.host == whole_url(session, url).host
    )
    return door if is_its else None


async def _exchanged(door: AiohttpDoor) -> ClientResponse:
    if door.retired.needs_body:
        async with asyncio.timeout(door.timeout.total or None):
            await _read_body(door)
    response: ClientResponse = await adrive(steps(door))
    try:
        check = door.options.get("raise_for_status")
        if check is None:
            check = door.session.raise_for_status
        if callable(check):
            await check(response)
        elif check:
            response.raise_for_status()
    except BaseException:
        response.close()
        raise
    return response


async def _read_body(door: AiohttpDoor) -> None:
    """Read the body of a call, and replace it with one that can be sent more than once."""
    data = door.options.get("data")
    json = door.options.pop("json", None)
    content, fields = await request_content(door.session, data, json)
    if data is not None or json is not None:
        door.options["data"] = content
    lines = CIMultiDict(door.retired.call.headers)
    for name, value in fields.items():
        if name.lower() not in door.skipped:
            lines.setdefault(name, value)
    call = attrs.evolve(door.retired.call, headers=tuple(lines.items()), body=content)
    door.retired = attrs.evolve(door.retired, call=call)
