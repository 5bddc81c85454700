"""The gateway: an HTTP/1.1 reverse proxy that translates retired calls and streams everything else.

Read in the order a request takes: ``options`` (one table for flags, environment and files) ->
``server`` (life cycle) -> ``listening`` (sockets) -> ``protocol`` (what aiohttp must be told) ->
``intake`` (raw checks) -> ``signing`` (who may call, and who signs) -> ``handler`` (retired or not) ->
``driver`` (the core's exchange) -> ``sending`` -> ``upstream`` -> ``relay`` (both ways) -> ``wire``
(the reply as bytes). ``fields`` and ``notes`` decide which field lines cross and which are added;
``answers`` are the gateway's own errors; ``admin`` and ``metrics`` are for the operator.
"""

from __future__ import annotations

from shim.gateway.options import Options, read_options
from shim.gateway.server import Gateway, run, serve, serve_in_thread

__all__ = ["Gateway", "Options", "read_options", "run", "serve", "serve_in_thread"]
