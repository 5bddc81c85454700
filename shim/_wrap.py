"""``shim.wrap``: let a client or session of somebody else's making serve retired calls."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TypeVar

from shim.doors.served import SERVED
from shim.doors.surface import become

T = TypeVar("T")

WRAPS = {
    library: [kind for kind, _ in SERVED[library]]
    for library in SERVED
    if library != "urllib.request"
}
"""Library -> classes whose objects are wrapped, and those of classes made from them; ours have the same names."""


def wrap(client: T) -> T:
    """Let a client or session keep calls to retired Atlas endpoints working, and return the same object.

    Takes httpx's and httpx2's Client and AsyncClient, the sessions of requests and
    aiohttp, urllib3's PoolManager and HTTPConnectionPool, and clients made from these,
    such as authlib's, hishel's and requests-oauthlib's. Its class becomes one that is
    also the shim's; ``isinstance`` of its own class, its settings, mounts and
    authentication stay. Twice is as good as once, and it works beside ``shim.auto``.
    Copies serve retired calls too, and pickles of a library's own class where
    atlas-shim is installed. Of an object that holds a client, wrap that:
    ``shim.wrap(client.get_httpx_client())`` for openapi-python-client's, and for
    OpenAPI Generator's ``shim.wrap(api_client.rest_client.pool_manager)``.

    Raises TypeError for anything else, and SettingsError and DocumentError as the
    shim's own clients do.
    """
    for library, kinds in WRAPS.items():
        module = sys.modules.get(library)
        for kind in kinds if module is not None else ():
            if isinstance(client, getattr(module, kind, ())):
                become(client, getattr(import_module(f"shim.{library}"), kind))
                return client
    taken = ", ".join(
        f"{library}.{kind}" for library, kinds in WRAPS.items() for kind in kinds
    )
    if isinstance(client, type):
        given = f"the class {client.__name__}"
    else:
        given = f"a {type(client).__name__}"
    raise TypeError(
        f"shim.wrap takes a client or session ({taken}, and what is made from these), not {given}; "
        "of an object that holds one, such as a generated ApiClient, wrap the one that it holds"
    )
