"""Read the content of one message once, whole or as it arrives.

Chunked content (RFC 9112, 7.1) is parsed exactly to its end, with limits on everything
that is not content. Extensions and trailers are dropped (RFC 9112, 7.1.1; RFC 9110,
6.5.1).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

from shim.gateway.errors import Refusal, too_late
from shim.gateway.http1.wire import Wire

# Bytes reserved for each message; one read accepts at most as many.
BUFFERED = 65536
# Bytes that may wait to be streamed before reading stops; collected content has no such
# limit.
ROOM = 8192
RATE = 256  # bytes a second, below which a sender is stalling
_ENDLESS = 1 << 62  # more bytes than ever arrive
_LATE = "The request's content did not arrive in the configured time."

LINE = 4096  # the limit on a chunk's size line with its extensions, in bytes
TRAILERS = 16384  # the limit on all trailers, in bytes
# Bytes of sizes and extensions beyond one for each byte of content; only tiny chunks
# need more.
BESIDE = 65536
AT_ONCE = 128  # chunks parsed before other tasks get their turn

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_TRAILER = re.compile(
    rb"(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*)?\r\n"
)
_NO_TRAILERS = frozenset({b"content-length", b"host", b"transfer-encoding"})


class Body:
    """Content of a ``source``: its ``length`` bytes, chunks, or all until the end.

    Without a length or chunks it ends with its connection. ``chunks`` are the ``size``
    bytes that have arrived and were not handed on. ``is_complete`` means that the end
    has arrived, and ``error`` is why it never will. While the content ``is_collected``,
    reading does not stop. The sender must send ``RATE`` bytes a second in any
    ``patience`` seconds of waiting (0: no limit). ``on_wait`` is called before the
    first wait.
    """

    __slots__ = (
        "_decoder", "_expected", "_left", "_patience", "_source", "_taken", "_timeout", "_waiter", "chunks",
        "error", "is_collected", "is_complete", "length", "on_wait", "size",
    )  # fmt: skip

    def __init__(
        self,
        source: Wire | None,
        length: int | None = 0,
        *,
        chunked: bool = False,
        patience: float = 0.0,
    ) -> None:
        self._source = source
        self._decoder = ChunkDecoder() if chunked else None
        self.length = length
        self._left = _ENDLESS if length is None else length
        self._waiter: asyncio.Future[None] | None = None
        self._timeout = self._patience = patience
        self._expected = RATE * patience
        self.chunks: list[bytes] = []
        self.size = self._taken = 0
        self.is_complete = length == 0 and not chunked
        self.is_collected = False
        self.error: Refusal | None = None
        self.on_wait: Callable[[], None] | None = None

    def feed(self, data: bytes, start: int = 0) -> int:
        """Add the content in ``data`` from ``start`` on; return where it stopped.

        It stops before the end of ``data`` if the content ends there, or as a
        ``ChunkDecoder`` does. Raises MalformedError.
        """
        if self._decoder is not None:
            piece, stop = self._decoder.feed(data, start)
            self.is_complete = self._decoder.done
        else:
            stop = min(len(data), start + self._left)
            self._left -= stop - start
            self.is_complete = not self._left
            piece = data[start:stop]
        if piece:
            self.chunks.append(piece)
            self.size += len(piece)
            self._expected -= len(piece)
            if (
                self.size > ROOM
                and not (self.is_complete or self.is_collected)
                and self._source is not None
            ):
                self._source.hold()
        if self._waiter is not None:
            self._wake()
        return stop

    def finish(self) -> None:
        """End the content with its connection, if it has neither a length nor chunks."""
        if self.length is None and self._decoder is None:
            self.is_complete = True
            self._wake()

    def fail(self, error: Refusal, *, at_once: bool = False) -> None:
        """Record that the content will stay incomplete.

        ``at_once`` drops arrived data.
        """
        self.error = error
        if at_once:
            self.chunks = []
            self.size = 0
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def arrived(self) -> bytes:
        """Return the data that has arrived, which may be empty."""
        chunks = self.chunks
        self.chunks = []
        self.size = 0
        self._taken = 0
        if len(chunks) == 1:
            return chunks[0]
        return b"".join(chunks)

    async def piece(self) -> bytes:
        """Return the data that has arrived or arrives next; empty at the end.

        Raises Refusal.
        """
        while not (self.chunks or self.is_complete):
            await self._wait()
        return self.arrived()

    async def collect(
        self, limit: int, take: Callable[[int], None] | None = None
    ) -> bool:
        """Wait for all of it; return False if it is longer than ``limit`` bytes.

        ``take`` is called with the size of each piece. Raises Refusal, also from
        ``take`` if there is not enough memory.
        """
        self.is_collected = True
        while True:
            new = self.size - self._taken
            self._taken = self.size
            if take is not None and new:
                take(new)
            if self.size > limit:
                self.is_collected = False
                return False
            if self.is_complete:
                return True
            await self._wait()

    async def all(
        self, limit: int, take: Callable[[int], None] | None = None
    ) -> bytes | None:
        """Return the whole content, or None if it is longer than ``limit`` bytes.

        Raises Refusal as ``collect`` does.
        """
        if (self.length or 0) > limit or not await self.collect(limit, take):
            return None
        return b"".join(self.chunks)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the arrived data, even if empty, then each piece.

        With empty data, a head is sent alone.
        """
        yield self.arrived()
        while chunk := await self.piece():
            yield chunk

    async def _wait(self) -> None:
        """Return when more has arrived, or at the end; raises ``error``."""
        if self.error is not None:
            # they are not read, and the connection may stay open for a while
            self.chunks = []
            raise self.error
        if self.on_wait is not None:
            self.on_wait()
            self.on_wait = None
        if self._source is not None:
            self._source.go_on()
        if self._expected <= 0:
            self._expected = RATE * self._timeout
            self._patience = self._timeout
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        began = loop.time()
        if self._timeout:
            timer = loop.call_later(self._patience, lambda: self.fail(too_late(_LATE)))
        else:
            timer = None
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
                self._patience -= loop.time() - began


EMPTY = Body(None)  # no content, which is complete and can be shared by all messages


class MalformedError(ValueError):
    """A reply's head or chunked content that violates RFC 9112 or exceeds a limit."""


class ChunkDecoder:
    """Parses the bytes of one message's chunked content; ``done`` after its end."""

    def __init__(self) -> None:
        self._left = 0  # bytes of a chunk, including the line break after it
        self._is_last = self.done = False
        self._trailers = 0
        self._beside = BESIDE

    def feed(self, data: bytes, start: int) -> tuple[bytes, int]:
        """Return the content in ``data`` from ``start`` on, and where it stopped.

        It stops before an incomplete line, which comes again with the rest, or after
        ``AT_ONCE`` chunks. Raises MalformedError.
        """
        pieces = []
        for _ in range(AT_ONCE):
            if not self._left:
                if self.done or not (length := self._take_line(data, start)):
                    break
                start += length
            if self._left > 2:
                pieces.append(data[start : start + self._left - 2])
                start += len(pieces[-1])
                self._left -= len(pieces[-1])
            if self._left == 2 and data.startswith(b"\r\n", start):
                self._left = 0
                start += 2
            elif self._left == 2 and data[start:] not in {b"", b"\r"}:
                raise MalformedError("a chunk is longer than its size")
            if self._left:
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces), start

    def _take_line(self, data: bytes, start: int) -> int:
        """Parse a size or a trailer, and return its length; 0 if it is incomplete."""
        line = (_TRAILER if self._is_last else _CHUNK_SIZE).match(data, start)
        if line is None and data.find(b"\n", start) >= 0:
            raise MalformedError(
                "a chunk's size is not a number, or a trailer is malformed"
            )
        length = (len(data) if line is None else line.end()) - start
        if length > LINE:
            raise MalformedError("a line between chunks is too long")
        if line is None:
            return 0
        if not self._is_last:
            size = int(line[1], 16)
            self._left = size + 2 if size else 0
            self._is_last = not size
            self._beside += min(size, LINE) - length
            if self._beside < 0:
                raise MalformedError("far more chunk sizes and extensions than content")
        elif line[1] is None:
            self.done = True
        else:
            self._trailers += length
            if self._trailers > TRAILERS or line[1].lower() in _NO_TRAILERS:
                raise MalformedError("trailers that are too long, or about framing")
        return length
