"""What an opener of ``urllib.request`` does differently: each call of the core's is one that it opens.

So its handlers (proxies, cookies, authentication, redirects) work on what is sent, and a Digest signature is made
for that. ``base`` is ``OpenerDirector.open``, bound to the opener.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from http.client import HTTPResponse, IncompleteRead
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, Request

from shim.core.content import acceptable, with_content
from shim.core.messages import (
    Answer,
    Headers,
    Outcome,
    Read,
    Reply,
    Send,
    advance,
    field,
    framed,
    reason_phrase,
    without,
)
from shim.doors import recognition
from shim.doors.digest import is_stale
from shim.doors.forms import content_of, header_lines
from shim.doors.nesting import is_served, serving
from shim.doors.notice import notify
from shim.doors.recognition import RetiredCall
from shim.doors.streams import PIECE, ResponseContent
from shim.origins import origin_of

Base = Callable[..., Any]


def open_url(opener: OpenerDirector, base: Base, fullurl: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Open a URL or request; a retired call is an exchange, and its response or HTTPError shows the caller's URL."""
    request = Request(fullurl, data) if isinstance(fullurl, str) else fullurl  # noqa: S310 - the opener looks at schemes
    if data is not None:
        request.data = data
    if is_served() or not isinstance(request, Request):
        return base(fullurl, data, *args, **kwargs)
    retired = _recognise(request)
    if retired is None:
        return base(fullurl, data, *args, **kwargs)
    if retired.match.needs_body and request.data is not None:
        request.data = content_of(request.data)
        retired = retired.with_body(request.data)
    notify(retired.match.operation, retired.context.settings, retired.context.clock())
    native: Any = None
    read = sent = None
    steps = retired.exchange()
    try:
        command = advance(steps, None)
        while isinstance(command, Send | Read):
            if isinstance(command, Send):
                if native is not None:
                    native.close()
                sent, read = command, None
                native = _sent(base, _inner(request, retired, sent), args, kwargs)
                head = Reply(native.code, header_lines(native.headers.items()))
                command = advance(steps, head)
            else:
                assert native is not None, "what is read is the last response"
                read = _read(native, command.limit)
                whole = len(read) <= command.limit
                command = advance(steps, with_content(head, [read], command.limit, complete=whole))
    except BaseException as error:
        retired.write_down_unanswered(error)
        if native is not None:
            native.close()
        raise
    retired.write_down(command.record)
    is_native = not isinstance(command, Answer) and sent is not None and not sent.rewritten
    response = _response_for(request, command, native, read, url=native.url if is_native else request.full_url)
    if isinstance(response, HTTPError):
        raise response
    return _processed(opener, request, response) if isinstance(command, Answer) else response


def _recognise(request: Request) -> RetiredCall | None:
    try:
        parts = urlsplit(request.full_url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        target.encode("ascii")
    except ValueError:  # none that can be sent
        return None
    return recognition.recognise(request.get_method(), origin, target, lambda: header_lines(request.header_items()))


def _inner(request: Request, retired: RetiredCall, send: Send) -> Request:
    """Return the request to open: the caller's, as far as the core's call leaves it alone."""
    call, sent = retired.call, send.call
    inner = copy.copy(request)
    inner.method = sent.method
    lines = dict(request.header_items())
    if send.rewritten:
        parts = urlsplit(request.full_url)
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
    # What must not follow a redirect, such as credentials, does not become what may.
    private = request.unredirected_hdrs.keys() - request.headers.keys()
    inner.headers = {name: value for name, value in lines.items() if name not in private}
    inner.unredirected_hdrs = {name: value for name, value in lines.items() if name in private}
    return inner


def _sent(base: Base, inner: Request, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Open a request; an HTTPError is a response too."""
    try:
        with serving():
            return base(inner, None, *args, **kwargs)
    except HTTPError as error:
        return error


def _read(native: Any, limit: int) -> bytes:
    """Read one byte more than ``limit`` at most; raises IncompleteRead where less came than was announced."""
    content: bytes = native.read(limit + 1)
    missing = getattr(native, "length", None)
    if missing and len(content) <= limit:
        raise IncompleteRead(content, missing)
    return content


def _response_for(request: Request, outcome: Outcome, native: Any, read: bytes | None, *, url: str) -> Any:
    """Return the response to hand back or, where the opener has raised it already, the HTTPError; it shows ``url``."""
    method = request.get_method()
    if isinstance(outcome, Answer):
        reply = outcome.reply
        if native is not None:
            native.close()
        content = ResponseContent([reply.body or b""])
        response = _made(reply.status, reason_phrase(reply.status), framed(reply, method), content, method)
    elif read is None:
        response = native
    else:
        # http.client has undone the chunks, and is told nothing of them a second time.
        lines = without(header_lines(native.headers.items()), ("transfer-encoding",))
        content = ResponseContent([read], iter(lambda: native.read(PIECE), b""), native)
        response = _made(native.code, native.reason, lines, content, method)
        if isinstance(native, HTTPError):
            response = HTTPError(url, native.code, native.msg, native.hdrs, response)
    response.url, response.shim = url, outcome.record
    if isinstance(response, HTTPError):
        response.filename = response.url
    return response


class _Socket:
    """As much of a socket as ``http.client`` reads a response from."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def makefile(self, *_: Any) -> Any:
        return self._file


def _made(status: int, reason: str, lines: Headers, content: Any, method: str) -> Any:
    """Return a response as ``http.client`` reads it."""
    head = "".join([f"HTTP/1.1 {status} {reason}\r\n", *(f"{name}: {value}\r\n" for name, value in lines), "\r\n"])
    pieces = iter(lambda: content.read(PIECE), b"")
    response: Any = HTTPResponse(_Socket(ResponseContent([head.encode("latin-1")], pieces, content)), method=method)  # type: ignore[arg-type]  # see _Socket
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
