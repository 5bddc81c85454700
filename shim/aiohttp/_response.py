"""Responses of the shim's own, and what a response says of the request that it answers.

aiohttp has no public way to make a response. Here is all that goes beyond its documented names, as its versions from
3.9 on have it: the arguments of ClientResponse, which other people's mocks call as well; ``start``, which takes
version, status, fields and content from whatever ``protocol.read()`` of a connection returns, so that no attribute
has to be set from outside; the class of responses that a session was given; and ``_cache``, where the properties of a
response look first: the request that a response shows can't be set otherwise.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import attrs
from aiohttp import ClientResponse, ClientSession, HttpVersion11, RequestInfo, StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import RawResponseMessage
from multidict import CIMultiDict, CIMultiDictProxy

from shim.aiohttp._content import Collected
from shim.core.messages import Reply, framed, reason_phrase

_BUFFER = 2**16
_MORE: dict[str, Any] = (
    {"stream_writer": Collected()}  # from 3.14.4 on: it tells how much was sent, which is nothing
    if "stream_writer" in inspect.signature(ClientResponse.__init__).parameters
    else {}
)


@attrs.frozen(eq=False)
class _Arrived:
    """Stands for a connection, and for its protocol, on which a whole response has arrived."""

    message: RawResponseMessage
    content: StreamReader
    upgraded: bool = False

    @property
    def protocol(self) -> _Arrived:
        return self

    async def read(self) -> tuple[RawResponseMessage, StreamReader]:
        return self.message, self.content

    def release(self) -> None:
        """There is nothing to go back to a pool."""


async def made_response(
    reply: Reply, info: RequestInfo, session: ClientSession, native: ClientResponse | None
) -> ClientResponse:
    """Return a response of the shim's own, in place of the native one if there was any."""
    loop = asyncio.get_running_loop()
    kind = session._response_class if native is None else type(native)  # noqa: SLF001 - see above
    nothing: Any = {"writer": None, "continue100": None, "timer": None, "traces": []}
    response = kind(info.method, info.real_url, request_info=info, loop=loop, session=session, **nothing, **_MORE)
    raw = tuple([(name.encode("latin-1"), value.encode("latin-1")) for name, value in framed(reply, info.method)])
    lines = [(_as_aiohttp_reads(name), _as_aiohttp_reads(value)) for name, value in raw]
    content = StreamReader(BaseProtocol(loop), _BUFFER, loop=loop)
    content.feed_data(reply.body or b"")
    content.feed_eof()
    message = RawResponseMessage(
        version=getattr(native, "version", None) or HttpVersion11,
        code=reply.status,
        reason=reason_phrase(reply.status),
        headers=CIMultiDictProxy(CIMultiDict(lines)),
        raw_headers=raw,
        should_close=False,
        compression=None,
        upgrade=False,
        chunked=False,
    )
    arrived: Any = _Arrived(message, content)
    await response.start(arrived)
    if native is not None and native.history:
        response._cache["history"] = native.history  # noqa: SLF001 - see above
    return response


def show(response: ClientResponse, info: RequestInfo) -> None:
    """Let a response say that it answers another request than the one that was sent."""
    response.method = info.method
    response._cache.update(url=info.url, real_url=info.real_url, request_info=info)  # noqa: SLF001 - see above


def _as_aiohttp_reads(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
