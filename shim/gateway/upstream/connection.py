"""One connection to upstream: a request, and its reply as it arrives."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable

import attrs

from shim.core.content import with_content
from shim.core.messages import Call, Reply
from shim.gateway import errors
from shim.gateway.allow import READS
from shim.gateway.http1.body import BUFFERED, Body, MalformedError
from shim.gateway.http1.head import BODILESS, FIELDS, LINE, ReplyHead, parse_reply
from shim.gateway.http1.wire import NEVER, SLOWLY, turn
from shim.gateway.upstream.pool import Pool, PooledWire

# informational replies (RFC 9110, 15.2) that may come before a final one
INFORMATIONAL = 8
_QUICK = 256 * 1024  # bytes of content that are read within a few milliseconds
# About how many times as long as coded content the decoded content may be.
_GROWS = 256
_UNROUTABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


@attrs.frozen
class OutboundCall:
    """One call that is about to be sent."""

    call: Call
    rewritten: bool = False
    """Whether the caller has signed another target."""
    readable: bool = False
    """Whether its reply may be read, and so comes in a coding that can be decoded."""
    stream: AsyncIterator[bytes] | None = None
    """Content in place of the call's body; it can be sent once."""
    length: int | None = None
    """The length of the stream in bytes, if known."""
    early: UpstreamResponse | None = None
    """The reply to the same head, if that was sent before.

    It becomes the reply to the call.
    """
    until: float = NEVER
    """The loop's time from which the call is refused if the rest has not arrived."""
    on_send: Callable[[], object] = lambda: None
    """Called when the call is sent, which may be after other requests."""


class UpstreamResponse(Body):
    """A reply whose ``head`` has arrived, and its body, still coded.

    For a call that was not decided yet, ``sent`` is the head, and ``began`` is when it
    was sent, in seconds of perf_counter.
    """

    __slots__ = ("_connection", "began", "head", "sent")
    sent: bytes
    began: float

    def __init__(
        self, head: ReplyHead, connection: UpstreamConnection, *, bodiless: bool
    ) -> None:
        super().__init__(
            connection,
            0 if bodiless else head.length,
            chunked=head.chunked and not bodiless,
        )
        self.head = head
        self._connection = connection

    async def read(
        self, limit: int, take: Callable[[int], None] | None = None
    ) -> Reply:
        """Return the reply with its decoded content, or with a fault in plain words.

        ``take`` is called with the excess over each request's reservation. Long content
        is decoded in turn with others. Raises Refusal if the connection fails before
        the content's end, and any exception of ``take``.
        """
        if (content := self.whole(limit)) is not None:
            return Reply(self.head.status, self.head.headers, content)

        def count(size: int) -> None:
            if take is not None and (more := min(size, self.size - BUFFERED)) > 0:
                take(more)

        complete = (self.length or 0) <= limit and await self.collect(limit, count)
        if self.size * _GROWS**self.head.codings > _QUICK:
            await turn(self._connection.pool.long_work)
        return with_content(self.head, self.chunks, limit, complete=complete)

    def whole(self, limit: int) -> bytes | None:
        """Return the content if it came with its head and without a coding, or None."""
        if (
            not self.is_complete
            or self.head.codings
            or self.size > min(limit, BUFFERED)
        ):
            return None
        if len(self.chunks) == 1:
            return self.chunks[0]
        return b"".join(self.chunks)

    def lift(self) -> None:
        """Lift the deadline of content that is handed on.

        Upstream must still not fall silent.
        """
        if not self.is_complete:
            self._connection.until = NEVER
            self._connection.expect()

    def close(self) -> None:
        """Give up the content.

        Its connection is closed, unless the content was complete.
        """
        if not self.is_complete and self.error is None:
            self._connection.abort()


class UpstreamConnection(PooledWire):
    """A connection that sends one request at a time.

    ``_waiter`` is set until the reply is complete. Bytes that arrive while no request
    is in flight, or behind a reply, end the connection: they would be read as the reply
    to the next request. ``heard`` means that a part of the current reply has arrived.
    After ``until``, a time of the loop's clock, waiting for a reply raises Refusal.
    """

    def __init__(self, pool: Pool[UpstreamConnection]) -> None:
        super().__init__(pool.loop, pool.buffer)
        self.pool = pool
        self._response: UpstreamResponse | None = None
        self._waiter: asyncio.Future[UpstreamResponse] | None = None
        self._method = ""
        self._is_sending = False
        self.born = pool.now()
        self.until = NEVER

    async def request(
        self, head: bytes, outbound: OutboundCall, until: float
    ) -> UpstreamResponse:
        """Send one request, and return its reply's head.

        An answer may come before all of a ``stream`` was sent. Then the rest isn't
        sent, and the connection is closed. Raises Refusal if no reply comes, or if the
        content fails.
        """
        waiter = self._waiter = self._loop.create_future()
        self._method = outbound.call.method
        self.heard = False
        self._informational = 0
        self._rest = b""
        self._view = self._buffer
        self.until = until
        pump = None
        try:
            if outbound.stream is None:
                self.write(head + outbound.call.body if outbound.call.body else head)
            else:
                self._is_sending = True
                chunked = outbound.length is None
                pump = self._loop.create_task(
                    self._pump(head, outbound.stream, waiter, chunked=chunked)
                )
            self.expect()
            response: UpstreamResponse = await waiter
        except BaseException as error:
            if (
                self._waiter is waiter
                # with its reply complete, the connection may already serve another
                # request
            ):
                self._waiter = None
                self.abort()
            if isinstance(error, ConnectionResetError):
                raise broken(None, self._method) from None
            raise
        finally:
            if pump is not None and not pump.done():
                pump.cancel()
                await asyncio.wait((pump,))
        return response

    async def _pump(
        self,
        head: bytes,
        stream: AsyncIterator[bytes],
        waiter: asyncio.Future[UpstreamResponse],
        *,
        chunked: bool,
    ) -> None:
        """Send a request whose content arrives in pieces, at upstream's pace."""
        try:
            async for piece in stream:
                self.write(
                    head
                    + (
                        b"%x\r\n%b\r\n" % (len(piece), piece)
                        if chunked and piece
                        else piece
                    )
                )
                head = b""
                await self.flushed()
            if chunked or head:
                self.write(head + b"0\r\n\r\n" if chunked else head)
            self._is_sending = False
            self.expect()
        except Exception as error:  # noqa: BLE001 - the reply's reader raises it
            if not waiter.done():
                waiter.set_exception(error)

    def expect(self) -> None:
        """Restart upstream's deadline.

        Silence doesn't count while nothing is read, or while the caller has to send.
        """
        is_callers_turn = (
            self._is_sending and self._response is None and self._drained is None
        )
        if self.held or is_callers_turn:
            patience = NEVER
        else:
            patience = self.pool.patience
        self.due = min(self.until, self.pool.now() + patience)

    def go_on(self) -> None:
        if self.held:
            is_collected = self._response is None or self._response.is_collected
            if is_collected:
                self._view = self._buffer
            else:
                self._view = self._buffer[:SLOWLY]
            super().go_on()

    def ended(self) -> None:
        """Close, because upstream sends no more; a reply without a length ends here."""
        if self._response is not None:
            self._response.finish()
        self.abort()  # upstream will not answer the rest of the request

    def lost(self, error: BaseException | None) -> None:
        self.pool.lost(self)
        if error is not None:
            said = type(error).__name__
        else:
            said = "closed"
        cut = errors.unreadable(
            "http_response_incomplete", "Upstream's reply ended early.", said
        )
        self._fail(
            broken(error, self._method) if self._response is None else cut,
            at_once=False,
        )

    def late(self) -> None:
        """Close a connection that was idle for too long, or that took too long."""
        silent = errors.too_slow(
            "http_response_timeout", "Upstream sent nothing for the configured time."
        )
        self._fail(errors.overdue() if self.until <= self.pool.now() else silent)

    def take(self, data: bytes) -> None:
        """Accept data: a part of the expected reply."""
        if self._waiter is None:
            self.abort()  # it was not requested
            return
        self.heard = True
        response = self._response
        stop = 0
        data = self._rest + data
        self._rest = b""
        try:
            if response is None:
                response, stop = self._take_head(data, self._waiter)
            if response is not None:
                stop = response.feed(data, stop)
        except errors.Refusal as refusal:
            self._fail(refusal)
        except MalformedError as error:
            detail = "Upstream's reply is not well-formed HTTP."
            self._fail(errors.unreadable("http_protocol_error", detail, str(error)))
        else:
            if response is not None and response.is_complete:
                self._waiter = self._response = None
                # Bytes after a reply would become the reply to the next request, and so
                # would the rest of a request.
                self.pool.release(
                    self, keep=self._keep and stop == len(data) and not self._is_sending
                )
                return
            self.expect()
            if stop < len(data):
                self._rest = data[stop:]
                if response is not None and stop:  # too many pieces for one turn
                    self.hold()
                    self.go_on()

    def _take_head(
        self, data: bytes, waiter: asyncio.Future[UpstreamResponse]
    ) -> tuple[UpstreamResponse | None, int]:
        """Return the reply, or None while its head is incomplete, and the bytes read.

        Informational replies are skipped.
        """
        start = 0
        while True:
            end = data.find(b"\r\n\r\n", start) + 4
            if (len(data) if end < 4 else end) - start > LINE + FIELDS:
                raise errors.unreadable(
                    "http_response_header_section_size",
                    "The head of upstream's reply is too large.",
                )
            if end < 4:
                if data.count(b"\n", start) != data.count(
                    b"\r\n", start
                ) or not b"HTTP/1.".startswith(data[start : start + 7]):
                    raise MalformedError("no head of HTTP/1.1")
                return None, start
            head = parse_reply(data[start:end])
            if head.status >= 200:
                break
            if head.status == 101:
                raise errors.unreadable(
                    "http_protocol_error",
                    "Upstream switched protocols without being asked to.",
                )
            self._informational += 1
            if self._informational > INFORMATIONAL:
                raise MalformedError("too many informational replies")
            start = end
        # A 204 may be followed by content, which it must not have.
        self._keep = head.keep_alive and not (
            head.status == 204 and (head.length or head.chunked)
        )
        self._response = UpstreamResponse(
            head, self, bodiless=self._method == "HEAD" or head.status in BODILESS
        )
        if not waiter.done():
            waiter.set_result(self._response)
        return self._response, end

    def _fail(self, error: errors.Refusal, *, at_once: bool = True) -> None:
        """Fail the call in flight; ``at_once`` drops data that has arrived."""
        response = self._response
        waiter = self._waiter
        self._response = self._waiter = None
        if response is not None:
            response.fail(error, at_once=at_once)
        elif waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.abort()


def broken(error: BaseException | None, method: str) -> errors.Refusal:
    """Return the answer for a connection that failed before the head was complete.

    None is an end without an error.
    """
    if method in READS:
        unknown = ""
    else:
        unknown = "; whether it executed the call is unknown"
    detail = f"Upstream closed the connection without a reply{unknown}."
    if error is None:
        said = "closed"
    else:
        said = type(error).__name__
    return errors.unreadable("connection_terminated", detail, said)


def unconnected(error: OSError, *, tls: bool, through_proxy: bool) -> errors.Refusal:
    """Return the answer for a connection that could not be made."""
    no_tls = "tls_protocol_error", "The TLS handshake with upstream failed."
    match error:  # the types of RFC 9209, 2.3
        case TimeoutError():
            return errors.too_slow(
                "connection_timeout",
                "Connecting to upstream took longer than the configured time.",
            )
        case socket.gaierror():
            kind = "dns_error"
            detail = "Upstream's name can't be resolved."
        case ssl.SSLCertVerificationError():
            kind = "tls_certificate_error"
            detail = "Upstream's certificate is not trusted."
        case ssl.SSLError():
            kind, detail = no_tls
        case _ if through_proxy:
            kind = "destination_unavailable"
            detail = "The proxy refused to connect to upstream."
        case ConnectionRefusedError():
            kind = "connection_refused"
            detail = "Upstream refused the connection."
        case OSError(errno=number) if number in _UNROUTABLE:
            kind = "destination_ip_unroutable"
            detail = "There is no route to upstream."
        case ConnectionError() if tls:
            kind, detail = no_tls
        case _:
            kind = "destination_unavailable"
            detail = "Connecting to upstream failed."
    return errors.unreachable(
        kind, detail, type(error).__name__ if error.errno else str(error)
    )
