"""The caller's event hooks, which run once around an exchange and not for each request in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakSet

import httpx

from shim.httpx._recognition import INNER

HOOKED = "shim.hooked"
"""The key in ``request.extensions`` of a request whose hooks have run; the next run of them is left out."""

EventHooks = dict[str, list[Callable[..., Any]]]
"""What ``Client.event_hooks`` is."""

BASE: Any = httpx.Client.event_hooks
"""The property that both of httpx's clients inherit: what it holds is what httpx runs."""


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

    def dispatching(self) -> EventHooks:
        """Return the hooks to install in an httpx.Client."""

        def on_request(request: httpx.Request) -> None:
            if INNER not in request.extensions and not request.extensions.pop(HOOKED, False):
                for hook in self.lists["request"]:
                    hook(request)

        def on_response(response: httpx.Response) -> None:
            if INNER not in response.request.extensions:
                for hook in self.lists["response"]:
                    hook(response)

        return {"request": [on_request], "response": [on_response]}

    def adispatching(self) -> EventHooks:
        """Return the hooks to install in an httpx.AsyncClient."""

        async def on_request(request: httpx.Request) -> None:
            if INNER not in request.extensions and not request.extensions.pop(HOOKED, False):
                for hook in self.lists["request"]:
                    await hook(request)

        async def on_response(response: httpx.Response) -> None:
            if INNER not in response.request.extensions:
                for hook in self.lists["response"]:
                    await hook(response)

        return {"request": [on_request], "response": [on_response]}


def take(client: httpx.Client | httpx.AsyncClient) -> Hooks:
    """Move a client's hooks out of httpx's reach; ``client._shim_hooks`` has them from here on."""
    hooks = Hooks()
    hooks.replace(BASE.__get__(client))
    vars(client)["_shim_hooks"] = hooks
    BASE.__set__(client, hooks.adispatching() if isinstance(client, httpx.AsyncClient) else hooks.dispatching())
    return hooks


_adopted: WeakSet[httpx.Client | httpx.AsyncClient] = WeakSet()
_lock = threading.Lock()


def adopt(client: httpx.Client | httpx.AsyncClient) -> Hooks:
    """Take the hooks of a client that is not ours, to run them around its exchanges."""
    with _lock:
        hooks = vars(client).get("_shim_hooks")
        if isinstance(hooks, Hooks):
            return hooks
        if not any(BASE.__get__(client).values()):
            return Hooks()
        _base_class().event_hooks = property(_get, _set, doc=BASE.__doc__)
        _adopted.add(client)
        return take(client)


def hold(client: httpx.Client | httpx.AsyncClient) -> None:
    """Take the hooks of a client that became ours, unless they are; adopted ones are not given back any more."""
    with _lock:
        _adopted.discard(client)
        if not isinstance(vars(client).get("_shim_hooks"), Hooks):
            take(client)


def abandon() -> None:
    """Give adopted clients their hooks back, and httpx its property."""
    with _lock:
        for client in tuple(_adopted):
            BASE.__set__(client, vars(client).pop("_shim_hooks").lists)
        _adopted.clear()
        _base_class().event_hooks = BASE


def _base_class() -> Any:
    return next(kind for kind in httpx.Client.__mro__ if "event_hooks" in vars(kind))


def _get(client: httpx.Client | httpx.AsyncClient) -> EventHooks:
    hooks = vars(client).get("_shim_hooks")
    lists: EventHooks = hooks.lists if isinstance(hooks, Hooks) else BASE.__get__(client)
    return lists


def _set(client: httpx.Client | httpx.AsyncClient, event_hooks: EventHooks) -> None:
    hooks = vars(client).get("_shim_hooks")
    if isinstance(hooks, Hooks):
        hooks.replace(event_hooks)
    else:
        BASE.__set__(client, event_hooks)
