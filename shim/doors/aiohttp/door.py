"""What aiohttp alone knows of a retired call on its way: each request is a call of the session's own method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import attrs
from aiohttp import ClientResponse, ClientResponseError, ClientSession, ClientTimeout, RequestInfo, ServerTimeoutError
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict
from yarl import URL

from shim.core.content import acceptable
from shim.core.messages import Headers, Record, Reply, Send
from shim.doors import recognition
from shim.doors.aiohttp.content import CODINGS, drain, put_back
from shim.doors.aiohttp.inside import Once, made_response, show, whole_url
from shim.doors.exchange import Content, Door, shorter, together
from shim.doors.native import is_stale
from shim.doors.process import concerns
from shim.doors.recognition import RetiredCall
from shim.origins import origin_of

RECORD = "shim"
"""The attribute of a response that holds the record of a recognised call."""

Base = Callable[..., Awaitable[ClientResponse]]
"""The method in whose place ours stands, bound to its session."""

_SENT_AGAIN = frozenset({"DELETE", "PUT"})
"""The methods of writes that aiohttp sends again by itself when a connection ends (RFC 9110, 9.2.2)."""

_DEFAULT_CODINGS = "gzip, deflate"
"""What is asked for where the caller names no coding: aiohttp would add those that can't be decoded within bounds."""


class InnerHeaders(CIMultiDict[str]):
    """The field lines of a request that the shim makes itself; they say so through whoever else wraps a session."""


@attrs.frozen(eq=False)
class CallerRequest:
    """A retired call as the caller made it.

    ``given`` is the URL that the session was given and ``url`` the one of the call: with the session's base and the
    parameters. ``lines`` are the field lines that the caller and the session name.
    """

    retired: RetiredCall
    given: URL
    url: URL
    lines: CIMultiDict[str]


def recognise(session: ClientSession, method: object, url: Any, options: Mapping[str, Any]) -> CallerRequest | None:
    """Return what a request is when it is a retired call, its body unread, else None: then nobody touches it."""
    headers = options.get("headers")
    if session.closed or not isinstance(method, str) or isinstance(headers, InnerHeaders):
        return None
    if options.get("data") is not None and options.get("json") is not None:
        return None
    try:
        given = URL(url)
        whole = whole_url(session, url)
        if not concerns(whole.raw_path):
            return None
        whole = _with_query(whole, options.get("params"))
        origin = origin_of(whole.scheme, whole.raw_host or "", whole.explicit_port)
        lines = CIMultiDict(session.headers)
        lines.update(CIMultiDict(headers or ()))
    except (AssertionError, TypeError, ValueError):  # aiohttp says what is wrong with it
        return None
    retired = recognition.recognise(method.upper(), origin, whole.raw_path_qs, lambda: _header_lines(lines.items()))
    return None if retired is None else CallerRequest(retired, given, whole, lines)


def _header_lines(lines: Iterable[tuple[str, str]]) -> Headers:
    return tuple([(str(name), str(value)) for name, value in lines])


def _with_query(url: URL, params: Any) -> URL:
    """Return a URL with more parameters, as ``extend_query`` of newer versions of yarl does."""
    if not params:
        return url
    query = MultiDict(url.query)
    query.extend(url.with_query(params).query)
    return url.with_query(query)


@attrs.define(eq=False)
class AiohttpDoor(Door):
    """A retired call in aiohttp's terms.

    ``url`` and ``options`` are what the session was called with; ``timeout`` counts from ``start``. ``inner`` is what
    it was called with last for the shim.
    """

    session: ClientSession
    base: Base
    asked: CallerRequest
    url: Any
    options: dict[str, Any]
    timeout: ClientTimeout
    inner: dict[str, Any] = attrs.field(init=False)

    def request(self, send: Send) -> dict[str, Any]:
        """Leave fields that aiohttp adds to it, but for those that nobody is to add.

        What the session has among its own fields can be replaced, yet not be left out.
        """
        sent, call, options = send.call, self.retired.call, self.options
        skipped = {str(name).lower() for name in (*self.session.skip_auto_headers, *_skipped(options))}
        same_body = sent.method == call.method and sent.body == call.body
        headers = InnerHeaders()
        for name, value in sent.headers:
            kind = name.lower()
            if not same_body and kind in {"content-length", "transfer-encoding"}:
                continue
            if send.rewritten and kind == "authorization" and is_stale(value, sent.target):
                continue
            headers.add(name, acceptable(value) if kind == "accept-encoding" and send.may_read else value)
        if send.may_read and "accept-encoding" not in headers and "accept-encoding" not in skipped:
            headers["Accept-Encoding"] = _DEFAULT_CODINGS
        inner = {**options, "headers": headers, "raise_for_status": False, "timeout": self.timeout}
        options.pop("upload_tracker", None)  # it tells of one request, and refuses a second
        if not same_body:
            inner |= {"data": sent.body, "json": None, "chunked": None, "compress": None, "expect100": False}
        url = self.url
        if send.rewritten:
            inner["params"] = None
            # A relative one where a relative one was given, as sessions with a base want.
            whole = self.asked.url
            base = f"{whole.scheme}://{whole.raw_authority}" if self.asked.given.scheme else ""
            url = URL(base + sent.target, encoded=True)
        self.inner = {**inner, "method": sent.method, "str_or_url": url}
        return self.inner

    def seconds(self) -> float | None:
        """Read the total, or what connecting and reading may take together."""
        timeout = self.timeout
        connect = timeout.connect or timeout.sock_connect
        return timeout.total or together(read=timeout.sock_read, connect=connect) or None

    def within(self, left: float) -> None:
        """Shorten the one that bounds the call."""
        timeout = self.timeout
        shortened = {"total": left} if timeout.total else {"sock_read": shorter(left, timeout.sock_read)}
        self.inner["timeout"] = attrs.evolve(timeout, **shortened)

    def timed_out(self, words: str) -> Exception:
        """Return a ServerTimeoutError."""
        return ServerTimeoutError(words)

    async def send(self, request: dict[str, Any]) -> ClientResponse:
        """Call the session's own method; a write is not sent again by aiohttp itself."""
        options = {**request}
        method = options.pop("method")
        call = self.base(method, options.pop("str_or_url"), **options)
        return await (Once(self.session, call) if method in _SENT_AGAIN else call)

    def head(self, native: ClientResponse) -> Reply:
        """Return each field line as it came."""
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in native.raw_headers]
        return Reply(native.status, tuple(lines))

    async def drain(self, native: ClientResponse, limit: int) -> Content:
        """Read content, which aiohttp may have decoded."""
        content = await drain(native, limit)
        decodes = self.options.get("auto_decompress")
        decodes = self.session.auto_decompress if decodes is None else decodes
        content.decoded = decodes and native.headers.get("Content-Encoding", "").lower() in CODINGS
        return content

    async def close(self, native: ClientResponse) -> None:
        """Release it."""
        native.release()

    async def answered(self, reply: Reply) -> ClientResponse:
        """Make one of the session's kind."""
        return await made_response(reply, self._info(), self.session, self.native)

    def passed(self) -> ClientResponse:
        """Return the native response."""
        native: ClientResponse = self.native
        if self.content is not None:
            put_back(native, self.content)
        return native

    def show(self, response: ClientResponse, record: Record) -> None:
        """Put the record into an attribute."""
        if self.rewritten:
            info = self._info()
            for seen in (response, *response.history):
                show(seen, info)
        setattr(response, RECORD, record)

    def show_error(self, error: BaseException) -> None:
        """Look at errors that name a request."""
        if isinstance(error, ClientResponseError) and self.rewritten:
            error.request_info = self._info()
            for seen in error.history:
                show(seen, error.request_info)

    def _info(self) -> RequestInfo:
        """Return the caller's own request as a response shows it: with what aiohttp and middlewares added to it."""
        url, call = self.asked.url.with_user(None), self.retired.call
        headers = CIMultiDict(self.native.request_info.headers if self.native is not None else ())
        for name in self.inner["headers"] if self.sent is not None else ():
            headers.popall(name, None)
        headers.extend(self.asked.lines)
        if is_stale(headers.get("Authorization", ""), call.target):
            del headers["Authorization"]
        return RequestInfo(url.with_fragment(None), call.method, CIMultiDictProxy(headers), url)


def _skipped(options: Mapping[str, Any]) -> Iterable[object]:
    skipped: Iterable[object] = options.get("skip_auto_headers") or ()
    return skipped
