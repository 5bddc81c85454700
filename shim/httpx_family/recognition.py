"""Which of httpx's requests are retired calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shim.core.messages import Headers
from shim.dropin import recognition
from shim.dropin.recognition import NOTHING_MORE, ClientSettings, RetiredCall
from shim.dropin.runtime import concerns
from shim.httpx_family.field_lines import header_lines

if TYPE_CHECKING:
    import httpx

INNER = "shim.inner"
"""The key in ``request.extensions`` of a request that the shim makes itself."""

WHOLE = "shim.whole"
"""The key in ``request.extensions`` of a request for all items of a list (``Context.whole``)."""


def origin_of(url: httpx.URL) -> str:
    """Return ``scheme://authority`` of a URL, without user information."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def recognise(
    request: httpx.Request,
    client: ClientSettings = NOTHING_MORE,
    lines_of: Callable[[httpx.Headers], Headers] = header_lines,
) -> RetiredCall | None:
    """Return what a request is when it is a retired call, its body unread, else None: then nobody touches it."""
    url = request.url
    target = url.raw_path.decode("ascii")
    if not concerns(target) or INNER in request.extensions:
        return None
    origin, whole = origin_of(url), WHOLE in request.extensions
    return recognition.recognise(request.method, origin, target, lambda: lines_of(request.headers), client, whole=whole)
