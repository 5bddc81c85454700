"""httpx's clients with the rewrite in ``send``: above authentication, so that every scheme still works."""

from __future__ import annotations

from typing import Any

import attrs
import httpx

from shim.doors.httpx_family.hooks import HookedClient
from shim.doors.httpx_family.recognition import origin_of
from shim.doors.process import prepare
from shim.doors.recognition import NOTHING_MORE, ClientSettings
from shim.doors.signatures import like
from shim.httpx import _send


class Client(HookedClient, httpx.Client):
    """httpx.Client, whose calls to retired Atlas endpoints keep working.

    Takes what httpx.Client takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    @like(httpx.Client.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        super().__init__(**kwargs)
        _send.take(self)

    @like(httpx.Client.send)
    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        return _send.send(self, super().send, request, **options)


class AsyncClient(HookedClient, httpx.AsyncClient):
    """httpx.AsyncClient, whose calls to retired Atlas endpoints keep working.

    Takes what httpx.AsyncClient takes; asyncio and trio. Raises SettingsError as Client does.
    """

    @like(httpx.AsyncClient.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        super().__init__(**kwargs)
        _send.take(self)

    @like(httpx.AsyncClient.send)
    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        return await _send.asend(self, super().send, request, **options)


def recognise_also(client: httpx.Client | httpx.AsyncClient, origin: str) -> None:
    """Let a client of ours recognise calls to one more origin, as the typed client does with its base URL."""
    settings: ClientSettings = getattr(client, "_shim_settings", NOTHING_MORE)
    extra_origins = settings.extra_origins | {origin_of(httpx.URL(origin))}
    vars(client)["_shim_settings"] = attrs.evolve(settings, extra_origins=extra_origins)
