"""What requests' prepared requests mean, in the surroundings that this process gives to a call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import attrs
from requests import PreparedRequest

from shim.core.commands import Exchange
from shim.core.context import Context
from shim.core.exchange import exchange
from shim.core.messages import Call, Headers
from shim.core.recognise import Match
from shim.core.settings import RouteWord, Settings, origin_of
from shim.dropin import runtime as process

INNER: WeakSet[PreparedRequest] = WeakSet()
"""The requests that the shim makes itself."""


@attrs.frozen
class Found:
    """A call that the shim takes part in: what it says (its body unread) and what happens with it."""

    call: Call
    match: Match
    settings: Settings
    begin: Callable[[Call], Exchange]


def recognise(request: object) -> Found | None:
    """Return what a request means when it is a retired Atlas call, else None: then nobody touches it."""
    # A Request that was not prepared has a URL too: requests says what is wrong with it.
    if not isinstance(request, PreparedRequest) or not request.url or not process.concerns(request.url):
        return None
    if request in INNER:
        return None
    now = process.current()
    call = _call_of(request)
    if now.settings.route is RouteWord.OFF or call is None or not now.settings.covers(call.origin):
        return None
    match = now.engine.recognise(call.method, call.target, call.headers)
    if match is None:
        return None
    context = Context(settings=now.settings, memory=process.MEMORY, clock=time.time, base=call.origin)
    return Found(call, match, now.settings, lambda call: exchange(match, call, context))


def _call_of(request: PreparedRequest) -> Call | None:
    """Return a request as the core sees it, None when its URL is none that can be sent."""
    try:
        parts = urlsplit(request.url or "")
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
        parts.query.encode("ascii")
        parts.path.encode("ascii")
    except ValueError:
        return None
    return Call(request.method or "", origin, request.path_url, header_lines(request.headers))


def header_lines(headers: Any) -> Headers:
    """Return field lines as text; ``headers`` is any mapping, and urllib3's keeps repeated lines apart."""
    return tuple((_text(name), _text(value)) for name, value in headers.items())


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def content_of(request: PreparedRequest) -> bytes:
    """Return a request's body, and leave a body in its place that can be read again."""
    body: Any = request.body
    if body is None:
        return b""
    if isinstance(body, str | bytes | bytearray):
        return _bytes(body)
    seek, tell = getattr(body, "seek", None), getattr(body, "tell", None)
    try:
        start = tell() if seek is not None and tell is not None else None
    except OSError:
        start = None
    read = getattr(body, "read", None)
    content = _bytes(read()) if read is not None else b"".join(map(_bytes, body))
    if seek is not None and start is not None:
        seek(start)
    else:
        request.body = content
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(content))
    return content


def _bytes(value: str | bytes | bytearray) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
