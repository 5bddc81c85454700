"""The caller's event hooks, which run once around an exchange and not for each request in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from shim.httpx.surroundings import INNER

EventHooks = dict[str, list[Callable[..., Any]]]
"""What ``Client.event_hooks`` is."""


class Hooks:
    """The hooks of one client, held here instead of in httpx's client.

    The client gets dispatching hooks, which run these for every request but the shim's own.
    Clients refer to this object and not the other way round, so that no cycle keeps a client alive.
    """

    def __init__(self) -> None:
        self.lists: EventHooks = {"request": [], "response": []}

    def replace(self, lists: Mapping[str, list[Callable[..., Any]]]) -> None:
        """Take other hooks, copied as httpx copies them."""
        self.lists = {kind: list(lists.get(kind, [])) for kind in ("request", "response")}

    def run(self, kind: str, message: httpx.Request | httpx.Response) -> None:
        """Run the hooks of a kind, "request" or "response"."""
        for hook in self.lists[kind]:
            hook(message)

    async def arun(self, kind: str, message: httpx.Request | httpx.Response) -> None:
        """The same as run for AsyncClient."""
        for hook in self.lists[kind]:
            await hook(message)

    def dispatching(self) -> EventHooks:
        """Return the hooks to install in an httpx.Client."""

        def on_request(request: httpx.Request) -> None:
            if INNER not in request.extensions:
                self.run("request", request)

        def on_response(response: httpx.Response) -> None:
            if INNER not in response.request.extensions:
                self.run("response", response)

        return {"request": [on_request], "response": [on_response]}

    def adispatching(self) -> EventHooks:
        """Return the hooks to install in an httpx.AsyncClient."""

        async def on_request(request: httpx.Request) -> None:
            if INNER not in request.extensions:
                await self.arun("request", request)

        async def on_response(response: httpx.Response) -> None:
            if INNER not in response.request.extensions:
                await self.arun("response", response)

        return {"request": [on_request], "response": [on_response]}
