"""A literal replacement for ``import httpx2``: ``from shim import httpx2``.

Every public name of httpx2 is here; clients and top-level functions are ours, the rest is httpx2's
own, identical objects. ``Transport`` and ``AsyncTransport`` are for programs that mount transports.
The way of a call is in ``shim.doors.httpx_family``, which httpx's door shares. Needs the extra ``httpx2``.
"""

import typing as _typing

from shim.extras import hinted as _hinted

try:
    import httpx2 as _httpx2
except ModuleNotFoundError as _error:
    raise _hinted(_error, "httpx2") from None

from httpx2 import *  # noqa: F403 - each of its versions adds public names, and a star exports them to type checkers

from shim.httpx2._api import delete as delete
from shim.httpx2._api import get as get
from shim.httpx2._api import head as head
from shim.httpx2._api import options as options
from shim.httpx2._api import patch as patch
from shim.httpx2._api import post as post
from shim.httpx2._api import put as put
from shim.httpx2._api import query as query
from shim.httpx2._api import request as request
from shim.httpx2._api import stream as stream
from shim.httpx2._clients import AsyncClient as AsyncClient
from shim.httpx2._clients import Client as Client
from shim.httpx2._transports import AsyncTransport as AsyncTransport
from shim.httpx2._transports import Transport as Transport

__all__ = ["AsyncTransport", "Transport"]
__all__ += _httpx2.__all__

if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else httpx2 has, so that reaching into it works as ever."""
        return getattr(_httpx2, name)
