"""Content carried through, in both directions, a piece at a time."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

import aiohttp
from aiohttp import HttpVersion10, hdrs, web

from shim.gateway.answers import Refusal, bad_request
from shim.gateway.fields import for_caller
from shim.gateway.upstream import Native, refusal_of
from shim.gateway.wire import Wire

log = logging.getLogger("shim.gateway")


async def upload(request: web.BaseRequest) -> AsyncIterator[bytes]:
    """Yield the request's content as it arrives, telling a caller that waits for it to go on.

    It starts once upstream is connected, so a caller with ``Expect: 100-continue`` (RFC 9110,
    10.1.1) is not made to send what has nowhere to go.
    """
    encourage(request)
    # What is there already leaves with the head; nothing yet lets the head leave alone, since
    # upstream may have an answer to that.
    yield request.content.read_nowait()
    while chunk := await _piece(request):
        yield chunk


def encourage(request: web.BaseRequest) -> None:
    """Answer ``100 Continue`` if the caller waits for it."""
    expects = request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"
    if expects and request.version > HttpVersion10 and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


async def _piece(request: web.BaseRequest) -> bytes:
    try:
        return await request.content.readany()
    except web.RequestPayloadError:
        raise bad_request("The request's content is not framed as HTTP/1.1 wants it.") from None


async def collect(request: web.BaseRequest, limit: int) -> bytes:
    """Return the request's whole content; raises Refusal when it is longer than ``limit`` bytes."""
    encourage(request)
    chunks, size = [], 0
    while chunk := await _piece(request):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise Refusal(413, "SHIM_REQUEST_TOO_LARGE", f"The request is larger than {limit} bytes.", close=True)
    return b"".join(chunks)


async def download(
    request: web.BaseRequest, native: Native, extra: Sequence[tuple[str, str]] = (), *, close: bool = False
) -> Wire:
    """Carry upstream's reply to the caller as it came, ``extra`` field lines added.

    What was read of it before goes first.

    When upstream fails in the middle, the caller's connection is aborted, since ending it cleanly
    would make half a reply look whole.
    """
    response = native.response
    wire = Wire(
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
        return _cut(wire, error)
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


def _cut(wire: Wire, error: BaseException) -> Wire:
    log.warning("a streamed reply was cut: %s", refusal_of(error).error)
    wire.abort()
    return wire
