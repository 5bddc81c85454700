"""Content carried through, in both directions, a piece at a time."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

import aiohttp
from aiohttp import HttpVersion10, hdrs, web

from shim.gateway.errors import Refusal
from shim.gateway.fields import for_caller
from shim.gateway.http1.connection import Connection
from shim.gateway.http1.deadlines import Content
from shim.gateway.http1.response import RawResponse
from shim.gateway.upstream.client import UpstreamResponse
from shim.gateway.upstream.faults import refusal_of

log = logging.getLogger("shim.gateway")


async def upload(request: web.BaseRequest) -> AsyncIterator[bytes]:
    """Yield the request's content as it arrives, telling a caller that waits for it to go on.

    It starts once upstream is connected, so a caller with ``Expect: 100-continue`` (RFC 9110,
    10.1.1) is not made to send what has nowhere to go.
    """
    encourage(request)
    # What is there already leaves with the head; nothing yet lets the head leave alone, since
    # upstream may have an answer to that.
    content = content_of(request)
    yield request.content.read_nowait()
    while chunk := await content.piece():
        yield chunk


def encourage(request: web.BaseRequest) -> None:
    """Answer ``100 Continue`` if the caller waits for it."""
    expects = request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"
    if expects and request.version > HttpVersion10 and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


async def held(request: web.BaseRequest, limit: int) -> bytes | AsyncIterator[bytes]:
    """Return the request's whole content if it ends within ``limit`` bytes, else as an iterator of all of it."""
    if (request.content_length or 0) > limit:
        return upload(request)
    encourage(request)
    content = content_of(request)
    chunks: list[bytes] = []
    while content.size <= limit:
        if not (chunk := await content.piece()):
            return b"".join(chunks)
        chunks.append(chunk)
    return _resumed(content, chunks)


async def _resumed(content: Content, chunks: list[bytes]) -> AsyncIterator[bytes]:
    yield b"".join(chunks)
    chunks.clear()
    while chunk := await content.piece():
        yield chunk


def content_of(request: web.BaseRequest) -> Content:
    """Return the request's content, to be read once, within its connection's deadline."""
    connection = request.protocol
    assert isinstance(connection, Connection), "another server's request"
    return Content(request, connection.deadlines.body)


async def collect(request: web.BaseRequest, limit: int) -> bytes:
    """Return the request's whole content; raises Refusal when it is longer than ``limit`` bytes."""
    encourage(request)
    content = content_of(request)
    chunks = []
    while chunk := await content.piece():
        chunks.append(chunk)
        if content.size > limit:
            detail = f"The request is larger than {limit} bytes."
            raise Refusal(413, "SHIM_REQUEST_TOO_LARGE", detail, error="http_request_error", close=True)
    return b"".join(chunks)


async def download(
    request: web.BaseRequest, native: UpstreamResponse, extra: Sequence[tuple[str, str]] = (), *, close: bool = False
) -> RawResponse:
    """Carry upstream's reply to the caller as it came, ``extra`` field lines added.

    What was read of it before goes first.

    When upstream fails in the middle, the caller's connection is aborted, since ending it cleanly
    would make half a reply look whole.
    """
    response = native.response
    wire = RawResponse(
        request,
        native.head.status,
        (*for_caller(native.head.headers), *extra),
        None,
        reason=response.reason,
        close=close,
    )
    if not wire.streams:
        await wire.prepare(request)
        native.close()
        return wire
    content = response.content
    for chunk in native.chunks:
        await wire.write(chunk)
    try:
        chunk = content.read_nowait()
    except (aiohttp.ClientError, OSError) as error:
        if wire.begun:
            return _cut(wire, error)
        raise refusal_of(error) from error
    # What arrived together with the head leaves together with it.
    await wire.write(chunk)
    while True:
        try:
            chunk = await content.readany()
        except (aiohttp.ClientError, OSError) as error:
            return _cut(wire, error)
        if not chunk:
            break
        await wire.write(chunk)
    await wire.write_eof()
    return wire


def _cut(wire: RawResponse, error: BaseException) -> RawResponse:
    log.warning("a streamed reply was cut: %s", refusal_of(error).error)
    wire.abort()
    return wire
