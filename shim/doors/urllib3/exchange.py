"""One exchange in urllib3's terms: the core's commands are calls of ``urlopen``, and their responses its replies."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import attrs
from urllib3 import HTTPResponse, Retry

from shim.core.content import with_content
from shim.core.messages import Answer, Exchange, Outcome, Read, Reply, Send, advance
from shim.doors.forms import header_lines
from shim.doors.nesting import serving
from shim.doors.streams import ResponseContent
from shim.doors.urllib3.recognition import CallerRequest
from shim.doors.urllib3.rewriting import inner_options, loud, show_in
from shim.doors.urllib3.streams import answered, discard, drain, held, renewed
from shim.doors.urllib3.timeouts import rest_of

Base = Callable[..., Any]
"""The ``urlopen`` in whose place ours stands, bound to its pool or manager."""


@attrs.define(eq=False)
class ExchangeFlow:
    """A retired call on its way.

    ``sent`` is what the core had sent last, ``native`` the response to that, ``head`` the same in the core's terms,
    and ``content`` what was read of it, None while nothing was.
    """

    request: CallerRequest
    base: Base
    retries: Retry
    exchange: Exchange = attrs.field(init=False)
    sent: Send | None = attrs.field(init=False, default=None)
    native: HTTPResponse | None = attrs.field(init=False, default=None)
    head: Reply = attrs.field(init=False)
    content: ResponseContent | None = attrs.field(init=False, default=None)
    start: float = attrs.field(init=False)

    def run(self) -> HTTPResponse:
        """Send, read and close until there is a response for the caller, its content unread."""
        retired, self.start = self.request.retired, time.perf_counter()
        self.exchange = retired.exchange()
        try:
            command = advance(self.exchange, None)
            while isinstance(command, Send | Read):
                command = advance(
                    self.exchange, self._send(command) if isinstance(command, Send) else self._read(command)
                )
            return self._response_for(command)
        except BaseException as error:
            show_in(error, self._own)
            if self.native is not None:
                discard(self.native)
            raise

    def _send(self, send: Send) -> Reply:
        if self.native is not None:
            discard(self.native)
            self.native = None
        request, first = self.request, self.sent is None
        self.sent = send
        url = request.prefix + send.call.target if send.rewritten else request.url
        options = inner_options(request, send, self.retries)
        if not first:
            options["timeout"] = rest_of(request, send.call.method, self.start)
        with serving():
            self.native = native = self.base(send.call.method, url, **options)
        self.content = None
        self.head = Reply(native.status, header_lines(native.headers.items()))
        return self.head

    def _read(self, read: Read) -> Reply:
        assert self.native is not None, "what is read is the last response"
        self.content = content = held(self.native) or drain(self.native, read.limit)
        return with_content(self.head, content.chunks, read.limit, complete=content.complete, decoded=content.decoded)

    def _response_for(self, outcome: Outcome) -> HTTPResponse:
        """Return the response to hand back, with URLs of the caller's own and the record."""
        native, method = self.native, self.request.method
        if isinstance(outcome, Answer):
            if native is None:
                own = {"retries": self.retries, "request_url": self.request.retired.call.target}
                response = answered(outcome.reply, None, method, **own)
            else:
                response = answered(outcome.reply, native, method)
                discard(native)
        else:
            assert native is not None, "only a response can be handed back"
            content = self.content
            response = native if content is None or content.decoded else renewed(native, content, method)
        self._show(response)
        response.shim = outcome.record  # type: ignore[attr-defined]  # the one attribute that is ours
        return response

    def _own(self, text: Any) -> Any:
        """Return a text with the caller's target in place of the one that was sent."""
        if isinstance(text, str) and self.sent is not None and self.sent.rewritten:
            return text.replace(self.sent.call.target, self.request.retired.call.target)
        return text

    def _show(self, response: HTTPResponse) -> None:
        url = response._request_url  # noqa: SLF001 - urllib3 1.26 has no other name for it
        if response.retries is not None:
            retries = loud(response.retries)
            retries.history = tuple([entry._replace(url=self._own(entry.url)) for entry in retries.history])
            response.retries = retries
        if url and self.sent is not None and self.sent.rewritten and self.sent.call.target not in url:
            url = self.sent.call.target  # it was redirected from there
        response._request_url = self._own(url)  # noqa: SLF001 - as above
