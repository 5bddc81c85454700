"""httpx2 as the code that it shares with httpx needs it, and what that code does for it.

That code is typed by httpx's classes, whose names and ways httpx2's have: this is where one is taken for the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import httpx2

from shim.doors.httpx_family import send as _family
from shim.doors.httpx_family import transports
from shim.doors.httpx_family.hooks import take as _take
from shim.doors.httpx_family.library import Library
from shim.doors.httpx_family.streams import AsyncResponseContent, ResponseContent


class _Content(ResponseContent, httpx2.SyncByteStream):
    """Content of httpx2's own kind."""


class _AsyncContent(AsyncResponseContent, httpx2.AsyncByteStream):
    """The same for AsyncClient."""


LIBRARY = Library(cast("Any", httpx2), _Content, _AsyncContent)

Sender = Callable[..., httpx2.Response]
AsyncSender = Callable[..., Awaitable[httpx2.Response]]

send = cast("Sender", partial(_family.send, LIBRARY))
asend = cast("AsyncSender", partial(_family.asend, LIBRARY))
handle = cast("Sender", partial(transports.handle, LIBRARY))
ahandle = cast("AsyncSender", partial(transports.ahandle, LIBRARY))
take: Callable[..., object] = partial(_take, LIBRARY)
