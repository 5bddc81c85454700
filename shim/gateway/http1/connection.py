"""A caller's connection: one request after the other, each within its deadlines.

While a request is answered, what the caller sends beyond its content waits unparsed, and little of it is taken; so
there is one request at a time on a connection, and one task that answers them in turn.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from shim.gateway import errors
from shim.gateway.http1.content import RATE, RequestContent
from shim.gateway.http1.deadlines import NEVER
from shim.gateway.http1.head import check_beginning, parse_request
from shim.gateway.http1.request import Request

if TYPE_CHECKING:
    from shim.gateway.http1.server import PeerConnections, Server, Spareable

log = logging.getLogger("shim.gateway")

WAITING = 65536
"""Bytes that a caller may send ahead while its request is answered."""

HIGH = 65536
"""Bytes of a reply that wait to be taken by the caller before no more are written."""

LINGER = 2.0
"""Seconds in which a caller may finish sending what nobody reads, so that it gets to read its answer."""


class Connection(asyncio.BufferedProtocol):
    """One connection; a ``surplus`` one gets a refusal as its only reply.

    ``was_made`` tells that it came about; one that is ``is_void`` before that counts as ended, and ends.
    """

    __slots__ = (
        "_arrival", "_content", "_drained", "_has_begun", "_held", "_is_ending", "_left", "_peer", "_read_due",
        "_request", "_rest", "_searched", "_send_due", "_server", "_surplus", "_task", "_transport", "_waiter",
        "client", "due", "is_void", "scheme", "was_made",
    )  # fmt: skip

    def __init__(
        self, server: Server, peer: PeerConnections, arrival: Spareable | None = None, *, surplus: bool, scheme: str
    ) -> None:
        self.scheme = scheme
        self._server = server
        self._peer = peer
        self._arrival = arrival
        self._surplus = surplus
        self.was_made = False
        self.is_void = False
        self.client: str | None = None
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._request: Request | None = None
        self._content: RequestContent | None = None
        self._rest = b""
        self._searched = self._left = 0
        self._held = self._has_begun = self._is_ending = False
        self._drained: asyncio.Future[None] | None = None
        self._read_due = self._send_due = self.due = NEVER

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._transport = cast("asyncio.Transport", transport)
        if self.is_void:
            self._transport.abort()
            return
        self.was_made = True
        if self._arrival is not None:  # one of the two can be spared, and not both
            self._peer.idle.pop(self._arrival, None)
            self._arrival = None
        self._transport.set_write_buffer_limits(HIGH)
        self._server.connections.add(self)
        self._server.deadlines.watch(self)
        self._wait_for_request()

    def connection_lost(self, exc: BaseException | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Give up whatever is going on for a caller that left."""
        is_told, self._transport = self._transport is None, None  # perhaps before, see Arrival
        if is_told or self.is_void:
            return
        self._server.connections.discard(self)
        self._server.long_heads.pop(self, None)
        self._server.deadlines.forget(self)
        self._peer.idle.pop(self, None)
        self._server.left(self._peer)
        if self._task is not None:
            self._task.cancel()
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(ConnectionResetError("the caller left"))
            self._drained.exception()  # looked at, whoever waits or not

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Return where to put what arrives: one buffer for all, since it is taken out at once."""
        return self._server.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what arrived."""
        if not self._is_ending:
            self._take(bytes(self._server.buffer[:nbytes]))

    def eof_received(self) -> bool:
        """Close: a caller that says no more is taken for gone."""
        if self._transport is not None:
            self._transport.close()  # with TLS, asyncio would go on to take what is written, and drop it
        return False

    def pause_writing(self) -> None:
        """Stop writing until the caller has taken what it was sent, which it has ``send_timeout`` for."""
        self._drained = asyncio.get_running_loop().create_future()
        self._watch_sending()

    def resume_writing(self) -> None:
        """Write again: the caller took what it was sent."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        self._set_due(send=NEVER)

    # What arrives.

    def _take(self, data: bytes) -> None:
        content = self._content
        if content is not None and not content.is_complete and not self._rest:
            start = content.feed(data, 0)
            data = data[start:] if start else data
            if not data:
                return
        self._rest = self._rest + data if self._rest else data
        if self._request is None:
            self._parse()
        elif len(self._rest) > WAITING:
            self.hold()

    def _parse(self) -> None:
        """Make a request of what has arrived, if that is a whole head."""
        data = self._rest
        if data.startswith((b"\r", b"\n")):  # empty lines before a request (RFC 9112, 2.2)
            data = self._rest = data.lstrip(b"\r\n")
            self._begin_head()
            if not data:
                return
        end = data.find(b"\r\n\r\n", max(0, self._searched - 3)) + 4
        try:
            if end < 4:
                check_beginning(data)
                self._server.hold_head(self, len(data))
                self._begin_head()
                self._searched = len(data)
                return
            head = parse_request(data if end == len(data) else data[:end])
        except errors.Refusal as refusal:
            self._refuse(refusal)
            return
        self._searched, self._has_begun = 0, False
        self._server.long_heads.pop(self, None)
        content = RequestContent(head, self, self._server.options.body_timeout)
        start = content.feed(data, end) if head.has_content else end
        self._rest = data[start:]
        self._content = content
        self._peer.idle.pop(self, None)
        self._set_due(read=NEVER)
        self._request = Request(head, content, self.scheme, self._peer.address, self)
        if self._task is None:
            self._task = self._server.loop.create_task(self._serve())
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _begin_head(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._set_due(read=self._server.deadlines.now() + self._server.options.header_timeout)

    def _wait_for_request(self) -> None:
        patience = LINGER
        if not self._surplus:
            self._peer.idle[self] = None
            patience = self._server.options.keepalive_timeout
        self._set_due(read=self._server.deadlines.now() + patience)

    # One request after the other.

    async def _serve(self) -> None:
        while self._transport is not None:
            if self._request is None:
                self._waiter = self._server.loop.create_future()
                await self._waiter
                continue
            request = self._request
            await self._answer(request)
            if not (request.whole and request.keep_alive):
                self.close()
                return
            self._request = self._content = None
            self._wait_for_request()
            self.go_on()
            if self._rest:
                self._parse()
                if self._request is not None and len(self._rest) > WAITING:
                    self.hold()

    async def _answer(self, request: Request) -> None:
        try:
            if request.content.error is not None:
                log.info("refused a request: %s", request.content.error.detail)
                request.refuse(self._server.refused(request.content.error))
            elif self._surplus:
                log.warning("refused a connection beyond the limit")
                request.refuse(self._server.refused(errors.crowded()))
            else:
                await self._server.handler(request)
            await self.flushed()
        except ConnectionResetError:
            self.abort()
        except Exception as error:
            log.exception("unhandled %s", type(error).__name__)
            if request.status is None and self._transport is not None and not self._transport.is_closing():
                request.refuse(errors.internal())
            else:
                self.abort()

    def _refuse(self, refusal: errors.Refusal) -> None:
        """Answer what is no request, and end the connection."""
        # What the parser says quotes the caller's bytes, which may be credentials.
        log.warning("refused a malformed request: %s", refusal.detail)
        self._end_with(refusal)

    def _end_with(self, refusal: errors.Refusal) -> None:
        self._peer.idle.pop(self, None)
        self._rest = b""
        self._set_due(read=NEVER)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(errors.raw(self._server.refused(refusal)))
            self.close(unread=True)

    # The handler's side.

    def write(self, data: bytes) -> None:
        """Send the caller something, unless it left."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the caller left")
        self._transport.write(data)

    async def flushed(self) -> None:
        """Return once the caller has taken so much that more may be written; raises ConnectionResetError."""
        if self._drained is not None:
            await self._drained

    def hold(self) -> None:
        """Take no more bytes from the caller."""
        if not self._held and self._transport is not None:
            self._held = True
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Take bytes from the caller again."""
        if self._held and self._transport is not None:
            self._held = False
            self._transport.resume_reading()

    def unsent(self) -> int:
        """Return how many bytes wait to be taken by the caller."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def close(self, *, unread: bool = False) -> None:
        """End the connection once all was sent; where bytes of the caller's are unread, once it had time to stop.

        The kernel would answer bytes that nobody reads with a reset, and that can overtake the last reply.
        """
        if self._transport is None or self._is_ending:
            return
        self._is_ending = True  # what arrives from now on is dropped
        content = self._content
        if not (unread or self._rest or (content is not None and not content.is_complete)):
            self._transport.close()
        elif not self._transport.is_closing():
            self._rest = b""
            self.go_on()
            if self._transport.can_write_eof():
                self._transport.write_eof()
            self._set_due(read=self._server.deadlines.now() + LINGER)
        if self.unsent():
            self._watch_sending()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    # Deadlines.

    def _set_due(self, *, read: float | None = None, send: float | None = None) -> None:
        if read is not None:
            self._read_due = read
        if send is not None:
            self._send_due = send
        self.due = min(self._read_due, self._send_due)

    def _watch_sending(self) -> None:
        self._left = self.unsent()
        self._set_due(send=self._server.deadlines.now() + self._server.options.send_timeout)

    def late(self) -> None:
        """End what took too long: a reply that isn't taken, a head that doesn't come, a connection without a use."""
        now = self._server.deadlines.now()
        if self._send_due <= now:
            if self._left - self.unsent() >= RATE * self._server.options.send_timeout:
                self._watch_sending()
            else:
                log.warning("dropped a caller that does not take its reply")
                self.abort()
        elif self._is_ending and self._transport is not None:
            self._set_due(read=NEVER)
            self._transport.abort() if self.unsent() else self._transport.close()
        elif not self._has_begun:
            self._set_due(read=NEVER)
            self.close()
        else:
            log.info("refused a request: its head did not arrive in time")
            self._end_with(errors.too_late("The request's head did not arrive in time."))
