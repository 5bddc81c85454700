"""httpx as the code that it shares with httpx2 needs it, and what that code does for it."""

from __future__ import annotations

from functools import partial

import httpx

from shim.doors.httpx_family import send as _family
from shim.doors.httpx_family import transports
from shim.doors.httpx_family.hooks import take as _take
from shim.doors.httpx_family.library import Library
from shim.doors.httpx_family.streams import AsyncResponseContent, ResponseContent


class _Content(ResponseContent, httpx.SyncByteStream):
    """Content of httpx's own kind."""


class _AsyncContent(AsyncResponseContent, httpx.AsyncByteStream):
    """The same for AsyncClient."""


LIBRARY = Library(httpx, _Content, _AsyncContent)

send, asend = partial(_family.send, LIBRARY), partial(_family.asend, LIBRARY)
handle, ahandle = partial(transports.handle, LIBRARY), partial(transports.ahandle, LIBRARY)
take = partial(_take, LIBRARY)
