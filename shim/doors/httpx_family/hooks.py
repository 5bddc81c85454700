"""The caller's event hooks, which run once around an exchange and not for each request in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from shim.doors.httpx_family.library import Library
from shim.doors.httpx_family.recognition import INNER

if TYPE_CHECKING:
    import httpx

HOOKED = "shim.hooked"
"""The key in ``request.extensions`` of a request whose hooks have run; the next run of them is left out."""

EventHooks = dict[str, list[Callable[..., Any]]]
"""What ``Client.event_hooks`` is."""


class Hooks:
    """The hooks of one client, held here instead of in the library's client.

    The client gets dispatching hooks, which run these for every request but the shim's own.
    Clients refer to this object and not the other way round, so that no cycle keeps a client alive.
    """

    def __init__(self) -> None:
        self.lists: EventHooks = {"request": [], "response": []}

    def replace(self, lists: Mapping[str, list[Callable[..., Any]]]) -> None:
        """Take other hooks, copied as httpx copies them."""
        self.lists = {kind: list(lists.get(kind, [])) for kind in ("request", "response")}

    def dispatching(self) -> EventHooks:
        """Return the hooks to install in a Client."""

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
        """Return the hooks to install in an AsyncClient."""

        async def on_request(request: httpx.Request) -> None:
            if INNER not in request.extensions and not request.extensions.pop(HOOKED, False):
                for hook in self.lists["request"]:
                    await hook(request)

        async def on_response(response: httpx.Response) -> None:
            if INNER not in response.request.extensions:
                for hook in self.lists["response"]:
                    await hook(response)

        return {"request": [on_request], "response": [on_response]}


class HookedClient:
    """What the drop-in's clients have in common: their hooks are the caller's own, and run once around a call."""

    _shim_hooks: Hooks

    @property
    def event_hooks(self) -> EventHooks:
        """The caller's own hooks; a recognised call runs them once."""
        return self._shim_hooks.lists

    @event_hooks.setter
    def event_hooks(self, event_hooks: EventHooks) -> None:
        self._shim_hooks.replace(event_hooks)


_lock = threading.Lock()
_adopted: WeakKeyDictionary[httpx.Client | httpx.AsyncClient, Any] = WeakKeyDictionary()
"""The clients whose hooks were taken, and the property that has them otherwise."""

_changed: dict[Any, Any] = {}
"""Classes of the libraries that have another property for the time being, and their own one."""


def take(library: Library, client: httpx.Client | httpx.AsyncClient) -> Hooks:
    """Move a client's hooks out of the library's reach; ``client._shim_hooks`` has them from here on."""
    base, hooks = _base_of(_owner_of(library)), Hooks()
    hooks.replace(base.__get__(client))
    vars(client)["_shim_hooks"] = hooks
    is_async = isinstance(client, library.module.AsyncClient)
    base.__set__(client, hooks.adispatching() if is_async else hooks.dispatching())
    return hooks


def adopt(library: Library, client: httpx.Client | httpx.AsyncClient) -> Hooks:
    """Take the hooks of a client that is not ours, to run them around its exchanges."""
    owner = _owner_of(library)
    with _lock:
        hooks = vars(client).get("_shim_hooks")
        if isinstance(hooks, Hooks):
            return hooks
        base = _base_of(owner)
        if not any(base.__get__(client).values()):
            return Hooks()
        if owner not in _changed:
            _changed[owner] = base
            owner.event_hooks = _dispatched(base)
        _adopted[client] = base
        return take(library, client)


def hold(library: Library, client: httpx.Client | httpx.AsyncClient) -> None:
    """Take the hooks of a client that became ours, unless they are; adopted ones are not given back any more."""
    with _lock:
        _adopted.pop(client, None)
        if not isinstance(vars(client).get("_shim_hooks"), Hooks):
            take(library, client)


def abandon() -> None:
    """Give adopted clients their hooks back, and their library its property."""
    with _lock:
        for client, base in tuple(_adopted.items()):
            base.__set__(client, vars(client).pop("_shim_hooks").lists)
        _adopted.clear()
        for owner, base in _changed.items():
            owner.event_hooks = base
        _changed.clear()


def _owner_of(library: Library) -> Any:
    """Return the class that both clients of a library inherit the property from, which says what they run."""
    return next(kind for kind in library.module.Client.__mro__ if "event_hooks" in vars(kind))


def _base_of(owner: Any) -> Any:
    return _changed.get(owner) or vars(owner)["event_hooks"]


def _dispatched(base: Any) -> property:
    def get(client: httpx.Client | httpx.AsyncClient) -> EventHooks:
        hooks = vars(client).get("_shim_hooks")
        lists: EventHooks = hooks.lists if isinstance(hooks, Hooks) else base.__get__(client)
        return lists

    def replace(client: httpx.Client | httpx.AsyncClient, event_hooks: EventHooks) -> None:
        hooks = vars(client).get("_shim_hooks")
        if isinstance(hooks, Hooks):
            hooks.replace(event_hooks)
        else:
            base.__set__(client, event_hooks)

    return property(get, replace, doc=base.__doc__)
