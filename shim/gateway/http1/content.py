"""A request's content: streamed, or collected, within the time that a caller has for sending it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import attrs
from aiohttp import HttpVersion10, StreamReader, hdrs, web

from shim.gateway.errors import Refusal, bad_request, too_late
from shim.gateway.http1.connection import RATE, Connection


@attrs.define
class RequestContent:
    """The content of one request, to be read once, in one of three ways.

    ``waited`` are the seconds spent waiting for the caller, which ``body_timeout`` bounds: the time that
    upstream takes to accept a piece isn't counted. ``size`` counts the bytes so far.
    """

    request: web.BaseRequest
    waited: float = 0.0
    size: int = 0

    async def collected(self, limit: int) -> bytes:
        """Return the whole content; raises Refusal when it is longer than ``limit`` bytes, broken or late."""
        self._continue()
        chunks = []
        while chunk := await self._piece():
            chunks.append(chunk)
            if self.size > limit:
                detail = f"The request is larger than {limit} bytes."
                raise Refusal(413, "SHIM_REQUEST_TOO_LARGE", detail, error="http_request_error", close=True)
        return b"".join(chunks)

    async def held(self, limit: int) -> bytes | AsyncIterator[bytes]:
        """Return the whole content if it ends within ``limit`` bytes, else an iterator of all of it."""
        if (self.request.content_length or 0) > limit:
            return self.streamed()
        self._continue()
        chunks: list[bytes] = []
        while self.size <= limit:
            if not (chunk := await self._piece()):
                return b"".join(chunks)
            chunks.append(chunk)
        return self._resumed(chunks)

    async def streamed(self) -> AsyncIterator[bytes]:
        """Yield the content as it arrives.

        This begins once upstream is connected, so a caller with ``Expect: 100-continue`` (RFC 9110,
        10.1.1) is not made to send what has nowhere to go.
        """
        self._continue()
        # What is there already leaves with the head; nothing yet lets the head leave alone, since
        # upstream may have an answer to that.
        yield self.request.content.read_nowait()
        while chunk := await self._piece():
            yield chunk

    async def _resumed(self, chunks: list[bytes]) -> AsyncIterator[bytes]:
        yield b"".join(chunks)
        chunks.clear()
        while chunk := await self._piece():
            yield chunk

    def _continue(self) -> None:
        """Answer ``100 Continue`` if the caller waits for it."""
        request = self.request
        expects = request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"
        if expects and request.version > HttpVersion10 and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _piece(self) -> bytes:
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
        connection = self.request.protocol
        assert isinstance(connection, Connection), "another server's request"
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(connection.options.body_timeout + self.size / RATE - self.waited):
                return await stream.readany()
        except TimeoutError:
            # Who didn't send it until now isn't given the usual time to send the rest.
            connection._lingering_time = 0.0  # noqa: SLF001 - no other way to say so
            raise too_late("The request's content did not arrive in the configured time.") from None
        finally:
            self.waited += loop.time() - began
