"""What aiohttp's server must be told: one log line for a bad request, and no traceback to anyone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from shim.gateway import answers
from shim.gateway.wire import Wire

log = logging.getLogger("shim.gateway")

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

LIMITS: dict[str, Any] = {"max_line_size": 16384, "max_field_size": 16384, "max_headers": 128}
"""Bytes of the request line and of one field, and the count of fields; more is a bad request."""


class Connection(RequestHandler):
    """One connection of a caller."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, and fail the content of the request in progress if that broke off.

        aiohttp 3.14 queues the error as the next request, and leaves whoever reads the content of
        this one waiting for ever.
        """
        super().data_received(data)
        if self._messages and self._current_request is not None:
            content = self._current_request.content
            broken = not isinstance(self._messages[-1][0], RawRequestMessage)
            if broken and not content.is_eof() and content.exception() is None:
                content.set_exception(web.RequestPayloadError())

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
            return refuse(request, answers.internal())
        # The parser's message quotes the caller's bytes, which may be credentials.
        log.warning("refused a malformed request: %s", type(exc).__name__)
        return refuse(request, answers.bad_request("The request is not well-formed HTTP/1.1."))

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log what escaped both handler and error handler."""
        log.error(*args, **kw)


class Server(web.Server):
    """Makes a Connection for each caller's connection; a caller that leaves cancels its handler."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler, handler_cancellation=True)

    def __call__(self) -> RequestHandler:
        """Return the protocol of a new connection."""
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # None is what switches it off
            **LIMITS,
        )


def refuse(request: web.BaseRequest, refusal: answers.Refusal) -> Wire:
    """Return the gateway's own answer as a reply to this request."""
    return Wire(
        request,
        refusal.status,
        answers.lines(refusal),
        answers.content(refusal),
        close=refusal.close,
    )
