"""The gateway: an HTTP/1.1 reverse proxy that translates retired calls and streams everything else.

One call, in the order of its stations:

    ``http1.connection``    bytes become a request, within a caller's deadlines
    ``handler``             the whole way of one request, from top to bottom
    ``validation``          the request as an InboundRequest, or a refusal
    ``credentials``         who may call, and who signs
    ``exchange``            the core's exchange: what it wants sent is sent, what it wants read is read
    ``upstream.signed``     a call and its second attempts, over ``upstream.client``
    ``relay``               upstream's content, streamed to the caller
    ``http1.response``      the reply as bytes

Beside it: ``fields`` decides which field lines cross and which are added, ``errors`` are the gateway's own
answers, ``coalesce`` lets identical reads share a call, and ``in_flight`` counts requests. ``options`` are
declared once for flags, environment and file; ``reload`` makes a plan of them and the documents, and
replaces it; ``server`` is the life of a gateway. ``admin``, ``metrics``, ``openapi`` and ``inventory`` are for
the operator.

Names are loaded when they are first used, since the table of options needs nothing that the server needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shim.gateway.options import Options as Options
    from shim.gateway.options import read_options as read_options
    from shim.gateway.processes.serving import run as run
    from shim.gateway.processes.serving import serve as serve
    from shim.gateway.server import Gateway as Gateway
    from shim.gateway.server import serve_in_thread as serve_in_thread

_ROOMS = {
    "Gateway": "shim.gateway.server",
    "Options": "shim.gateway.options",
    "read_options": "shim.gateway.options",
    "run": "shim.gateway.processes.serving",
    "serve": "shim.gateway.processes.serving",
    "serve_in_thread": "shim.gateway.server",
}

__all__ = [*_ROOMS]  # noqa: PLE0604 - the literal above holds the names


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
