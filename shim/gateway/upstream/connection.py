"""One connection to upstream: a request, its reply, and nothing that was not asked for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

from shim.core.messages import Reply
from shim.gateway.errors import Refusal
from shim.gateway.http1.chunks import ChunkDecoder, ChunkError
from shim.gateway.http1.deadlines import NEVER
from shim.gateway.http1.head import FIELDS, LINE, MalformedHead, ReplyHead, parse_reply
from shim.gateway.upstream import faults
from shim.gateway.upstream.response import UpstreamResponse

if TYPE_CHECKING:
    from shim.gateway.upstream.pool import Pool

INFORMATIONAL = 8
"""Informational replies (RFC 9110, 15.2) that may come before one final reply."""

_BODILESS = frozenset({204, 304})


class UpstreamConnection(asyncio.BufferedProtocol):
    """A connection that sends one request at a time.

    Bytes that arrive while no request is in flight, or behind a reply, end it: they would be taken for the reply to
    somebody else's request. ``heard`` tells that something of the present reply has arrived.
    """

    __slots__ = (
        "_decoder", "_drained", "_held", "_informational", "_is_head", "_is_sending", "_keep", "_left", "_pool",
        "_response", "_rest", "_transport", "_until_close", "_waiter", "born", "due", "heard", "in_use",
    )  # fmt: skip

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._response: UpstreamResponse | None = None
        self._waiter: asyncio.Future[UpstreamResponse] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._decoder: ChunkDecoder | None = None
        self._rest = b""
        self._left = 0
        self._until_close = False
        self._informational = 0
        self._is_head = False
        self._is_sending = False
        self._keep = True
        self._held = False
        self.in_use = False
        self.heard = False
        self.born = pool.deadlines.now()
        self.due = NEVER

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    # The sender's side.

    async def request(
        self, head: bytes, method: str, body: bytes | None, stream: AsyncIterator[bytes] | None, *, chunked: bool
    ) -> UpstreamResponse:
        """Send one request and return its reply's head; raises Refusal when there is none, or the content breaks.

        An answer may come before all of a ``stream`` was sent: then the rest isn't, and the connection is not kept.
        """
        loop = self._pool.loop
        waiter: asyncio.Future[UpstreamResponse] = loop.create_future()
        self._waiter = waiter
        self._is_head = method == "HEAD"
        self._keep, self.heard, self._informational, self._rest = True, False, 0, b""
        try:
            if stream is None:
                self._write(head + body if body else head)
                self._expect()
                return await waiter
            self._is_sending = True
            pump = loop.create_task(self._pump(head, stream, chunked=chunked))
            try:
                await asyncio.wait((pump, waiter), return_when=asyncio.FIRST_COMPLETED)
                if not waiter.done():
                    pump.result()
                return await waiter
            finally:
                if not pump.done():
                    pump.cancel()
                    await asyncio.wait((pump,))
                elif not pump.cancelled():
                    pump.exception()
        except BaseException:
            if self._waiter is waiter:  # with its reply complete the connection may serve another request by now
                self.give_up()
            raise
        finally:
            if self._waiter is waiter:
                self._waiter = None
            if waiter.done() and not waiter.cancelled():
                waiter.exception()

    async def _pump(self, head: bytes, stream: AsyncIterator[bytes], *, chunked: bool) -> None:
        """Send a request whose content arrives piece by piece, no faster than upstream takes it."""
        async for piece in stream:
            data = b"%x\r\n%b\r\n" % (len(piece), piece) if chunked and piece else piece
            self._write(head + data)
            head = b""
            if self._drained is not None:
                self._expect()
                await self._drained
                if self._response is None:  # else its silence counts by now
                    self.due = NEVER
        if chunked or head:
            self._write(head + b"0\r\n\r\n" if chunked else head)
        self._is_sending = False
        self._expect()

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise faults.unanswered("closed")
        self._transport.write(data)

    def _expect(self) -> None:
        self.due = self._pool.deadlines.now() + self._pool.idle_timeout

    # The reply's side.

    def hold(self) -> None:
        """Take no more bytes from upstream; its silence is not its own then."""
        if self._transport is not None and not self._held:
            self._held = True
            self._transport.pause_reading()
            self.due = NEVER

    def go_on(self) -> None:
        """Take bytes from upstream again."""
        if self._transport is not None and self._held:
            self._held = False
            self._transport.resume_reading()
            self._expect()

    def give_up(self) -> None:
        """End the connection at once: what is still to come is nobody's."""
        if self._transport is not None:
            self._transport.abort()

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to be of use."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Return where to put what arrives: one buffer for all, since it is taken out at once."""
        return self._pool.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what arrived."""
        data = bytes(self._pool.buffer[:nbytes])
        if self._response is not None:
            self._expect()
            self._take_content(data)
        elif self._waiter is not None and not self._waiter.done():
            self.heard = True
            if not self._is_sending:  # what comes before all was sent doesn't make the caller's silence upstream's
                self._expect()
            self._take_head(data)
        else:
            self.give_up()  # nobody asked for it

    def eof_received(self) -> bool:
        """End: upstream has said all that it will."""
        response = self._response
        if response is not None and self._until_close and self._is_farewell():
            self._response = None
            response.finish()
        # Nobody answers what is still to be sent. asyncio's TLS would stumble over an end within the last read.
        if self.in_use:
            self._pool.loop.call_soon(self.give_up)
        else:
            self.give_up()
        return False

    def _is_farewell(self) -> bool:
        """Tell whether it is upstream that ends: with TLS, an end of the mere connection may be anybody's doing.

        A reply without a length is cut by such an end (RFC 9112, 9.8). Not every loop keeps the two apart.
        """
        tls = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        try:
            return tls is None or not tls.read(1)
        except ssl.SSLError:  # it would wait for more
            return False

    def connection_lost(self, exc: BaseException | None) -> None:
        """End what was going on."""
        self._transport = None
        self._pool.lost(self)
        said = type(exc).__name__ if exc is not None else "closed"
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(faults.broken(exc))
            self._drained.exception()
        response, self._response = self._response, None
        if response is not None:
            response.fail(faults.ended_early(said))
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(faults.broken(exc))

    def pause_writing(self) -> None:
        """Send no more until upstream took what it was sent."""
        self._drained = self._pool.loop.create_future()

    def resume_writing(self) -> None:
        """Send again."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def late(self) -> None:
        """End a connection that is idle for too long, or whose upstream fell silent."""
        self.due = NEVER
        if self.in_use:
            self._fail(faults.silent())
        else:
            self.give_up()

    # What arrives.

    def _take_head(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        end = data.find(b"\r\n\r\n") + 4
        if (len(data) if end < 4 else end) > LINE + FIELDS:
            self._fail(faults.large_head())
            return
        if end < 4:
            self._rest = data
            if data.count(b"\n") != data.count(b"\r\n") or not b"HTTP/1.".startswith(data[:7]):
                self._fail(faults.malformed("no head of HTTP/1.1"))
            return
        self._rest = b""
        try:
            head = parse_reply(data if end == len(data) else data[:end])
        except MalformedHead as error:
            self._fail(faults.malformed(str(error)))
            return
        if head.status < 200:
            self._informational += 1
            if head.status == 101:
                self._fail(faults.switched())
            elif self._informational > INFORMATIONAL:
                self._fail(faults.malformed("too many informational replies"))
            elif end < len(data):
                self._take_head(data[end:])
            return
        self._begin(head, data, end)

    def _begin(self, head: ReplyHead, data: bytes, end: int) -> None:
        """Hand a final reply to whoever waits for it, with what has come of its content."""
        assert self._waiter is not None, "somebody asked"
        response = UpstreamResponse(Reply(head.status, head.headers), head.reason, self, self._pool.budget)
        response.announces = head.announces
        self._keep = self._keep and head.keep_alive
        self._decoder = ChunkDecoder() if head.chunked else None
        self._left = head.length or 0
        self._until_close = head.length is None and not head.chunked
        self._response = response
        if self._is_sending:
            self._expect()
        if self._is_head or head.status in _BODILESS:
            if head.status == 204 and (head.length or head.chunked):  # it may be followed by what it must not have
                self._keep = False
            self._finish(data, end)
        elif end < len(data) or head.length == 0:
            self._take_content(data[end:])
        if not self._waiter.done():
            self._waiter.set_result(response)

    def _take_content(self, data: bytes) -> None:
        response = self._response
        assert response is not None, "a reply is on its way"
        if self._decoder is not None:
            pieces: list[bytes] = []
            try:
                stop = self._decoder.feed(data, 0, pieces)
            except ChunkError as error:
                self._fail(faults.malformed(str(error)))
                return
            for piece in pieces:
                response.feed(piece)
            if self._decoder.done:
                self._finish(data, stop)
        elif self._until_close:
            response.feed(data)
        else:
            stop = min(len(data), self._left)
            self._left -= stop
            if stop:
                response.feed(data if stop == len(data) else data[:stop])
            if not self._left:
                self._finish(data, stop)

    def _finish(self, data: bytes, stop: int) -> None:
        """End the reply, and keep the connection if nothing speaks against it."""
        response, self._response = self._response, None
        assert response is not None, "a reply is on its way"
        response.finish()
        self.go_on()
        # Bytes behind a reply would become the reply to the next request, and so would the rest of a request.
        self._pool.release(self, keep=self._keep and stop == len(data) and not self._is_sending)

    def _fail(self, error: Refusal) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.fail(error, at_once=True)
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.give_up()
