"""A literal replacement for ``import httpx``: ``from shim import httpx``.

Every public name of httpx is here; clients and top-level functions are ours, the rest is httpx's
own, identical objects. ``Transport`` and ``AsyncTransport`` are for programs that mount transports.

The way of a call is in ``shim.doors.httpx_family``, which httpx2's door shares.
"""

import typing as _typing

import httpx as _httpx
from httpx import *  # noqa: F403 - a star exports each version's own names to type checkers

from shim.httpx._api import delete as delete
from shim.httpx._api import get as get
from shim.httpx._api import head as head
from shim.httpx._api import options as options
from shim.httpx._api import patch as patch
from shim.httpx._api import post as post
from shim.httpx._api import put as put
from shim.httpx._api import request as request
from shim.httpx._api import stream as stream
from shim.httpx._clients import AsyncClient as AsyncClient
from shim.httpx._clients import Client as Client
from shim.httpx._transports import AsyncTransport as AsyncTransport
from shim.httpx._transports import Transport as Transport

__all__ = ["AsyncTransport", "Transport"]
__all__ += _httpx.__all__

if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else httpx has, so that reaching into it works as ever."""
        return getattr(_httpx, name)
