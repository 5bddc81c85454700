"""The gateway: an HTTP/1.1 reverse proxy that translates retired calls and streams everything else.

Read in the order a request takes: ``options`` (one table for flags, environment and files) ->
``server`` (life cycle) -> ``listening`` (sockets) -> ``protocol`` (what aiohttp must be told) ->
``intake`` (raw checks) -> ``signing`` (who may call, and who signs) -> ``handler`` (retired or not) ->
``driver`` (the core's exchange) -> ``sending`` -> ``upstream`` -> ``relay`` (both ways) -> ``wire``
(the reply as bytes). ``fields`` and ``notes`` decide which field lines cross and which are added;
``deadlines`` is how long a caller may take, ``faults`` what upstream's failures are called, and
``answers`` are the gateway's own errors; ``reload`` replaces options and documents, ``coalesce`` lets
reads share a call; ``admin``, ``openapi``, ``metrics`` and ``announced`` are for the operator.

Names are loaded when they are first used: the table of options needs none of what the server needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shim.gateway.options import Options as Options
    from shim.gateway.options import read_options as read_options
    from shim.gateway.server import Gateway as Gateway
    from shim.gateway.server import run as run
    from shim.gateway.server import serve as serve
    from shim.gateway.server import serve_in_thread as serve_in_thread

_ROOMS = {
    "Gateway": "shim.gateway.server",
    "Options": "shim.gateway.options",
    "read_options": "shim.gateway.options",
    "run": "shim.gateway.server",
    "serve": "shim.gateway.server",
    "serve_in_thread": "shim.gateway.server",
}

__all__ = [*_ROOMS]  # noqa: PLE0604 - the literal above holds the names


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
