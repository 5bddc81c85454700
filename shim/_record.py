"""``shim.record``: the record of an exchange, from a response, result or error."""

from __future__ import annotations

from collections.abc import Mapping

from shim.core.messages import Record


def record(response: object) -> Record | None:
    """Return the record of a response; None if the shim took no part.

    ``response`` is a response of httpx, httpx2, requests, aiohttp, urllib3 or
    ``urllib.request`` (or an HTTPError of that one), however the shim was switched on,
    or the typed client's result or error: a page, each of its items (also those
    of ``iter_…``: an item has the record of its page), a single resource, or an
    AtlasError. The values inside a resource, such as its links, have no record.

    A record whose ``route`` is ``legacy`` says why a recognized call was left as it
    was: nothing was translated, and ``fields`` is empty. A call that the shim does not
    recognize has no record, nor has any call while the shim is switched off, nor an
    httpx response that was pickled, because httpx leaves its extensions behind.
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
