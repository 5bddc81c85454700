"""Upstream's content handed to the caller as it comes, a piece at a time."""

from __future__ import annotations

import logging

from shim.core.messages import Reply
from shim.gateway.errors import Refusal
from shim.gateway.http1.request import Request
from shim.gateway.upstream.response import BUFFERED, UpstreamResponse

log = logging.getLogger("shim.gateway")


async def relay(request: Request, reply: Reply, upstream: UpstreamResponse, *, close: bool) -> Refusal | None:
    """Send the caller a reply with upstream's content; what was read of it already goes first.

    Raises Refusal when upstream fails before the caller was sent anything. When it fails later, the
    caller's connection is aborted, since ending it cleanly would make half a reply look whole, and why is returned.
    """
    framing = request.begin(reply, reason=upstream.reason, close=close)
    if framing.bodiless:
        request.end()
        return None
    # What is there already leaves with the head; nothing yet lets the head leave alone.
    first = b"".join((*upstream.chunks, upstream.arrived()))
    if upstream.is_complete:
        request.end(first)
        if len(first) > BUFFERED:  # it is held as long as it waits
            await request.way.flushed()
        return None
    try:
        if upstream.error is not None and not first:
            raise upstream.error
        await request.send(first)
        while chunk := await upstream.piece():
            await request.send(chunk)
    except Refusal as refusal:
        if not request.begun:
            raise
        log.warning("a streamed reply was cut: %s", refusal.error)
        request.abort()
        return refusal
    request.end()
    return None
