"""One connection to upstream: a request, its reply, and nothing that was not asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from shim.gateway.errors import Refusal
from shim.gateway.http1.chunks import ChunkError
from shim.gateway.http1.deadlines import NEVER, Deadlines
from shim.gateway.http1.head import FIELDS, LINE, MalformedHead, ReplyHead, parse_reply
from shim.gateway.http1.wire import SLOWLY, Turns
from shim.gateway.limits import Limits
from shim.gateway.upstream import faults
from shim.gateway.upstream.response import Bounded, UpstreamResponse

INFORMATIONAL = 8
"""Informational replies (RFC 9110, 15.2) that may come before one final reply."""

_BODILESS = frozenset({204, 304})


class Owner(Protocol):
    """The pool that connections belong to."""

    loop: asyncio.AbstractEventLoop
    buffer: memoryview
    deadlines: Deadlines
    budget: Limits
    turns: Turns
    idle_timeout: float

    def release(self, connection: UpstreamConnection, *, keep: bool) -> None:
        """Take a connection back, to lend it again or to close it."""
        ...

    def lost(self, connection: UpstreamConnection) -> None:
        """Forget a connection that has ended."""
        ...


class UpstreamConnection(Bounded):
    """A connection that sends one request at a time.

    Bytes that arrive while no request is in flight, or behind a reply, end it: they would be taken for the reply to
    somebody else's request. ``heard`` says that something of the present reply has arrived. What has not come ``until``
    a time of the loop's clock raises TimeoutError for whoever waits for it.
    """

    __slots__ = (
        "_informational", "_is_head", "_is_sending", "_keep", "_pool", "_response", "_waiter", "born", "due", "heard",
        "in_use", "until",
    )  # fmt: skip

    def __init__(self, pool: Owner) -> None:
        super().__init__(pool.loop, pool.buffer)
        self._pool = pool
        self._response: UpstreamResponse | None = None
        self._waiter: asyncio.Future[UpstreamResponse] | None = None
        self._informational = 0
        self._is_head = False
        self._is_sending = False
        self._keep = True
        self.until = NEVER
        self.in_use = False
        self.heard = False
        self.born = pool.deadlines.now()
        self.due = NEVER

    # The sender's side.

    async def request(
        self, head: bytes, method: str, body: bytes | None, stream: AsyncIterator[bytes] | None, *, chunked: bool
    ) -> UpstreamResponse:
        """Send one request and return its reply's head; raises Refusal if no reply comes, or the content breaks.

        An answer may come before all of a ``stream`` was sent: then the rest isn't, and the connection is not kept.
        """
        waiter: asyncio.Future[UpstreamResponse] = self._loop.create_future()
        self._waiter = waiter
        self._is_head = method == "HEAD"
        self._keep, self.heard, self._informational, self._rest = True, False, 0, b""
        self._view = self._buffer
        try:
            if stream is not None:
                return await self._send(head, stream, waiter, chunked=chunked)
            self.write(head + body if body else head)
            self._expect()
            return await waiter
        except BaseException as error:
            if self._waiter is waiter:  # with its reply complete the connection may serve another request by now
                self.abort()
            if isinstance(error, ConnectionResetError):
                raise faults.broken(error.__cause__) from None
            raise
        finally:
            if self._waiter is waiter:
                self._waiter = None
            if waiter.done() and not waiter.cancelled():
                waiter.exception()

    async def _send(
        self, head: bytes, stream: AsyncIterator[bytes], waiter: asyncio.Future[UpstreamResponse], *, chunked: bool
    ) -> UpstreamResponse:
        """Send a request with streamed content until there is an answer, and return that."""
        self._is_sending = True
        pump = self._loop.create_task(self._pump(head, stream, chunked=chunked))
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

    async def _pump(self, head: bytes, stream: AsyncIterator[bytes], *, chunked: bool) -> None:
        """Send a request whose content arrives piece by piece, no faster than upstream takes it."""
        async for piece in stream:
            self.write(head + (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked and piece else piece))
            head = b""
            if self._drained is not None:
                self._expect()
                await self._drained
                if self._response is None:  # else its silence counts by now
                    self.due = self.until
        if chunked or head:
            self.write(head + b"0\r\n\r\n" if chunked else head)
        self._is_sending = False
        self._expect()

    def _expect(self) -> None:
        self.due = min(self.until, self._pool.deadlines.now() + self._pool.idle_timeout)

    def lift(self) -> None:
        """Bound what is still to come of the reply by nothing but upstream's silence."""
        if self._response is not None:
            self.until = NEVER
            if self._held:
                self.due = NEVER
            else:
                self._expect()

    def hold(self) -> None:
        """Take no more bytes from upstream; its silence is not its own then."""
        if not self._held:
            super().hold()
            self.due = self.until

    def go_on(self) -> None:
        """Take bytes from upstream again."""
        if self._held:
            is_collected = self._response is None or self._response.is_collected
            self._view = self._buffer if is_collected else self._buffer[:SLOWLY]
            super().go_on()
            self._expect()

    # The transport's side.

    def eof_received(self) -> bool:
        """End: upstream has said all that it will."""
        response = self._response
        if response is not None and response.ends_with_connection:
            self._response = None
            response.finish()
        self.abort()  # nobody answers what is still to be sent
        return False

    def connection_lost(self, exc: BaseException | None) -> None:
        """End what was going on."""
        super().connection_lost(exc)
        self._pool.lost(self)
        response, self._response = self._response, None
        if response is not None:
            response.fail(faults.ended_early(type(exc).__name__ if exc is not None else "closed"))
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(faults.broken(exc))

    def late(self) -> None:
        """End a connection that is idle for too long, whose upstream fell silent, or whose call takes too long."""
        self.due = NEVER
        if self.in_use:
            self._fail(TimeoutError() if self.until <= self._pool.deadlines.now() else faults.silent())
        else:
            self.abort()

    # What arrives.

    def take(self, data: bytes) -> None:
        """Take what arrived: a part of the reply that was asked for."""
        if self._turn is not None:
            self._rest += data
        elif self._response is not None:
            self._expect()
            self._take_content(self._response, data)
        elif self._waiter is not None and not self._waiter.done():
            self.heard = True
            if not self._is_sending:  # what comes before all was sent doesn't make the caller's silence upstream's
                self._expect()
            self._take_head(data)
        else:
            self.abort()  # nobody asked for it

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
            self._pass_over(head, data[end:])
            return
        # The final reply is for whoever waits for it, with what has come of its content.
        assert self._waiter is not None, "somebody asked"
        bodiless = self._is_head or head.status in _BODILESS
        if head.status == 204 and (head.length or head.chunked):  # it may be followed by what it must not have
            self._keep = False
        self._keep = self._keep and head.keep_alive
        self._response = response = UpstreamResponse(head, self, self._pool.budget, self._pool.turns, bodiless=bodiless)
        if self._is_sending:
            self._expect()
        if response.is_complete:
            self._finish(data, end)
        elif end < len(data):
            self._take_content(response, data, end)
        if not self._waiter.done():
            self._waiter.set_result(response)

    def _pass_over(self, head: ReplyHead, rest: bytes) -> None:
        """Take an informational reply for what it is, and the final one from what follows."""
        self._informational += 1
        if head.status == 101:
            self._fail(faults.switched())
        elif self._informational > INFORMATIONAL:
            self._fail(faults.malformed("too many informational replies"))
        elif rest:
            self._take_head(rest)

    def _take_content(self, response: UpstreamResponse, data: bytes, start: int = 0) -> None:
        try:
            stop = response.feed(data, start)
        except ChunkError as error:
            self._fail(faults.malformed(str(error)))
            return
        if response.is_complete:
            self._finish(data, stop)
        elif stop < len(data):
            self.take_later(data[stop:])

    def _finish(self, data: bytes, stop: int) -> None:
        """Release the connection after a reply, to be kept if nothing speaks against it."""
        self._response = None
        if self._held:
            self.go_on()
        # Bytes behind a reply would become the reply to the next request, and so would the rest of a request.
        self._pool.release(self, keep=self._keep and stop == len(data) and not self._is_sending)

    def _fail(self, error: Refusal | TimeoutError) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.fail(error, at_once=True)
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.abort()
