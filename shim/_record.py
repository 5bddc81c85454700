"""Return the record of an exchange, from a response, result or error."""

from __future__ import annotations

from collections.abc import Mapping

from shim.core.messages import Record


def record(response: object) -> Record | None:
    """Return the record of a response, or None if the shim did not handle the call.

    ``response`` is a response of httpx, httpx2, requests, aiohttp, urllib3 or
    ``urllib.request`` (or its HTTPError), however the shim was switched on. It may also
    be a result or error of the typed client: a page, each of its items (also those of
    ``iter_…``: an item has the record of its page), a single resource, or an
    AtlasError. The values inside a resource, such as its links, have no record.

    A record whose ``route`` is ``legacy`` has the reason why a recognized call was left
    unchanged: nothing was translated, and ``fields`` is empty. There is no record for a
    call that the shim does not recognize, for any call while the shim is switched off,
    or for an unpickled httpx response, because httpx does not pickle extensions.
    """
    extensions = getattr(response, "extensions", None)
    if not isinstance(extensions, Mapping):
        extensions = {}
    raw = getattr(response, "raw", None)
    places = (
        extensions.get("shim"),  # httpx, httpx2
        getattr(response, "shim", None),  # requests, aiohttp, urllib3, urllib.request
        getattr(raw, "shim", None),  # an adapter of requests, called without a session
        getattr(response, "record", None),  # the typed client
    )
    for place in places:
        if isinstance(place, Record):
            return place
    return None
