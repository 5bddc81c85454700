"""``shim.record``: what happened in an exchange, wherever its record was left.

A record is in ``response.extensions["shim"]`` of httpx and httpx2, in ``response.shim`` of requests, aiohttp,
urllib3 and ``urllib.request``, and in ``record`` of the typed client's results and errors. None of the libraries is
imported here: a program may use only one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shim.core.messages import Record


class HttpxResponse(Protocol):
    """What a type checker looks for in ``httpx.Response``."""

    @property
    def extensions(self) -> Mapping[str, Any]: ...


class RequestsResponse(Protocol):
    """What a type checker looks for in ``requests.Response``, whose class does not declare the attribute ``shim``."""

    @property
    def apparent_encoding(self) -> str | None: ...


class FileLikeResponse(Protocol):
    """What a type checker looks for in a response of urllib3 or ``urllib.request``, and in its HTTPError."""

    def geturl(self) -> str | None: ...


class AiohttpResponse(Protocol):
    """What a type checker looks for in ``aiohttp.ClientResponse``, whose class does not declare it either."""

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]: ...


class TypedResult(Protocol):
    """What a type checker looks for in a result of the typed client, and in an AtlasError."""

    @property
    def record(self) -> object: ...


Recorded = HttpxResponse | RequestsResponse | AiohttpResponse | FileLikeResponse | TypedResult


def record(response: Recorded) -> Record | None:
    """Return the record of a response, None where the shim took no part.

    ``response`` is a response of httpx, httpx2, requests, aiohttp, urllib3 or ``urllib.request`` (or an HTTPError of
    that one), however the shim was switched on, or what the typed client returned or raised: a page, each of its items
    (also those of ``iter_…``: an item has the record of its page), a single resource, or an AtlasError. The values
    inside a resource, such as its links, have no record.

    A record whose ``route`` is ``legacy`` says why a recognised call was left as it was: nothing was translated,
    and ``fields`` is empty. There is no record of a call that the shim does not recognise, of any call while it is
    switched off, and of an httpx response that was pickled, because httpx leaves its extensions behind.
    """
    extensions = getattr(response, "extensions", None)
    places = (
        extensions.get("shim") if isinstance(extensions, Mapping) else None,
        getattr(response, "shim", None),
        getattr(getattr(response, "raw", None), "shim", None),  # requests' adapters called without a session
        getattr(response, "record", None),
    )
    return next((found for found in places if isinstance(found, Record)), None)
