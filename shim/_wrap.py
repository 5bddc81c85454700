"""``shim.wrap``: a client or session that somebody else made serves retired calls from then on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")

WRAPS: Mapping[str, Mapping[str, str]] = {
    "aiohttp": {"ClientSession": "shim.doors.aiohttp.session"},
    "httpx": {"Client": "shim.doors.httpx_family.clients", "AsyncClient": "shim.doors.httpx_family.clients"},
    "httpx2": {"Client": "shim.doors.httpx_family.clients", "AsyncClient": "shim.doors.httpx_family.clients"},
    "requests": {"Session": "shim.doors.requests.adapter"},
    "urllib3": {"PoolManager": "shim.doors.urllib3.pools", "HTTPConnectionPool": "shim.doors.urllib3.pools"},
}
"""Library -> class -> the module whose ``wrap`` takes objects of that class and of those made from it."""


def wrap(client: T) -> T:
    """Let a client or session keep calls to retired Atlas endpoints working, and return the same object.

    Takes httpx's and httpx2's Client and AsyncClient, the sessions of requests and aiohttp, urllib3's PoolManager and
    HTTPConnectionPool, and what is made from these, such as authlib's, hishel's and requests-oauthlib's. Its class
    becomes one that is also the shim's; ``isinstance`` of its own class, its settings, mounts and authentication stay.
    Twice is as good as once, and it works beside ``shim.auto``. Copies and pickles serve retired calls too, where the
    library can make them; atlas-shim must be installed where a pickle is read. Of an object that holds a client, wrap
    that: ``shim.wrap(client.get_httpx_client())`` for openapi-python-client's, and for OpenAPI Generator's
    ``shim.wrap(api_client.rest_client.pool_manager)``.

    Raises TypeError for anything else, and SettingsError and DocumentError as the shim's own clients do.
    """
    for library, kinds in WRAPS.items():
        module = sys.modules.get(library)
        for kind, room in kinds.items() if module is not None else ():
            if isinstance(client, getattr(module, kind, ())):
                import_module(room).wrap(client)
                return client
    taken = ", ".join(f"{library}.{kind}" for library, kinds in WRAPS.items() for kind in kinds)
    given = f"the class {client.__name__}" if isinstance(client, type) else f"a {type(client).__name__}"
    raise TypeError(
        f"shim.wrap takes a client or session ({taken}, and what is made from these), not {given}; "
        "of an object that holds one, such as a generated ApiClient, wrap the one that it holds"
    )
