"""aiohttp's session with the rewrite in ``_request``, for sessions of any class.

That is the one way of every call: ``get`` to ``delete``, ``request``, ``aiohttp.request`` and retrying clients all
come to it with the arguments of the public ``request``, in every version from 3.9 on, and it is where mocks and tracers
step in too. Middlewares, public since 3.12, would be the other place. But they stand below redirects, timeouts,
``raise_for_status`` and aiohttp's own repeating of a request on a dropped connection, which would repeat the whole
exchange; they are handed a request whose target, fields and body can only be changed by private means; and
sessions that exist would have to be given one. So an exchange is a few calls of the method, each with redirects,
cookies, credentials, middlewares and traces of its own, and a middleware that signs (DigestAuthMiddleware) signs
what is really sent.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Awaitable
from types import FunctionType
from typing import Any

import aiohttp
import attrs
from aiohttp import ClientResponse, ClientResponseError, ClientTimeout

from shim.doors.aiohttp.content import request_content
from shim.doors.aiohttp.door import AiohttpDoor, Base, CallerRequest, recognise
from shim.doors.aiohttp.inside import redirected, whole_url
from shim.doors.exchange import adrive, steps
from shim.doors.process import prepare
from shim.doors.surface import become, like


def send(
    session: aiohttp.ClientSession, base: Base, method: str, str_or_url: Any, **options: Any
) -> Awaitable[ClientResponse]:
    """Return what to await for a response: what ``base`` returns, or for a retired call an exchange.

    ``base`` is the method in whose place this stands, bound to the session.
    """
    asked = recognise(session, method, str_or_url, options)
    if asked is None:
        return _led_on(session, base, method, str_or_url, options)
    return _exchanged(session, base, asked, str_or_url, options)


async def _led_on(
    session: aiohttp.ClientSession, base: Base, method: str, url: Any, options: dict[str, Any]
) -> ClientResponse:
    """Send a call, and serve the retired one that redirects may have led to.

    Not if it is another host's, for which the credentials are not, or a write that may have been executed.
    """
    try:
        response = await base(method, url, **options)
    except ClientResponseError as error:  # raise_for_status, before aiohttp notes what came before
        served = await _after(session, base, url, error, options)
        if served is None:
            raise
        return served
    served = await _after(session, base, url, response, options) if response.history else None
    if served is None:
        return response
    response.release()
    return served


async def _after(
    session: aiohttp.ClientSession, base: Base, url: Any, last: Any, options: dict[str, Any]
) -> ClientResponse | None:
    """Return the answer to the retired call that redirects of another led to, else None."""
    info, data = last.request_info, options.get("data")
    if info.method in {"GET", "HEAD"}:
        options, data = {**options, "json": None}, None
    elif last.status != 410 or not isinstance(data, str | bytes | None):
        return None
    options = {**options, "params": None, "data": data}
    asked = recognise(session, info.method, info.real_url, options)
    if asked is None or not asked.retired.known or info.url.host != whole_url(session, url).host:
        return None
    response = await _exchanged(session, base, asked, info.real_url, options)
    redirected(response, last.history)
    return response


async def _exchanged(
    session: aiohttp.ClientSession, base: Base, asked: CallerRequest, url: Any, options: dict[str, Any]
) -> ClientResponse:
    timeout, start = _timeout_of(session, options.get("timeout", session)), time.perf_counter()
    if asked.retired.match.needs_body:
        async with asyncio.timeout(timeout.total or None):
            asked = await _with_body(session, asked, options)
    door = AiohttpDoor(asked.retired, session, base, asked, url, options, timeout)
    door.start = start
    response: ClientResponse = await adrive(steps(door))
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


def _timeout_of(session: aiohttp.ClientSession, given: object) -> ClientTimeout:
    """Return the timeout of a call: one of its own, a total number of seconds or None for none, or the session's."""
    if isinstance(given, ClientTimeout):
        return given
    return ClientTimeout(total=given) if given is None or isinstance(given, int | float) else session.timeout


async def _with_body(session: aiohttp.ClientSession, asked: CallerRequest, options: dict[str, Any]) -> CallerRequest:
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


with warnings.catch_warnings():
    # aiohttp discourages subclasses; whoever makes one of ours is told so as ever.
    warnings.simplefilter("ignore", DeprecationWarning)

    class ClientSession(aiohttp.ClientSession):
        """aiohttp.ClientSession, whose calls to retired Atlas endpoints keep working.

        Takes what aiohttp.ClientSession takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
        """

        @like(aiohttp.ClientSession.__init__)
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            prepare()
            super().__init__(*args, **kwargs)

        @like(aiohttp.ClientSession._request)  # noqa: SLF001 - see above
        def _request(self, *args: Any, **kwargs: Any) -> Any:
            return send(self, super()._request, *args, **kwargs)


def wrap(session: aiohttp.ClientSession) -> None:
    """Let a session of somebody else's making serve retired calls; raises SettingsError as ClientSession does."""
    prepare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # aiohttp discourages subclasses, such as the joined one
        become(session, ClientSession)


def _with_our_session(function: Any) -> Any:
    """Return a function of aiohttp's that makes sessions of ours: its own code, whatever its version passes on."""
    made = FunctionType(function.__code__, {**function.__globals__, "ClientSession": ClientSession}, function.__name__)
    made.__kwdefaults__, made.__annotations__ = function.__kwdefaults__, function.__annotations__
    return made


request = like(aiohttp.request)(_with_our_session(aiohttp.request))

OURS: dict[str, dict[str, Any]] = {"client": {"ClientSession": ClientSession, "request": request}}
"""Module -> the names in it that are ours."""
