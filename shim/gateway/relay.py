"""Upstream's content handed to the caller as it comes, a piece at a time."""

from __future__ import annotations

import logging

from aiohttp import web

from shim.core.messages import Reply
from shim.gateway.errors import Refusal
from shim.gateway.http1.response import RawResponse
from shim.gateway.upstream.client import UpstreamResponse

log = logging.getLogger("shim.gateway")


async def relay(request: web.BaseRequest, reply: Reply, upstream: UpstreamResponse, *, close: bool) -> RawResponse:
    """Send the caller a reply with upstream's content; what was read of it already goes first.

    Raises Refusal when upstream fails before the caller was sent anything. When it fails later, the
    caller's connection is aborted, since ending it cleanly would make half a reply look whole.
    """
    response = RawResponse(request, reply, reason=upstream.response.reason, close=close)
    if not response.streams:
        await response.prepare(request)
        return response
    try:
        async for chunk in upstream.pieces():
            await response.write(chunk)
    except Refusal as refusal:
        if not response.begun:
            raise
        log.warning("a streamed reply was cut: %s", refusal.error)
        response.abort()
        return response
    await response.write_eof()
    return response
