"""One exchange in httpx's terms, for both clients and both transports.

    begin =Send=> request_for > [send] > received =Read=> [drain] > read > ... > response_for

``ExchangeFlow`` turns the core's commands into requests, and what came back into the core's replies, without
any I/O. ``run`` and ``arun`` send, read and close for it; they differ in nothing but ``await``.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from shim.core.content import with_content
from shim.core.messages import Answer, Command, Exchange, Outcome, Read, Reply, Send, advance, framed
from shim.doors import patience
from shim.doors.digest import is_stale
from shim.doors.httpx_family.library import Library
from shim.doors.httpx_family.recognition import INNER, header_lines
from shim.doors.httpx_family.rewriting import InnerRequest, inner_request
from shim.doors.httpx_family.streams import AsyncResponseContent, ResponseContent, adrain, drain
from shim.doors.notice import notify
from shim.doors.recognition import RetiredCall

if TYPE_CHECKING:
    import httpx

RECORD = "shim"
"""The key in ``response.extensions`` of the record of a recognised call."""

Content = ResponseContent | AsyncResponseContent
ContentType = type[Any]
"""A library's kind of content: one of ours and a stream of its own."""


@attrs.define(eq=False)
class ExchangeFlow:
    """A retired call on its way; its body has been read if it takes part.

    ``request`` is the caller's own. ``sent`` is what was sent for it last, ``native`` the response to that,
    ``head`` the same in the core's terms, and ``content`` what was read of it, None while nothing was.
    """

    library: Library
    request: httpx.Request
    retired: RetiredCall
    default_encoding: str | Callable[[bytes], str] = "utf-8"
    exchange: Exchange = attrs.field(init=False)
    sent: InnerRequest | None = attrs.field(init=False, default=None)
    native: httpx.Response | None = attrs.field(init=False, default=None)
    head: Reply = attrs.field(init=False)
    content: Content | None = attrs.field(init=False, default=None)
    start: float = attrs.field(init=False, factory=time.perf_counter)

    def begin(self) -> Command | Outcome:
        """Warn the program, before the first byte is sent, and begin; return what to do first."""
        retired = self.retired
        if retired.warns:
            notify(retired.match.operation, retired.context.settings, retired.context.clock())
        self.exchange = retired.exchange()
        return advance(self.exchange, None)

    def request_for(self, send: Send) -> httpx.Request:
        """Return the request to send; raises ReadTimeout when the caller's own timeouts are over."""
        later = self.sent is not None
        self.sent = inner_request(self.library, self.request, self.retired.call, send)
        if later and (timeouts := self.request.extensions.get("timeout")):
            self._hurry(self.sent.request, timeouts)
        return self.sent.request

    def _hurry(self, inner: httpx.Request, timeouts: Mapping[str, float | None]) -> None:
        """Let a request wait for no longer than what is left of the caller's own timeouts."""
        seconds = patience.together(**timeouts)
        if seconds is None:
            return
        left = patience.left_of(seconds, self.start)
        if left <= 0:
            raise self.library.module.ReadTimeout(patience.TIMED_OUT.format(seconds), request=inner)
        if patience.may_be_cut_short(inner.method):
            inner.extensions["timeout"] = {name: patience.within(left, value) for name, value in timeouts.items()}

    def received(self, native: httpx.Response) -> Command | Outcome:
        """Take the response to the last request, its content unread; return what to do next."""
        self.native, self.content = native, None
        self.head = Reply(native.status_code, header_lines(native.headers))
        return advance(self.exchange, self.head)

    def read(self, content: Content, limit: int) -> Command | Outcome:
        """Take what was read of the last response, within ``limit`` bytes; return what to do next."""
        self.content = content
        reply = with_content(self.head, content.chunks, limit, complete=content.complete, decoded=content.decoded)
        return advance(self.exchange, reply)

    def response_for(self, outcome: Outcome, content_type: ContentType) -> httpx.Response:
        """Return the response to hand back: it shows the caller requests of their own, and the record."""
        if isinstance(outcome, Answer):
            response = self._answered(outcome.reply, content_type)
        else:
            response = self._passed(content_type)
        if self.sent is None or self.sent.rewritten:
            response.request = self.request
        else:
            self.show(response)
        for earlier in response.history:
            self.show(earlier)
        if response.next_request is not None:
            response.next_request.extensions.pop(INNER, None)
        # The credentials stay on the caller's request, as with httpx, but never those for another target.
        if self.sent is not None:
            field = self.sent.request.headers.get("authorization")
            if field and not is_stale(field, self.request.url.raw_path.decode("ascii")):
                self.request.headers["Authorization"] = field
        response.extensions[RECORD] = outcome.record
        self.retired.write_down(outcome.record)
        assert isinstance(response.stream, ResponseContent | AsyncResponseContent), "either has one of ours"
        response.stream.response, response.stream.start = response, self.start
        return response

    def let_go(self, nothing: Any) -> None:
        """Cut the circle of a native response that is closed and its stream, which is work for the collector."""
        if self.native is not None and self.native.is_closed:
            self.native.stream = nothing

    def _answered(self, reply: Reply, content_type: ContentType) -> httpx.Response:
        """Return a response of the shim's own, on the connection of the native one if there was any."""
        content, native = reply.body or b"", self.native
        lines = framed(reply, self.request.method)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]
        extensions = {} if native is None else {**native.extensions}
        extensions.pop("reason_phrase", None)
        return self.library.module.Response(
            reply.status,
            headers=headers,
            stream=content_type([content] if content else []),
            request=self.request,
            extensions=extensions,
            history=[] if native is None else native.history,
            default_encoding=self.default_encoding,
        )

    def _passed(self, content_type: ContentType) -> httpx.Response:
        """Return the native response itself, or one that begins with what was read of it."""
        native = self.native
        assert native is not None, "only a response can be handed back"
        stream: Any = self.content
        if stream is None or stream.decoded:
            native.stream = content_type((), native.stream, native.stream)
            return native
        response = self.library.module.Response(
            native.status_code,
            headers=native.headers,
            stream=stream,
            request=native.request,
            extensions=native.extensions,
            history=native.history,
            default_encoding=native.default_encoding,
        )
        response.next_request = native.next_request
        return response

    def show(self, message: httpx.Response | httpx.HTTPError) -> None:
        """Let the caller see a request of their own in a response or an error, where one of ours was sent.

        The first of a chain of redirects is theirs; a later one of a rewritten call would show an
        address that they never asked for; a request that an auth flow made is what it is.
        """
        try:
            seen = message.request
        except RuntimeError:  # none is known yet
            message.request = self.request
            return
        if self.sent is None or seen is self.sent.request or (self.sent.rewritten and INNER in seen.extensions):
            message.request = self.request
        else:
            seen.extensions.pop(INNER, None)


def run(flow: ExchangeFlow, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    """Run an exchange and return the response for the caller; ``send`` sends one request and reads nothing."""
    held: httpx.Response | ResponseContent | None = None
    try:
        command = flow.begin()
        while isinstance(command, Send | Read):
            if isinstance(command, Read):
                assert held is not None, "what is read is the last response"
                assert not isinstance(held, ResponseContent), "it is read once"
                held = drain(held, command.limit, flow.library.content)
                command = flow.read(held, command.limit)
            else:
                if held is not None:
                    held.close()
                held = send(flow.request_for(command))
                command = flow.received(held)
        response = flow.response_for(command, flow.library.content)
        if held is not None and isinstance(command, Answer):
            held.close()
            flow.let_go(flow.library.nothing)
    except BaseException as error:
        if isinstance(error, flow.library.module.HTTPError):
            flow.show(error)
        if flow.sent is not None:
            flow.retired.write_down_unanswered(error)
        if held is not None:
            held.close()
        raise
    return response


async def arun(flow: ExchangeFlow, send: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> httpx.Response:
    """The same as run for AsyncClient."""
    held: httpx.Response | AsyncResponseContent | None = None
    try:
        command = flow.begin()
        while isinstance(command, Send | Read):
            if isinstance(command, Read):
                assert held is not None, "what is read is the last response"
                assert not isinstance(held, AsyncResponseContent), "it is read once"
                held = await adrain(held, command.limit, flow.library.async_content)
                command = flow.read(held, command.limit)
            else:
                if held is not None:
                    await held.aclose()
                held = await send(flow.request_for(command))
                command = flow.received(held)
        response = flow.response_for(command, flow.library.async_content)
        if held is not None and isinstance(command, Answer):
            await held.aclose()
            flow.let_go(flow.library.async_nothing)
    except BaseException as error:
        if isinstance(error, flow.library.module.HTTPError):
            flow.show(error)
        if flow.sent is not None:
            flow.retired.write_down_unanswered(error)
        if held is not None:
            await held.aclose()
        raise
    return response
