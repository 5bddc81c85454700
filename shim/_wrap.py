"""Wrap a client or session of another library to handle its retired calls."""

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
"""Library -> classes whose objects can be wrapped, including their subclasses.

The shim's have the same names.
"""


def wrap(client: T) -> T:
    """Handle the retired calls of a client or session, and return the same object.

    Accepts httpx's and httpx2's Client and AsyncClient, the sessions of requests and
    aiohttp, urllib3's PoolManager and HTTPConnectionPool, and instances of their
    subclasses, such as authlib's, hishel's and requests-oauthlib's. The object's class
    becomes a subclass of its own and the shim's, so ``isinstance``, settings, mounts
    and authentication are unaffected. A second call has no effect, and it works
    together with ``shim.auto``. Copies handle retired calls too, and so do pickles of a
    library's own class where atlas-shim is installed. If another object contains the
    client, wrap the client: ``shim.wrap(client.get_httpx_client())`` for
    openapi-python-client, and ``shim.wrap(api_client.rest_client.pool_manager)`` for
    OpenAPI Generator.

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
        f"shim.wrap takes a client or session ({taken}, or a subclass of one), not {given}; "
        "if an object such as a generated ApiClient contains one, wrap that"
    )
