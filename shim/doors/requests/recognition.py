"""Which of requests' prepared requests are retired calls."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from requests import PreparedRequest

from shim.doors import recognition
from shim.doors.forms import content_of, header_lines
from shim.doors.process import concerns
from shim.doors.recognition import RetiredCall
from shim.origins import origin_of

INNER: WeakSet[PreparedRequest] = WeakSet()
"""The requests that the shim makes itself."""


def recognise(request: object) -> RetiredCall | None:
    """Return what a request is when it is a retired call, else None: then nobody touches it.

    Its body is read if it takes part.
    """
    # A Request that was not prepared has a URL too: requests says what is wrong with it.
    if not isinstance(request, PreparedRequest) or not request.url or not concerns(request.url):
        return None
    if request in INNER:
        return None
    try:
        parts = urlsplit(request.url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
        target = request.path_url
        target.encode("ascii")
    except ValueError:  # none that can be sent
        return None
    retired = recognition.recognise(request.method or "", origin, target, lambda: header_lines(request.headers.items()))
    if retired is not None and retired.match.needs_body:
        retired = retired.with_body(_content_of(request))
    return retired


def _content_of(request: PreparedRequest) -> bytes:
    """Return a request's body, and leave a body in its place that can be read again."""
    body: Any = request.body
    if body is None or isinstance(body, str | bytes | bytearray):
        return content_of(body)
    seek, tell = getattr(body, "seek", None), getattr(body, "tell", None)
    try:
        start = tell() if seek is not None and tell is not None else None
    except OSError:
        start = None
    content = content_of(body)
    if seek is not None and start is not None:
        seek(start)
    else:
        request.body = content
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(content))
    return content
