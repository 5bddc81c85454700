"""A caller's connection: one request after the other, each within its deadlines.

While a request is answered, data after its content waits unparsed, and little of it is
read.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from shim.gateway import errors
from shim.gateway.http1.body import EMPTY, RATE, Body, MalformedError
from shim.gateway.http1.callers import CallerWire
from shim.gateway.http1.clients import Clients
from shim.gateway.http1.head import check_beginning, parse_request
from shim.gateway.http1.response import Request
from shim.gateway.http1.wire import NEVER

refused_log = logging.getLogger("shim.gateway.refused")
cut_log = logging.getLogger("shim.gateway.cut")
log = logging.getLogger("shim.gateway.defect")

# Seconds between two checks whether a caller that has sent too much ahead is still
# connected.
LOOK = 1.0
WAITING = 65536  # bytes that a caller may send ahead while its request is answered
# Bytes of a reply that wait for the caller before no more are written.
HIGH = 16384
# Seconds for a caller to finish sending unread bytes, so that it reads its answer.
LINGER = 2.0
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(CallerWire):
    """One connection of an address, from its acceptance.

    Its ``set_up`` comes before its first request. Its ``verdict`` decides whether it is
    served; a surplus one gets a refusal as its only reply.
    """

    def __init__(self, clients: Clients, address: str, scheme: str) -> None:
        super().__init__(clients.loop, clients.buffer)
        self.scheme = scheme
        self.set_up: asyncio.Task[None] | None = None
        self.clients = clients
        self._task: asyncio.Task[None] | None = None
        self._next: asyncio.Future[Request] | None = None
        self._request: Request | None = None
        self._body = EMPTY
        self._left = 0
        self._begun = 0.0
        self._since = self._loop.time()
        self._is_ending = False
        self.peer, self.verdict = clients.arrived(self, address)

    @property
    def is_draining(self) -> bool:
        """Whether the gateway shuts down, so that no further request is accepted."""
        return self.clients.draining

    def made(self) -> None:
        self.set_up = None
        assert self.transport is not None, "it was made"
        if (
            self not in self.clients.connections
        ):  # it was closed to make room for another one
            self.abort()
            return
        self.transport.set_write_buffer_limits(HIGH)
        self.clients.turned_away["surplus"] += self.verdict != "served"
        self._since = self._loop.time()
        self.expect()

    def lost(self, error: BaseException | None) -> None:  # noqa: ARG002 - a caller's error changes nothing
        self.clients.left(self)
        if self._task is not None:
            self._task.cancel()
        self._task = self._request = None  # both hold the connection
        self._body = EMPTY

    def take(self, data: bytes) -> None:
        """Accept data: a request, its beginning, its content, or later data."""
        if self._is_ending:
            return
        self._rest += data
        if self._request is None:
            self._parse()
        body = self._body
        if not body.is_complete:
            stop = len(self._rest)
            if body.error is None:
                try:
                    stop = body.feed(self._rest)
                except MalformedError:
                    body.fail(
                        errors.bad_request(
                            "The framing of the request's content does not conform to HTTP/1.1."
                        )
                    )
            self._rest = self._rest[stop:]
            # too many pieces for one turn
            if self._rest and stop and not body.is_complete:
                self.hold()
                self.go_on()
        if self._request is not None and len(self._rest) > WAITING:
            self.hold()

    def _parse(self) -> None:
        """Build a request from the data that has arrived, if the head is complete."""
        clients = self.clients  # empty lines before a request (RFC 9112, 2.2)
        data = self._rest.lstrip(b"\r\n")
        end = data.find(b"\r\n\r\n") + 4
        try:
            if end < 4:
                if data:
                    check_beginning(data)
                    clients.hold_head(self, len(data))
                self._rest = data
                self._begun = self._begun or self._loop.time()
                self.expect()
                return
            head, credential = parse_request(data if end == len(data) else data[:end])
        except (
            errors.Refusal
        ) as refusal:  # without a quote of the caller's text, which may be a credential
            refused_log.warning(
                "refused a malformed request of %s: %s",
                self.peer.address,
                refusal.detail,
            )
            self._end_with(refusal)
            return
        self._begun = 0.0
        clients.long_heads.pop(self, None)
        self.peer.idle.pop(self, None)
        self.due = NEVER
        body = EMPTY
        if head.has_content:
            body = Body(
                self,
                head.length,
                chunked=head.chunked,
                patience=clients.options.client_timeout,
            )
            if head.expects_continue:
                body.on_wait = partial(self.write, CONTINUE)  # RFC 9110, 10.1.1
        self._rest = data[end:]
        self._body = body
        self._request = request = Request(head, credential, body, self)
        if self._next is None:
            self._task = self._loop.create_task(self._serve(request))
        else:
            self._next.set_result(request)
            self._next = None

    async def _serve(self, request: Request) -> None:
        """Answer one request after the other.

        Other connections get their turn before a request that was sent ahead.
        """
        while True:
            try:
                if (error := request.content.error) is not None:
                    refused_log.warning(
                        "refused a request of %s: %s", self.peer.address, error.detail
                    )
                    request.refuse(self.clients.refused(error))
                elif self.verdict != "served":
                    refused_log.warning(
                        "refused a connection of %s: beyond the limit",
                        self.peer.address,
                    )
                    request.refuse(self.clients.refused(errors.CROWDED))
                else:
                    await self.clients.handler(request)
                if self._drained is not None:
                    await self.flushed()
            except ConnectionResetError:
                self.abort()
            except Exception as error:
                log.exception("unhandled %s", type(error).__name__)
                if request.status is None and self.is_open:
                    request.refuse(errors.INTERNAL)
                else:
                    self.abort()
            if not (request.whole and request.keep_alive):
                self.close()
                return
            self._request = None
            self._body = EMPTY
            self._next = self._loop.create_future()
            self.peer.idle[self] = None
            self._since = self._loop.time()
            self.expect()
            if self._rest:
                self.hold()
                self.go_on()
            del request  # it has content
            request = await self._next

    def _end_with(self, refusal: errors.Refusal) -> None:
        """Answer a malformed request, and close the connection."""
        self.peer.idle.pop(self, None)
        if self.is_open:
            self.write(self.clients.refused(refusal).last_bytes())
            self.close(unread=True)

    def close(self, *, unread: bool = False) -> None:
        """Close the connection after all was sent.

        A caller that still sends gets time to stop, because a reset could destroy the
        reply.
        """
        if self.transport is None or self._is_ending:
            return
        self._is_ending = True  # data that arrives from now on is dropped
        if not (unread or self._rest or not self._body.is_complete):
            self.end()
        else:
            self._rest = b""
            self.go_on()
            self.end(half=True)
        self.expect()

    def abort(self) -> None:
        if self.set_up is not None:
            self.set_up.cancel()
            self.clients.left(self)  # the loop may still report a new connection
        super().abort()

    def expect(self) -> None:
        """Set the deadline for the caller's next step.

        The step is to read its reply, to stop sending, or to send a request.
        """
        options = self.clients.options
        since = self._loop.time()
        if self._drained is not None or (self._is_ending and not self.is_open):
            self._left = self.unsent()
            patience = options.client_timeout
        elif self._is_ending:
            patience = LINGER
        elif self._request is not None:
            patience = LOOK if self.held else NEVER
        elif self._begun:
            since = self._begun
            patience = options.client_timeout
        else:
            since = self._since
            if self.verdict == "served":
                patience = options.keepalive_timeout
            else:
                patience = LINGER
        self.due = since + patience

    def late(self) -> None:
        """Close connections that took too long, or whose caller left.

        They may take too long to send, to receive or to wait.
        """
        if self._drained is not None or (self._is_ending and not self.is_open):
            if self._left - self.unsent() >= RATE * self.clients.options.client_timeout:
                self.expect()
            else:
                cut_log.warning(
                    "dropped a caller that does not read its response: %s",
                    self.peer.address,
                )
                self.abort()
        elif self._is_ending:
            self.abort()
        elif self._request is not None:
            if self.has_left():
                self.abort()
            else:
                self.expect()
        elif self._begun:
            refused_log.warning(
                "refused a request of %s: its head did not arrive in time",
                self.peer.address,
            )
            self._end_with(
                errors.too_late("The request's head did not arrive in time.")
            )
        else:
            self.close()
