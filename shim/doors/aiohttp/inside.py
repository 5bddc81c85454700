"""All private names of aiohttp that the door uses, as in 3.11 and later versions before 4.

- ``_build_url`` and ``_json_serialize_bytes`` of a session: its base URL and that serializer have no public name.
- ``_retry_connection``: whether a session sends GET, PUT and DELETE again on its own when a connection closes.
  Versions before 3.11 lack it and cause a warning, because a write must not be sent twice.
- The arguments of ClientResponse, which mocks call as well, and a session's ``_response_class``.
- ``start`` of a response, which accepts its parts from whatever ``protocol.read()`` of a connection returns.
- ``_cache`` of a response, which its properties read first: there is no other way to set the request it shows.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace, coroutine
from typing import Any

import aiohttp
from aiohttp import ClientResponse, ClientSession, RequestInfo, StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import RawResponseMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from shim.core.messages import Reply, framed, reason_phrase

logger = logging.getLogger("shim")

_BUFFER = 2**16
_MORE: dict[str, Any] = (
    {"stream_writer": SimpleNamespace(output_size=0)}  # from 3.14.4 on
    if "stream_writer" in inspect.signature(ClientResponse.__init__).parameters
    else {}
)


def whole_url(session: ClientSession, url: Any) -> URL:
    """Return the URL that a session builds from its argument.

    Raises the session's exceptions.
    """
    return session._build_url(url)  # noqa: SLF001 - see above


async def request_content(
    session: ClientSession, data: Any, json: Any
) -> tuple[bytes, Mapping[str, str]]:
    """Return a request's content and the field lines that aiohttp would add.

    Files are closed.
    """
    if json is not None:
        # from 3.14 on
        as_bytes: Callable[[Any], bytes] | None = getattr(
            session, "_json_serialize_bytes", None
        )
        if as_bytes is None:
            content = session.json_serialize(json).encode()
        else:
            content = as_bytes(json)
        return content, {"Content-Type": "application/json"}
    if data is None:
        return b"", {}
    if isinstance(data, aiohttp.FormData):
        data = data()
    try:
        body = aiohttp.get_payload(data, disposition=None)
    except aiohttp.payload.LookupError:
        body = aiohttp.FormData(data)()
    collected = bytearray()

    async def write(chunk: bytes | bytearray | memoryview) -> None:
        collected.extend(chunk)

    writer: Any = SimpleNamespace(write=write)
    try:
        await body.write(writer)
    finally:
        # from 3.12 on; before, writing closes
        if (close := getattr(body, "close", None)) is not None:
            await close()
    return bytes(collected), body.headers or {}


@coroutine
def once(
    session: ClientSession, call: Awaitable[ClientResponse]
) -> Generator[Any, Any, ClientResponse]:
    """Await a PUT or DELETE of a session, which aiohttp does not send again on its own.

    The session's switch for that is off while this call runs; whenever it waits, and
    others run, the switch is restored.
    """
    steps = call.__await__()
    if not hasattr(session, "_retry_connection"):
        logger.warning(
            "aiohttp %s may send a PUT or DELETE twice when a connection ends; 3.11 does not",
            aiohttp.__version__,
        )
    go_on: Callable[[Any], Any] = steps.send
    given: Any = None
    while True:
        before = getattr(session, "_retry_connection", True)
        session._retry_connection = False  # noqa: SLF001 - see above
        try:
            waits_for = go_on(given)
        except StopIteration as end:
            response: ClientResponse = end.value
            return response
        finally:
            session._retry_connection = before  # noqa: SLF001 - as above
        try:
            go_on = steps.send
            given = yield waits_for
        except BaseException as error:  # noqa: BLE001 - the call gets any exception, such as a cancellation
            go_on = steps.throw
            given = error


def made_response(
    reply: Reply,
    info: RequestInfo,
    session: ClientSession,
    native: ClientResponse | None,
) -> ClientResponse:
    """Return a response of the shim, in place of the native one if there is one."""
    loop = asyncio.get_running_loop()
    kind = session._response_class  # noqa: SLF001 - see above; mocks give us others, which can't be made so
    nothing: Any = {"writer": None, "continue100": None, "timer": None, "traces": []}
    response = kind(
        info.method,
        info.real_url,
        request_info=info,
        loop=loop,
        session=session,
        **nothing,
        **_MORE,
    )
    raw = tuple(
        [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in framed(reply, info.method)
        ]
    )
    lines = [
        (
            name.decode("utf-8", "surrogateescape"),
            value.decode("utf-8", "surrogateescape"),
        )
        for name, value in raw
    ]
    content = StreamReader(BaseProtocol(loop), _BUFFER, loop=loop)
    content.feed_data(reply.body or b"")
    content.feed_eof()
    version = getattr(native, "version", None) or aiohttp.HttpVersion11
    reason = reason_phrase(reply.status)
    headers = CIMultiDictProxy(
        CIMultiDict(lines)
    )  # it has neither a connection to close nor a coding
    plain = (False, None, False, False)
    message = RawResponseMessage(version, reply.status, reason, headers, raw, *plain)

    async def read() -> tuple[RawResponseMessage, StreamReader]:
        return message, content

    arrived: Any = SimpleNamespace(
        protocol=SimpleNamespace(read=read, upgraded=False), release=lambda: None
    )
    with suppress(StopIteration):  # it waits for nothing
        response.start(arrived).send(None)
    if native is not None and native.history:
        redirected(response, native.history)
    return response


def redirected(response: ClientResponse, history: Sequence[ClientResponse]) -> None:
    """Record the responses that came before this one."""
    response._cache["history"] = (*history, *response.history)  # noqa: SLF001 - see above


def show(response: ClientResponse, info: RequestInfo) -> None:
    """Set the request that a response shows."""
    response.method = info.method
    response._cache.update(url=info.url, real_url=info.real_url, request_info=info)  # noqa: SLF001 - see above
