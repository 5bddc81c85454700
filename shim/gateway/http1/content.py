"""A request's content as it arrives: streamed, or collected, within the time that a caller has for sending it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from shim.gateway.errors import Refusal, bad_request, too_late
from shim.gateway.http1.chunks import ChunkDecoder, ChunkError
from shim.gateway.http1.deadlines import deadlines
from shim.gateway.http1.head import RequestHead

RATE = 256
"""Bytes a second below which a caller is stalling."""

BUFFERED = 65536
"""Bytes of content that wait to be read before no more are taken from the caller."""


class Source(Protocol):
    """The connection that content comes from."""

    def write(self, data: bytes) -> None:
        """Send the caller something."""
        ...

    def hold(self) -> None:
        """Take no more bytes from the caller."""
        ...

    def go_on(self) -> None:
        """Take bytes from the caller again."""
        ...


class RequestContent:
    """The content of one request, to be read once, in one of three ways.

    ``is_complete`` tells that its end has arrived, and ``error`` why it never will. In any ``body_timeout`` seconds
    spent waiting for the caller, so many bytes must arrive that it sends ``RATE`` a second, and what came earlier
    buys nothing: the time that upstream takes to accept a piece isn't counted.
    """

    __slots__ = (
        "_arrived", "_decoder", "_expected", "_head", "_left", "_patience", "_source", "_timeout", "_unread", "_waiter",
        "error", "is_complete", "size",
    )  # fmt: skip

    def __init__(self, head: RequestHead, source: Source, body_timeout: float) -> None:
        self._head = head
        self._source = source
        self._decoder = ChunkDecoder() if head.chunked else None
        self._left = head.length or 0
        self._arrived: deque[bytes] = deque()
        self._unread = 0
        self._waiter: asyncio.Future[None] | None = None
        self._timeout = self._patience = body_timeout
        self._expected = RATE * body_timeout
        self.size = 0
        self.is_complete = not head.has_content
        self.error: Refusal | None = None

    def feed(self, data: bytes, start: int) -> int:
        """Take the content in ``data`` from ``start`` on, and return where it stopped."""
        if self.error is not None:
            return len(data)
        if self._decoder is None:
            stop = min(len(data), start + self._left)
            if stop > start:
                self._add(data[start:stop])
            self._left -= stop - start
            self.is_complete = not self._left
            start = stop
        else:
            pieces: list[bytes] = []
            try:
                start = self._decoder.feed(data, start, pieces)
            except ChunkError:
                self.error = bad_request("The request's content is not framed as HTTP/1.1 wants it.")
                start = len(data)
            for piece in pieces:
                self._add(piece)
            self.is_complete = self._decoder.done
        if self._unread > BUFFERED and not self.is_complete:
            self._source.hold()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        return start

    def _add(self, piece: bytes) -> None:
        self._arrived.append(piece)
        self._unread += len(piece)

    async def collected(self, limit: int) -> bytes:
        """Return the whole content; raises Refusal when it is longer than ``limit`` bytes, broken or late.

        Content that says how long it is needn't be sent to be found too long.
        """
        if (self._head.length or 0) > limit:
            raise too_large(limit)
        self._continue()
        chunks = []
        while chunk := await self.piece():
            chunks.append(chunk)
            if self.size > limit:
                raise too_large(limit)
        return b"".join(chunks)

    async def held(self, limit: int, take: Callable[[int], None]) -> bytes | AsyncIterator[bytes]:
        """Return the whole content if it ends within ``limit`` bytes, else an iterator of all of it.

        ``take`` is told what each piece needs in memory, and raises Refusal when there is no room for it.
        """
        if (self._head.length or 0) > limit:
            return self.streamed()
        self._continue()
        chunks: list[bytes] = []
        while self.size <= limit:
            if not (chunk := await self.piece()):
                return b"".join(chunks)
            take(len(chunk))
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
        yield self._taken()
        while chunk := await self.piece():
            yield chunk

    async def _resumed(self, chunks: list[bytes]) -> AsyncIterator[bytes]:
        yield b"".join(chunks)
        chunks.clear()
        while chunk := await self.piece():
            yield chunk

    async def piece(self) -> bytes:
        """Return what arrives next, empty at the end; raises Refusal when it is broken or late."""
        while not self._arrived and not self.is_complete:
            if self.error is not None:
                raise self.error
            await self._wait()
        return self._taken()

    def _continue(self) -> None:
        """Answer ``100 Continue`` if the caller waits for it."""
        if self._head.expects_continue and not (self.is_complete or self._unread):
            self._source.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _taken(self) -> bytes:
        data = self._arrived[0] if len(self._arrived) == 1 else b"".join(self._arrived)
        self._arrived.clear()
        self._unread = 0
        self.size += len(data)
        self._expected -= len(data)
        if self._expected <= 0:
            self._expected = RATE * self._timeout
            self._patience = self._timeout
        if data and not self.is_complete:
            self._source.go_on()
        return data

    async def _wait(self) -> None:
        timer = deadlines()
        began = timer.now()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            with timer.within(self._patience):
                await self._waiter
        except TimeoutError:
            self.error = too_late("The request's content did not arrive in the configured time.")
            raise self.error from None
        finally:
            self._waiter = None
            self._patience -= timer.now() - began


def too_large(limit: int) -> Refusal:
    """A request with more content than is taken (RFC 9110, 15.5.14)."""
    detail = f"The request is larger than {limit} bytes."
    return Refusal(413, "SHIM_REQUEST_TOO_LARGE", detail, error="http_request_error", close=True)
