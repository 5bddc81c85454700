"""A caller's connection: deadlines, a limit on how many there are, and an answer to what is not well-formed.

aiohttp's server waits for ever for a head and for a reader, and shows a traceback to the caller.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong
from aiohttp.web_protocol import RequestHandler

from shim.gateway import errors
from shim.gateway.http1.response import refuse
from shim.gateway.options import Options

log = logging.getLogger("shim.gateway")

RATE = 256
"""Bytes a second below which a caller is stalling."""

LIMITS: dict[str, Any] = {"max_line_size": 16384, "max_field_size": 32768, "max_headers": 128}
"""Bytes of the request line and of one field, and the count of fields; more is a bad request.

The first two differ, since what aiohttp says about either is the same but for the number.
"""

SURPLUS_TIME = 2.0
"""Seconds in which a connection beyond the limit must send its request, to be told that it is one too many."""

_TOKEN = re.compile(r"\n\n  b['\"][!#$%&*+.^_`|~0-9A-Za-z-]+ ")
"""A method where the parser quotes what it took for a request line."""


class Connection(RequestHandler):
    """One connection of a caller, with its own deadlines; one beyond the limit gets a refusal as its only reply.

    Content and replies that move on, at ``RATE`` at least, may take longer than the options say.
    """

    __slots__ = ("_content", "_head_timer", "_left", "_send_timer", "_server", "options")

    def __init__(self, server: Server, options: Options) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # None is what switches it off
            keepalive_timeout=options.keepalive_timeout,
            lingering_time=min(2.0, options.body_timeout),
            **LIMITS,
        )
        self.options = options
        self._server = server
        self._head_timer: asyncio.TimerHandle | None = None
        self._send_timer: asyncio.TimerHandle | None = None
        self._left = 0
        self._content: StreamReader | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection: one beyond the limit will be refused, one beyond twice the limit is dropped."""
        super().connection_made(transport)
        self._server.open += 1
        most = self.options.max_connections
        beyond = self._server.open - most
        if beyond > 0:
            self._request_handler = _surplus
            self._head_timer = self._loop.call_later(SURPLUS_TIME, self._late)
        if beyond > most:
            log.warning("dropped a connection: %s are open", self._server.open)
            self._abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count the connection no longer."""
        if self._manager is not None:
            self._server.open -= 1
        for timer in (self._head_timer, self._send_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    async def start(self) -> None:
        """Serve the connection; cut it at its end when the caller doesn't take the last reply in time."""
        transport = self.transport
        try:
            await super().start()
        finally:
            if transport is not None and transport.get_write_buffer_size():
                self._loop.call_later(self.options.send_timeout, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, and fail the content of the request in progress if that broke off.

        aiohttp 3.14 queues the error as the next request, and leaves whoever reads the content of
        this one waiting for ever. A head that isn't whole yet has its deadline from here on.
        """
        before = self._request_count
        super().data_received(data)
        if self._request_count != before:
            self._content = self._messages[-1][1]
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None
        elif data and self._head_timer is None and (self._content is None or self._content.is_eof()):
            self._head_timer = self._loop.call_later(self.options.header_timeout, self._late)
        if self._messages and self._current_request is not None:
            content = self._current_request.content
            broken = not isinstance(self._messages[-1][0], RawRequestMessage)
            if broken and not content.is_eof() and content.exception() is None:
                content.set_exception(web.RequestPayloadError())

    def pause_writing(self) -> None:
        """Stop writing until the caller has taken what it was sent, which it has ``send_timeout`` for."""
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        """Write again: the caller took what it was sent."""
        super().resume_writing()
        if self._send_timer is not None:
            self._send_timer.cancel()

    def _watch_sending(self) -> None:
        if self.transport is not None:
            self._left = self.transport.get_write_buffer_size()
            self._send_timer = self._loop.call_later(self.options.send_timeout, self._stalled)

    def _stalled(self) -> None:
        if self.transport is not None:
            if self._left - self.transport.get_write_buffer_size() >= RATE * self.options.send_timeout:
                self._watch_sending()
            else:
                log.warning("dropped a caller that does not take its reply")
                self._abort()

    def _late(self) -> None:
        """Answer 408 to what has come of a head, nothing to a surplus connection that sent nothing."""
        if self._waiter is None or self._waiter.done():
            # The request before it is still being answered.
            self._head_timer = self._loop.call_later(self.options.header_timeout, self._late)
            return
        log.info("refused a request: its head did not arrive in time")
        if self.transport is not None:
            self.transport.write(errors.raw(errors.too_late("The request's head did not arrive in time.")))
        self.force_close()

    def _process_keepalive(self) -> None:
        # A head that has begun has its own deadline.
        if self._head_timer is None:
            super()._process_keepalive()
        else:
            self._keepalive_handle = None

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature
    ) -> web.StreamResponse:
        """Answer what the parser refused, or a defect of a handler, in Atlas' shape; and close."""
        if status >= 500:
            log.error("unhandled %s", type(exc).__name__, exc_info=exc)
            return refuse(request, errors.internal())
        # The parser's message quotes the caller's bytes, which may be credentials.
        log.warning("refused a malformed request: %s", type(exc).__name__)
        return refuse(request, _refusal_of(exc))

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log what escaped both handler and error handler."""
        log.error(*args, **kw)


def _refusal_of(error: BaseException | None) -> errors.Refusal:
    """Return the answer to what the parser refused."""
    if isinstance(error, LineTooLong):
        if LIMITS["max_line_size"] in error.args:
            return errors.bad_request("The request target is too long.", 414)
        return errors.bad_request("A field of the request is too long.", 431)
    text = str(error.args[0]) if error is not None and error.args else ""
    if text.startswith("Too many headers"):
        return errors.too_many_fields()
    if isinstance(error, BadHttpMethod) and _TOKEN.search(error.message):
        # Methods are case-sensitive (RFC 9110, 9.1 and 15.6.2).
        return errors.bad_request("The method is none that this gateway knows.", 501)
    return errors.bad_request("The request is not well-formed HTTP/1.1.")


async def _surplus(request: web.BaseRequest) -> web.StreamResponse:
    refusal = errors.busy("The gateway has as many connections as it takes.", close=True)
    log.warning("refused a connection beyond the limit")
    return refuse(request, refusal)


class Server(web.Server):
    """Makes a Connection for each caller's connection; a caller that leaves cancels its handler.

    The options' ``max_connections`` are served at a time, as many again are told that they are too many,
    and the rest dropped; ``open`` counts them all.
    """

    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], options: Options | None = None
    ) -> None:
        super().__init__(handler, handler_cancellation=True)
        self.options = options or Options()
        self.open = 0

    def __call__(self) -> RequestHandler:
        """Return the protocol of a new connection."""
        return Connection(self, self.options)
