"""The standard library's HTTP: ``urllib.request`` is served; bare ``http.client`` is not, and warned of.

There is nothing to import in their place: the drop-in is switched on for the process, or it is not. Each call of the
core's is one that the opener opens, so its handlers (proxies, cookies, authentication, redirects) work on what is
sent, and a Digest signature is made for that.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, Request

import attrs

from shim.core.content import acceptable
from shim.core.messages import Headers, Record, Reply, Send, field, framed, reason_phrase, without
from shim.doors import recognition
from shim.doors.exchange import Content, Door, drive, steps
from shim.doors.native import PIECE, ContentFile, alone, content_of, header_lines, is_served, is_stale
from shim.doors.recognition import RetiredCall
from shim.doors.uncovered import tell
from shim.origins import origin_of


def open_url(
    opener: OpenerDirector, base: Callable[..., Any], fullurl: Any, data: Any = None, *args: Any, **kwargs: Any
) -> Any:
    """Open a URL or request; a retired call is an exchange, and its response or HTTPError shows the caller's URL.

    ``base`` is ``OpenerDirector.open``, bound to the opener.
    """
    request = Request(fullurl, data) if isinstance(fullurl, str) else fullurl  # noqa: S310 - the opener looks at schemes
    if data is not None:
        request.data = data
    retired = None if is_served() or not isinstance(request, Request) else _recognise(request)
    if retired is None:
        return base(fullurl, data, *args, **kwargs)
    if retired.match.needs_body and request.data is not None:
        request.data = content_of(request.data)
        retired = retired.with_body(request.data)
    door = UrllibDoor(retired, request, lambda inner: base(inner, None, *args, **kwargs))
    response = drive(steps(door))
    if isinstance(response, HTTPError):
        raise response
    return _processed(opener, request, response) if door.is_made else response


def _recognise(request: Request) -> RetiredCall | None:
    try:
        parts = urlsplit(request.full_url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        target.encode("ascii")
    except ValueError:  # none that can be sent
        return None
    return recognition.recognise(request.get_method(), origin, target, lambda: header_lines(request.header_items()))


@attrs.define(eq=False)
class UrllibDoor(Door):
    """A retired call in urllib's terms; ``is_made`` says that its response is the shim's own."""

    own: Request
    sender: Callable[[Request], Any]
    is_made: bool = attrs.field(init=False, default=False)

    def request(self, send: Send) -> Request:
        """Copy the caller's; what must not follow a redirect, such as credentials, does not become what may."""
        own, call, sent = self.own, self.retired.call, send.call
        inner = copy.copy(own)
        inner.method = sent.method
        lines = dict(own.header_items())
        if send.rewritten:
            parts = urlsplit(own.full_url)
            inner.full_url = f"{parts.scheme}://{parts.netloc}{sent.target}"
            lines = {name.capitalize(): value for name, value in sent.headers}
            if is_stale(lines.get("Authorization", ""), sent.target):
                del lines["Authorization"]
        elif accept := field(sent.headers, "accept"):
            lines["Accept"] = accept
        if send.may_read and "Accept-encoding" in lines:
            lines["Accept-encoding"] = acceptable(lines["Accept-encoding"])
        if sent.method != call.method or sent.body != call.body:
            inner.data = sent.body
            for name in ("Content-length", "Transfer-encoding"):
                lines.pop(name, None)
        private = own.unredirected_hdrs.keys() - own.headers.keys()
        inner.headers = {name: value for name, value in lines.items() if name not in private}
        inner.unredirected_hdrs = {name: value for name, value in lines.items() if name in private}
        return inner

    def send(self, request: Request) -> Any:
        """Open it; an HTTPError is a response too."""
        try:
            return alone(self.sender, request)
        except HTTPError as error:
            return error

    def head(self, native: Any) -> Reply:
        """Return each field line."""
        return Reply(native.code, header_lines(native.headers.items()))

    def drain(self, native: Any, limit: int) -> Content:
        """Read one byte more than ``limit`` at most; raises IncompleteRead where less came than was announced."""
        content: bytes = native.read(limit + 1)
        missing, whole = getattr(native, "length", None), len(content) <= limit
        if missing and whole:
            raise IncompleteRead(content, missing)
        return Content([content], iter(partial(native.read, PIECE), b""), complete=whole)

    def close(self, native: Any) -> None:
        """Close it."""
        native.close()

    def answered(self, reply: Reply) -> Any:
        """Make one as ``http.client`` reads it."""
        self.is_made = True
        method, lines = self.own.get_method(), framed(reply, self.own.get_method())
        return _made(reply.status, reason_phrase(reply.status), lines, ContentFile([reply.body or b""]), method)

    def passed(self) -> Any:
        """Return the native response, or one that begins with what was read of it, an HTTPError if it is one."""
        native, content = self.native, self.content
        if content is None:
            return native
        # http.client has undone the chunks, and is told nothing of them a second time.
        lines = without(header_lines(native.headers.items()), ("transfer-encoding",))
        file = ContentFile(content.chunks, content.rest, native)
        response = _made(native.code, native.reason, lines, file, self.own.get_method())
        if isinstance(native, HTTPError):
            return HTTPError(native.url, native.code, native.msg, native.hdrs, response)
        return response

    def show(self, response: Any, record: Record) -> None:
        """Show the URL that was asked for, or the last one of redirects of the call itself."""
        url = self.own.full_url if self.is_made or self.sent is None or self.rewritten else self.native.url
        response.url, response.shim = url, record
        if isinstance(response, HTTPError):
            response.filename = url


class _Socket:
    """As much of a socket as ``http.client`` reads a response from."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def makefile(self, *_: Any) -> Any:
        return self._file


def _made(status: int, reason: str, lines: Headers, content: Any, method: str) -> Any:
    """Return a response as ``http.client`` reads it."""
    head = "".join([f"HTTP/1.1 {status} {reason}\r\n", *(f"{name}: {value}\r\n" for name, value in lines), "\r\n"])
    file = ContentFile([head.encode("latin-1")], iter(partial(content.read, PIECE), b""), content)
    response: Any = HTTPResponse(_Socket(file), method=method)  # type: ignore[arg-type]  # see _Socket
    response.begin()
    response.msg = response.reason  # as urllib.request has it
    return response


def _processed(opener: Any, request: Request, response: Any) -> Any:
    """Give a response of the shim's own to the opener's processors, which raise what is an error.

    But not for what would have the caller's request sent once more: credentials were asked for already.
    """
    if response.status in {401, 407}:
        raise HTTPError(request.full_url, response.status, response.reason, response.headers, response)
    for processor in opener.process_response.get(request.type, ()):
        response = getattr(processor, f"{request.type}_response")(request, response)
    return response


def endheaders(connection: HTTPConnection, send: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Send the head of a request and what follows, after telling of it if it is a retired call that nobody serves."""
    _look_at(connection)
    send(*args, **kwargs)


def _look_at(connection: HTTPConnection) -> None:
    buffer: list[bytes] = getattr(connection, "_buffer", [])  # where the head is kept until then, line by line
    method, _, rest = (buffer[0] if buffer else b"").decode("latin-1").partition(" ")
    target = rest.rpartition(" ")[0]

    def lines() -> Headers:
        pairs = [line.decode("latin-1").partition(":") for line in buffer[1:]]
        return tuple([(name, value.strip()) for name, _, value in pairs])

    host, port = getattr(connection, "_tunnel_host", None), getattr(connection, "_tunnel_port", None)
    if not host:
        host, port = connection.host, connection.port
    scheme = "https" if isinstance(connection, HTTPSConnection) else "http"
    host = f"[{host}]" if ":" in host else host
    tell("http.client", method, target if "://" in target else f"{scheme}://{host}:{port}{target}", lines)
