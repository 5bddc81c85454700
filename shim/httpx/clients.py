"""httpx's clients with the rewrite in ``send``: above authentication, so that every scheme still works."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx

from shim.doors.process import prepare
from shim.doors.signatures import like
from shim.httpx.bodies import AsyncBody, Body
from shim.httpx.hooks import EventHooks, Hooks
from shim.httpx.journey import arun, run, travel
from shim.httpx.surroundings import Origin, origin_of, recognise, untouched

DEFAULT = httpx.USE_CLIENT_DEFAULT


class Client(httpx.Client):
    """httpx.Client, whose calls to retired Atlas endpoints keep working.

    Takes what httpx.Client takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    @like(httpx.Client.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        self._shim_also: frozenset[Origin] = frozenset()
        self._shim_encoding = kwargs.get("default_encoding", "utf-8")
        self._shim_hooks = Hooks()
        super().__init__(**kwargs)
        self._shim_hooks.replace(super().event_hooks)
        _BASE_HOOKS.__set__(self, self._shim_hooks.dispatching())

    @property
    def event_hooks(self) -> EventHooks:
        """The caller's own hooks; a recognised call runs them once."""
        return self._shim_hooks.lists

    @event_hooks.setter
    def event_hooks(self, event_hooks: EventHooks) -> None:
        self._shim_hooks.replace(event_hooks)

    @like(httpx.Client.send)
    def send(  # noqa: D102 - like() gives it httpx's documentation
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = DEFAULT,
        follow_redirects: Any = DEFAULT,
    ) -> httpx.Response:
        found = None if self.is_closed else recognise(request, self._shim_also)
        if found is None or not isinstance(request.stream, httpx.SyncByteStream):
            return super().send(request, stream=stream, auth=auth, follow_redirects=follow_redirects)
        if self._shim_hooks.lists["request"]:
            self._shim_hooks.run("request", request)
            found = recognise(request, self._shim_also) or untouched(request)
        if found.needs_body:
            request.read()
        fetch = partial(super().send, stream=True, auth=auth, follow_redirects=follow_redirects)
        response = run(travel(request, found, Body, self._shim_encoding), fetch).response
        try:
            self._shim_hooks.run("response", response)
            if not stream:
                response.read()
        except BaseException:
            response.close()
            raise
        return response


class AsyncClient(httpx.AsyncClient):
    """httpx.AsyncClient, whose calls to retired Atlas endpoints keep working.

    Takes what httpx.AsyncClient takes; asyncio and trio. Raises SettingsError as Client does.
    """

    @like(httpx.AsyncClient.__init__)
    def __init__(self, **kwargs: Any) -> None:
        prepare()
        self._shim_also: frozenset[Origin] = frozenset()
        self._shim_encoding = kwargs.get("default_encoding", "utf-8")
        self._shim_hooks = Hooks()
        super().__init__(**kwargs)
        self._shim_hooks.replace(super().event_hooks)
        _BASE_HOOKS.__set__(self, self._shim_hooks.adispatching())

    @property
    def event_hooks(self) -> EventHooks:
        """The caller's own hooks; a recognised call runs them once."""
        return self._shim_hooks.lists

    @event_hooks.setter
    def event_hooks(self, event_hooks: EventHooks) -> None:
        self._shim_hooks.replace(event_hooks)

    @like(httpx.AsyncClient.send)
    async def send(  # noqa: D102 - as above
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = DEFAULT,
        follow_redirects: Any = DEFAULT,
    ) -> httpx.Response:
        found = None if self.is_closed else recognise(request, self._shim_also)
        if found is None or not isinstance(request.stream, httpx.AsyncByteStream):
            return await super().send(request, stream=stream, auth=auth, follow_redirects=follow_redirects)
        if self._shim_hooks.lists["request"]:
            await self._shim_hooks.arun("request", request)
            found = recognise(request, self._shim_also) or untouched(request)
        if found.needs_body:
            await request.aread()
        fetch = partial(super().send, stream=True, auth=auth, follow_redirects=follow_redirects)
        response = (await arun(travel(request, found, AsyncBody, self._shim_encoding), fetch)).response
        try:
            await self._shim_hooks.arun("response", response)
            if not stream:
                await response.aread()
        except BaseException:
            await response.aclose()
            raise
        return response


_BASE_HOOKS: Any = httpx.Client.event_hooks
"""The property that both of httpx's clients inherit: what it holds is what httpx runs."""


def recognise_also(client: Client | AsyncClient, origin: str) -> None:
    """Let a client recognise calls to one more origin, as the typed facade does with its base URL."""
    client._shim_also |= {origin_of(httpx.URL(origin))}  # noqa: SLF001 - our own attribute
