"""httpx's clients with the rewrite in ``send``: above authentication, so that every scheme still works."""

from __future__ import annotations

from typing import Any

import httpx

from shim.core.settings import Settings
from shim.dropin.runtime import prepare
from shim.dropin.signatures import like
from shim.httpx import _send as door
from shim.httpx._hooks import EventHooks, Hooks, take
from shim.httpx._recognition import Origin, origin_of

DEFAULT = httpx.USE_CLIENT_DEFAULT


class Client(httpx.Client):
    """httpx.Client, whose calls to retired Atlas endpoints keep working.

    Takes what httpx.Client takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    _shim_hooks: Hooks

    @like(httpx.Client.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        self._shim_also: frozenset[Origin] = frozenset()
        self._shim_forced: Settings | None = None
        super().__init__(**kwargs)
        take(self)

    @property
    def event_hooks(self) -> EventHooks:
        """The caller's own hooks; a recognised call runs them once."""
        return self._shim_hooks.lists

    @event_hooks.setter
    def event_hooks(self, event_hooks: EventHooks) -> None:
        self._shim_hooks.replace(event_hooks)

    @like(httpx.Client.send)
    def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = DEFAULT,
        follow_redirects: Any = DEFAULT,
    ) -> httpx.Response:
        return door.send(
            self,
            super().send,
            request,
            stream=stream,
            auth=auth,
            follow_redirects=follow_redirects,
            also=self._shim_also,
            forced=self._shim_forced,
        )


class AsyncClient(httpx.AsyncClient):
    """httpx.AsyncClient, whose calls to retired Atlas endpoints keep working.

    Takes what httpx.AsyncClient takes; asyncio and trio. Raises SettingsError as Client does.
    """

    _shim_hooks: Hooks

    @like(httpx.AsyncClient.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        self._shim_also: frozenset[Origin] = frozenset()
        self._shim_forced: Settings | None = None
        super().__init__(**kwargs)
        take(self)

    @property
    def event_hooks(self) -> EventHooks:
        """The caller's own hooks; a recognised call runs them once."""
        return self._shim_hooks.lists

    @event_hooks.setter
    def event_hooks(self, event_hooks: EventHooks) -> None:
        self._shim_hooks.replace(event_hooks)

    @like(httpx.AsyncClient.send)
    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = DEFAULT,
        follow_redirects: Any = DEFAULT,
    ) -> httpx.Response:
        return await door.asend(
            self,
            super().send,
            request,
            stream=stream,
            auth=auth,
            follow_redirects=follow_redirects,
            also=self._shim_also,
            forced=self._shim_forced,
        )


def recognise_also(client: Client | AsyncClient, origin: str) -> None:
    """Let a client recognise calls to one more origin, as the typed facade does with its base URL."""
    client._shim_also |= {origin_of(httpx.URL(origin))}  # noqa: SLF001 - our own attribute


def force_settings(client: Client | AsyncClient, settings: Settings) -> None:
    """Let a client obey these settings in place of the process' own, as a comparison of two routes needs."""
    client._shim_forced = settings  # noqa: SLF001 - our own attribute
