"""Handle calls of ``urllib.request``, and warn about bare ``http.client``.

The opener opens each request of an exchange. So its handlers (proxies, cookies,
authentication, redirects) apply to the requests that are sent, and sign those with
Digest.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import OpenerDirector, Request

import attrs

from shim.core.messages import (
    Headers,
    Record,
    Reply,
    Send,
    framed,
    reason_phrase,
    without,
)
from shim.doors.driver import drive
from shim.doors.exchange import Content, Door, steps
from shim.doors.native import PIECE, ContentFile, alone, content_of, header_lines
from shim.doors.notice import tell
from shim.doors.recognition import retired_call

_SPENT = dict.fromkeys(map(str, range(100)), 1)
"""The usual limit of redirects in an opener."""


def open_url(
    opener: OpenerDirector,
    base: Callable[..., Any],
    fullurl: Any,
    data: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Open a URL or request.

    A retired call becomes an exchange, and its response or HTTPError shows the caller's
    URL.

    ``base`` is ``OpenerDirector.open``, bound to the opener.
    """
    request = fullurl
    if isinstance(fullurl, str):
        request = Request(fullurl, data)  # noqa: S310 - the opener looks at schemes
    retired = None
    if isinstance(request, Request):
        request.data = request.data if data is None else data
        lines = lambda: header_lines(request.header_items())  # noqa: E731
        retired = drive(retired_call(request.get_method(), request.full_url, lines))
    if retired is None:
        return base(fullurl, data, *args, **kwargs)
    if retired.needs_body and request.data is not None:
        request.data = content_of(request.data)
        retired = retired.with_body(request.data)
    door = UrllibDoor(
        retired, request, lambda inner: base(inner, None, *args, **kwargs)
    )
    response = drive(steps(door))
    if isinstance(response, HTTPError):
        raise response
    if door.is_made:
        return _processed(opener, request, response)
    return response


@attrs.define(eq=False)
class UrllibDoor(Door):
    """A retired call in urllib's terms."""

    own: Request
    sender: Callable[[Request], Any]
    is_made: bool = attrs.field(init=False, default=False)
    """Whether the shim wrote its response."""

    def request(self, send: Send) -> Request:
        """Copy the caller's request.

        Fields that must not follow a redirect, such as credentials, stay separate.
        """
        own = self.own
        sent = send.call
        lines, same_body = self.lines(send)
        inner = copy.copy(own)
        inner.method = sent.method
        inner.full_url = self.url_sent(send, own.full_url)
        if not same_body:
            inner.data = sent.body
        fields = {name.capitalize(): value for name, value in lines}
        private = own.unredirected_hdrs.keys() - own.headers.keys()
        inner.headers = {
            name: value for name, value in fields.items() if name not in private
        }
        inner.unredirected_hdrs = {
            name: value for name, value in fields.items() if name in private
        }
        return inner

    def send(self, request: Request) -> Any:
        if not self.follows:
            request.redirect_dict = _SPENT  # type: ignore[attr-defined]  # HTTPRedirectHandler's count
        try:
            return alone(self.sender, request)
        except HTTPError as error:
            return error

    def head(self, native: Any) -> Reply:
        return Reply(native.code, header_lines(native.headers.items()))

    def unread(self, native: Any) -> Content:
        return Content(rest=_pieces(native))

    def answered(self, reply: Reply) -> Any:
        self.is_made = True
        method = self.own.get_method()
        lines = framed(reply, self.own.get_method())
        return _made(
            reply.status,
            reason_phrase(reply.status),
            lines,
            ContentFile([reply.body or b""]),
            method,
        )

    def passed(self) -> Any:
        """Return the native response, or one that begins with the part that was read.

        Raises HTTPError for an error.
        """
        native = self.native
        content = self.content
        if content is None:
            return native
        # http.client has already removed the chunked coding.
        lines = without(header_lines(native.headers.items()), ("transfer-encoding",))
        file = ContentFile(content.chunks, content.rest, native)
        response = _made(native.code, native.reason, lines, file, self.own.get_method())
        if isinstance(native, HTTPError):
            return HTTPError(native.url, native.code, native.msg, native.hdrs, response)
        return response

    def show(self, response: Any, record: Record) -> None:
        """Set the URL that the caller requested, or that a redirect ended at."""
        if self.is_made or self.sent is None or self.rewritten:
            url = self.own.full_url
        else:
            url = self.native.url
        response.url = url
        response.shim = record
        if isinstance(response, HTTPError):
            response.filename = url


def _pieces(native: Any) -> Iterator[bytes]:
    read = []
    while piece := native.read(PIECE):
        read.append(piece)
        yield piece
    if missing := getattr(native, "length", None):
        raise IncompleteRead(b"".join(read), missing)


def _made(status: int, reason: str, lines: Headers, content: Any, method: str) -> Any:
    """Return a response as ``http.client`` reads it, from a stand-in for a socket."""
    head = "".join(
        [
            f"HTTP/1.1 {status} {reason}\r\n",
            *(f"{name}: {value}\r\n" for name, value in lines),
            "\r\n",
        ]
    )
    file = ContentFile(
        [head.encode("latin-1")], iter(partial(content.read, PIECE), b""), content
    )
    socket: Any = SimpleNamespace(makefile=lambda *_: file)
    response: Any = HTTPResponse(socket, method=method)
    response.begin()
    response.msg = response.reason  # the attribute that urllib.request sets
    return response


def _processed(opener: Any, request: Request, response: Any) -> Any:
    """Pass a response of the shim to the opener's processors, which raise errors.

    It skips statuses that would send the caller's request again, because credentials
    were already requested.
    """
    if response.status in {401, 407}:
        raise HTTPError(
            request.full_url,
            response.status,
            response.reason,
            response.headers,
            response,
        )
    for processor in opener.process_response.get(request.type, ()):
        response = getattr(processor, f"{request.type}_response")(request, response)
    return response


def endheaders(
    connection: HTTPConnection, send: Callable[..., None], *args: Any, **kwargs: Any
) -> None:
    """Send a request's head and content, after a warning for a retired call."""
    # http.client stores the lines there until then
    head: list[bytes] = getattr(connection, "_buffer", None) or [b""]
    method, _, rest = head[0].decode("latin-1").partition(" ")
    target = rest.rpartition(" ")[0]
    pairs = [line.decode("latin-1").partition(":") for line in head[1:]]
    host = getattr(connection, "_tunnel_host", None)
    port = getattr(connection, "_tunnel_port", None)
    if not host:
        host = connection.host
        port = connection.port
    if isinstance(connection, HTTPSConnection):
        scheme = "https"
    else:
        scheme = "http"
    host = f"[{host}]" if ":" in host else host
    if "://" in target:
        url = target
    else:
        url = f"{scheme}://{host}:{port}{target}"
    tell(
        "http.client",
        method,
        url,
        tuple([(name, value.strip()) for name, _, value in pairs]),
    )
    send(*args, **kwargs)
