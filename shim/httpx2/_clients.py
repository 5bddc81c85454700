"""httpx2's clients with the rewrite in ``send``: above authentication, so that every scheme still works."""

from __future__ import annotations

from typing import Any

import httpx2

from shim.doors.httpx_family.hooks import HookedClient
from shim.doors.process import prepare
from shim.doors.signatures import like
from shim.httpx2 import _send


class Client(HookedClient, httpx2.Client):
    """httpx2.Client, whose calls to retired Atlas endpoints keep working.

    Takes what httpx2.Client takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    @like(httpx2.Client.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        super().__init__(**kwargs)
        _send.take(self)

    @like(httpx2.Client.send)
    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        return _send.send(self, super().send, request, **options)


class AsyncClient(HookedClient, httpx2.AsyncClient):
    """httpx2.AsyncClient, whose calls to retired Atlas endpoints keep working.

    Takes what httpx2.AsyncClient takes; asyncio and trio. Raises SettingsError as Client does.
    """

    @like(httpx2.AsyncClient.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        super().__init__(**kwargs)
        _send.take(self)

    @like(httpx2.AsyncClient.send)
    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        return await _send.asend(self, super().send, request, **options)
