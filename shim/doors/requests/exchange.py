"""One exchange in requests' terms.

    begin =Send=> request_for > [send] > received =Read=> [drain] > read > ... > response_for

``ExchangeFlow`` turns the core's commands into requests, and what came back into the core's replies, without
any I/O. ``run`` sends, reads and closes for it.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
from requests import PreparedRequest, ReadTimeout, RequestException, Response
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from shim.core.content import with_content
from shim.core.messages import Answer, Command, Exchange, Outcome, Read, Reply, Send, advance
from shim.doors import patience
from shim.doors.forms import header_lines
from shim.doors.nesting import serving
from shim.doors.notice import notify
from shim.doors.recognition import RetiredCall
from shim.doors.requests.rewriting import InnerRequest, inner_request
from shim.doors.requests.signing import BegunExchange, Signature, begun_exchange, sign
from shim.doors.requests.streams import drain, put_back
from shim.doors.streams import ResponseContent
from shim.doors.urllib3.rewriting import show_in
from shim.doors.urllib3.streams import answered
from shim.doors.urllib3.timeouts import waits_of


@attrs.define(eq=False)
class ExchangeFlow:
    """A retired call on its way.

    ``request`` is the caller's own, signed as ``signature`` says. ``sent`` is what was sent for it last, ``native``
    the response to that, ``head`` the same in the core's terms, and ``content`` what was read of it, None while
    nothing was. ``timeout`` is the caller's, as requests takes it, and ``timeout_now`` that of the
    next request, if it is another. ``begun`` is how far preparing the request has brought the exchange, None if it
    has not.
    """

    request: PreparedRequest
    retired: RetiredCall
    signature: Signature
    timeout: object = None
    timeout_now: object = attrs.field(init=False, default=None)
    begun: BegunExchange | None = attrs.field(init=False, default=None)
    exchange: Exchange = attrs.field(init=False)
    sent: InnerRequest | None = attrs.field(init=False, default=None)
    native: Response | None = attrs.field(init=False, default=None)
    head: Reply = attrs.field(init=False)
    content: ResponseContent | None = attrs.field(init=False, default=None)
    start: float = attrs.field(init=False, factory=time.perf_counter)

    def begin(self) -> Command | Outcome:
        """Warn the program, before the first byte is sent, and begin or go on; return what to do first."""
        retired = self.retired
        if retired.warns:
            notify(retired.match.operation, retired.context.settings, retired.context.clock())
        self.begun = begun_exchange(self.request, self.retired)
        if self.begun is not None:
            self.exchange = self.begun.exchange
            return self.begun.command
        self.exchange = retired.exchange()
        return advance(self.exchange, None)

    def request_for(self, send: Send) -> PreparedRequest:
        """Return the request to send, signed for its target; raises ReadTimeout when the caller's timeouts are over."""
        first = self.sent is None
        if first and self.begun is not None and self.begun.inner is not None:
            self.sent = self.begun.inner
            self.sent.request.hooks = {"response": list(self.signature.hooks)}
        else:
            self.sent = inner_request(self.request, self.retired.call, send)
            sign(self.sent, self.signature, first=first)
        if not first:
            self._hurry(self.sent.request)
        return self.sent.request

    def _hurry(self, inner: PreparedRequest) -> None:
        """Let a request wait for no longer than what is left of the caller's own timeouts."""
        seconds, waits = waits_of(self.timeout)
        if seconds is None:
            return
        left = patience.left_of(seconds, self.start)
        if left <= 0:
            raise ReadTimeout(patience.TIMED_OUT.format(seconds), request=inner)
        safe = patience.may_be_cut_short(inner.method or "")
        self.timeout_now = tuple(patience.within(left, wait) for wait in waits) if safe else self.timeout

    def received(self, native: Response) -> Command | Outcome:
        """Take the response to the last request, its content unread; return what to do next."""
        self.native, self.content = native, None
        # urllib3 keeps repeated lines apart; an adapter may have something else below.
        below: Any = getattr(native.raw, "headers", None)
        headers = below if hasattr(below, "items") else native.headers
        self.head = Reply(native.status_code, header_lines(headers.items()))
        return advance(self.exchange, self.head)

    def read(self, content: ResponseContent, limit: int) -> Command | Outcome:
        """Take what was read of the last response, within ``limit`` bytes; return what to do next."""
        self.content = content
        reply = with_content(self.head, content.chunks, limit, complete=content.complete, decoded=content.decoded)
        return advance(self.exchange, reply)

    def response_for(self, outcome: Outcome) -> Response:
        """Return the response to hand back: it shows the caller requests and URLs of their own, and the record."""
        if isinstance(outcome, Answer):
            response = self._answered(outcome.reply)
        else:
            assert self.native is not None, "only a response can be handed back"
            response = self.native
            if self.content is not None:
                put_back(response, self.content, self.request.method)
        self._show(response)
        response.shim = outcome.record  # type: ignore[attr-defined]  # the one attribute that is ours
        response.__attrs__ = [*Response.__attrs__, "shim"]  # what is pickled
        self.retired.write_down(outcome.record)
        response.elapsed = dt.timedelta(seconds=time.perf_counter() - self.start)
        return response

    def _answered(self, reply: Reply) -> Response:
        """Return a response of the shim's own, as an adapter builds them, in place of the native one."""
        native = self.native
        kind = Response if native is None else type(native)  # an adapter may have made one of its own kind
        response = kind.__new__(kind)
        Response.__init__(response)
        if self.content is None or not self.content.decoded:  # else what it noted may come of the content
            more = vars(native).items() if native is not None else ()
            vars(response).update({name: value for name, value in more if name not in vars(response)})
        response.raw = answered(reply, getattr(native, "raw", None), self.request.method)
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict(response.raw.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.reason = response.raw.reason
        response.url = self.request.url or ""
        response.request = self.request
        if native is not None:
            native.close()
            response.history = native.history
            response.cookies = native.cookies
            if hasattr(native, "connection"):
                response.connection = native.connection
        return response

    def _show(self, response: Response) -> None:
        """Let the caller see a request and URLs of their own."""
        sent = self.sent
        for seen in (response, *response.history):
            if sent is not None and sent.rewritten:
                seen.url = self.request.url or ""
                seen.request = self.request
            elif sent is not None and seen.request is sent.request:
                seen.request = self.request
            elif sent is not None and seen.request.hooks is sent.request.hooks:
                seen.request.hooks = self.request.hooks

    def show_in(self, error: RequestException) -> None:
        """The same for an exception."""
        if error.response is not None:
            self._show(error.response)
        sent = self.sent
        if sent is not None and error.request is not None and (sent.rewritten or error.request is sent.request):
            error.request = self.request
        if sent is not None and sent.rewritten:
            for cause in error.args:  # urllib3's own, whose words are shown
                show_in(cause, partial(_with_own_target, sent.request.path_url, self.request.path_url))


def _with_own_target(sent: str, own: str, text: Any) -> Any:
    return text.replace(sent, own) if isinstance(text, str) else text


def run(flow: ExchangeFlow, send: Callable[[PreparedRequest], Response]) -> Response:
    """Run an exchange and return the response for the caller, its content unread.

    ``send`` sends one request, follows redirects, runs no hook of the caller's, and reads nothing.
    """
    held: Response | None = None
    try:
        command = flow.begin()
        while isinstance(command, Send | Read):
            if isinstance(command, Read):
                assert held is not None, "what is read is the last response"
                command = flow.read(drain(held, command.limit), command.limit)
            else:
                if held is not None:
                    held.close()
                request = flow.request_for(command)
                with serving():
                    held = send(request)
                command = flow.received(held)
        return flow.response_for(command)
    except BaseException as error:
        if isinstance(error, RequestException):
            flow.show_in(error)
        if flow.sent is not None:
            flow.retired.write_down_unanswered(error)
        if held is not None:
            held.close()
        raise
