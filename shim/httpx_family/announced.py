"""What a reply announces to a client or transport that has no part in the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shim.dropin.announced import announces, take
from shim.dropin.recognition import NOTHING_MORE, ClientSettings
from shim.httpx_family.recognition import INNER

if TYPE_CHECKING:
    import httpx


def look_at(response: httpx.Response, client: ClientSettings = NOTHING_MORE) -> None:
    """Look at the field lines of a reply: raw, since looking a name up decodes them all."""
    headers = response.headers
    if not announces(headers.raw):
        return

    def asked() -> tuple[Any, Any, Any]:
        request = response.request
        return request.method, request.url, request.headers.items()

    take(headers, asked, client)


def look_below(request: httpx.Request, response: httpx.Response) -> None:
    """The same for a transport, whose responses don't know their request yet; an exchange looks at those of its own."""
    if INNER not in request.extensions and announces(response.headers.raw):
        take(response.headers, lambda: (request.method, request.url, request.headers.items()))
