"""What a reply announces to a client or transport that has no part in the call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shim.dropin.announced import LENGTHS, take
from shim.dropin.recognition import NOTHING_MORE, ClientSettings
from shim.httpx_family.recognition import INNER
from shim.radar import ANNOUNCING

if TYPE_CHECKING:
    import httpx


def announces(response: httpx.Response) -> bool:
    """Tell whether a reply announces something: its lines are raw here, since looking a name up decodes them all."""
    raw = getattr(getattr(response, "headers", None), "raw", None)
    if not isinstance(raw, list):  # a mock's, perhaps
        return False
    for name, _ in raw:  # noqa: SIM110 - any() makes a generator, which costs twice as much
        if len(name) in LENGTHS and name.decode("latin-1").lower() in ANNOUNCING:
            return True
    return False


def look_at(response: httpx.Response, client: ClientSettings = NOTHING_MORE) -> None:
    """Look at the reply that a client has got."""
    if announces(response):
        take(response.headers, lambda: _asked(response.request), client)


def _asked(request: httpx.Request) -> tuple[object, object, Iterable[tuple[str, str]]]:
    return request.method, request.url, request.headers.items()


def look_below(request: httpx.Request, response: httpx.Response) -> None:
    """The same for a transport, whose responses don't know their request yet; an exchange looks at those of its own."""
    if announces(response) and INNER not in request.extensions:
        take(response.headers, lambda: _asked(request))
