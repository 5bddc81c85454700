"""One exchange in aiohttp's terms.

    begin =Send=> request_for > [send] > received =Read=> [drain] > read > ... > response_for

``ExchangeFlow`` turns the core's commands into requests, and what came back into the core's replies, without
any I/O. ``run`` sends, reads and releases for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from aiohttp import ClientResponse, ClientResponseError, ClientSession, ClientTimeout, RequestInfo
from multidict import CIMultiDict, CIMultiDictProxy

from shim.core.content import with_content
from shim.core.messages import Answer, Command, Exchange, Outcome, Read, Reply, Send, advance
from shim.doors.aiohttp.content import CODINGS, ResponseContent, drain, put_back
from shim.doors.aiohttp.inside import made_response, show
from shim.doors.aiohttp.recognition import Asked
from shim.doors.aiohttp.rewriting import InnerRequest, inner_request
from shim.doors.aiohttp.timeouts import rest_of
from shim.doors.digest import is_stale
from shim.doors.notice import notify

RECORD = "shim"
"""The attribute of a response that holds the record of a recognised call."""


@attrs.define(eq=False)
class ExchangeFlow:
    """A retired call on its way; its body has been read if it takes part.

    ``url`` and ``options`` are what the session was called with, ``timeout`` among them, which counts from ``start``,
    by perf_counter. ``sent`` is what was sent last, ``native`` the response to that, ``head`` the same in the core's
    terms, and ``content`` what was read of it, None while nothing was.
    """

    session: ClientSession
    asked: Asked
    url: Any
    options: dict[str, Any]
    timeout: ClientTimeout
    start: float
    exchange: Exchange = attrs.field(init=False)
    sent: InnerRequest | None = attrs.field(init=False, default=None)
    native: ClientResponse | None = attrs.field(init=False, default=None)
    head: Reply = attrs.field(init=False)
    content: ResponseContent | None = attrs.field(init=False, default=None)

    def begin(self) -> Command | Outcome:
        """Warn the program, before the first byte is sent, and begin; return what to do first."""
        retired = self.asked.retired
        if retired.warns:
            notify(retired.match.operation, retired.context.settings, retired.context.clock())
        self.exchange = retired.exchange()
        return advance(self.exchange, None)

    def request_for(self, send: Send) -> InnerRequest:
        """Return the request to send; raises ServerTimeoutError when the caller's own timeouts are over."""
        later = self.sent is not None
        skipped = {*self.session.skip_auto_headers, *(self.options.get("skip_auto_headers") or ())}
        self.sent = inner_request(self.asked, self.url, self.options, skipped, send)
        method = self.sent.method
        self.sent.options["timeout"] = rest_of(self.timeout, self.start, method) if later else self.timeout
        self.options.pop("upload_tracker", None)  # it tells of one request, and refuses a second
        return self.sent

    def received(self, native: ClientResponse) -> Command | Outcome:
        """Take the response to the last request, its content unread; return what to do next."""
        self.native, self.content = native, None
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in native.raw_headers]
        self.head = Reply(native.status, tuple(lines))
        return advance(self.exchange, self.head)

    def read(self, content: ResponseContent, limit: int) -> Command | Outcome:
        """Take what was read of the last response, within ``limit`` bytes; return what to do next."""
        self.content = content
        assert self.native is not None, "what is read is the last response"
        decodes = self.options.get("auto_decompress")
        decodes = self.session.auto_decompress if decodes is None else decodes
        decoded = decodes and self.native.headers.get("Content-Encoding", "").lower() in CODINGS
        if not content.decodable:
            return advance(self.exchange, attrs.evolve(self.head, fault="the content is not what its coding says"))
        reply = with_content(self.head, [content.content], limit, complete=content.complete, decoded=decoded)
        return advance(self.exchange, reply)

    async def response_for(self, outcome: Outcome) -> ClientResponse:
        """Return the response to hand back: it shows the caller a request of their own, and the record."""
        native, info = self.native, self.info()
        if isinstance(outcome, Answer):
            response = await made_response(outcome.reply, info, self.session, native)
        else:
            assert native is not None, "only a response can be handed back"
            response = native
            if self.content is not None:
                put_back(response, self.content)
        if self.sent is not None and self.sent.rewritten:
            for seen in (response, *response.history):
                show(seen, info)
        setattr(response, RECORD, outcome.record)
        self.asked.retired.write_down(outcome.record)
        return response

    def info(self) -> RequestInfo:
        """Return the caller's own request as a response shows it: with what aiohttp and middlewares added to it."""
        url, call = self.asked.url, self.asked.retired.call
        headers = CIMultiDict(self.native.request_info.headers if self.native is not None else ())
        for name in self.sent.headers if self.sent is not None else ():
            headers.popall(name, None)
        headers.extend(self.asked.lines)
        if is_stale(headers.get("Authorization", ""), call.target):
            del headers["Authorization"]
        return RequestInfo(url.with_fragment(None), call.method, CIMultiDictProxy(headers), url)


async def run(flow: ExchangeFlow, send: Callable[[InnerRequest], Awaitable[ClientResponse]]) -> ClientResponse:
    """Run an exchange and return the response for the caller; ``send`` sends one request and reads nothing."""
    held: ClientResponse | None = None
    try:
        command = flow.begin()
        while isinstance(command, Send | Read):
            if isinstance(command, Read):
                assert held is not None, "what is read is the last response"
                command = flow.read(await drain(held, command.limit), command.limit)
            else:
                if held is not None:
                    held.release()
                held = await send(flow.request_for(command))
                command = flow.received(held)
        response = await flow.response_for(command)
        if held is not None and response is not held:
            held.release()
    except BaseException as error:
        if isinstance(error, ClientResponseError) and flow.sent is not None and flow.sent.rewritten:
            error.request_info = flow.info()
        if flow.sent is not None:
            flow.asked.retired.write_down_unanswered(error)
        if held is not None:
            held.close()
        raise
    return response
