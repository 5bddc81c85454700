"""How long a caller may take: aiohttp's server waits for ever for a head, for content, and for a reader."""

from __future__ import annotations

import asyncio

import attrs
from aiohttp import StreamReader, web

from shim.gateway.errors import bad_request, too_late
from shim.gateway.options import Options

RATE = 256
"""Bytes a second below which a caller is stalling."""


@attrs.frozen
class Deadlines:
    """Seconds that a caller has, each for one thing.

    ``header``: a request's head, from its first byte. ``body``: waiting for a request's content.
    ``keepalive``: a connection without a request. ``send``: a reply that isn't taken. Content and
    replies that move on, at ``RATE`` at least, may take longer than that.
    """

    header: float = 15.0
    body: float = 60.0
    keepalive: float = 120.0
    send: float = 60.0


def deadlines_of(options: Options) -> Deadlines:
    """Return the deadlines that the options set."""
    return Deadlines(
        header=options.header_timeout,
        body=options.body_timeout,
        keepalive=options.keepalive_timeout,
        send=options.send_timeout,
    )


@attrs.define
class Content:
    """A request's content, a piece at a time, within ``seconds`` of waiting for the caller.

    The time that upstream takes to accept a piece isn't counted.
    """

    request: web.BaseRequest
    seconds: float
    waited: float = 0.0
    size: int = 0

    async def piece(self) -> bytes:
        """Return what arrives next, empty at the end; raises Refusal when it is broken or late."""
        stream = self.request.content
        try:
            chunk = stream.read_nowait()
            if not chunk and not stream.at_eof():
                chunk = await self._wait(stream)
        except web.RequestPayloadError:
            raise bad_request("The request's content is not framed as HTTP/1.1 wants it.") from None
        self.size += len(chunk)
        return chunk

    async def _wait(self, stream: StreamReader) -> bytes:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self.seconds + self.size / RATE - self.waited):
                return await stream.readany()
        except TimeoutError:
            # Who didn't send it until now isn't given the usual time to send the rest.
            self.request.protocol._lingering_time = 0.0  # noqa: SLF001 - no other way to say so
            raise too_late("The request's content did not arrive in the configured time.") from None
        finally:
            self.waited += loop.time() - began
