"""Which of httpx's requests are retired calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shim.core.messages import Headers
from shim.doors import recognition
from shim.doors.process import concerns
from shim.doors.recognition import NOTHING_MORE, ClientSettings, RetiredCall

if TYPE_CHECKING:
    import httpx

INNER = "shim.inner"
"""The key in ``request.extensions`` of a request that the shim makes itself."""

WHOLE = "shim.whole"
"""The key in ``request.extensions`` of a request for all items of a list (``Context.whole``)."""


def header_lines(headers: httpx.Headers) -> Headers:
    """Return field lines as text, one character for one byte, so that they can be turned back exactly."""
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw])


def origin_of(url: httpx.URL) -> str:
    """Return ``scheme://authority`` of a URL, without user information."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def recognise(request: httpx.Request, client: ClientSettings = NOTHING_MORE) -> RetiredCall | None:
    """Return what a request is when it is a retired call, its body unread, else None: then nobody touches it."""
    url = request.url
    target = url.raw_path.decode("ascii")
    if not concerns(target) or INNER in request.extensions:
        return None
    origin, whole = origin_of(url), WHOLE in request.extensions
    return recognition.recognise(
        request.method, origin, target, lambda: header_lines(request.headers), client, whole=whole
    )
