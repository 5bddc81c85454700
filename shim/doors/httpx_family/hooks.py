"""The caller's event hooks, which run once around an exchange and not for each request in it.

The libraries run what ``client._event_hooks`` holds. While a client sends for the shim, that is something else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

INNER = "shim.inner"
"""The key in ``request.extensions`` of a request that the shim makes itself."""

EventHooks = Mapping[str, list[Callable[..., Any]]]
"""What ``Client.event_hooks`` is."""

_instead: ContextVar[tuple[object, EventHooks] | None] = ContextVar("atlas_shim_hooks", default=None)
"""A client, and the hooks that it runs at the moment."""


class Hooked:
    """A client of the libraries whose hooks can be held back."""

    @property
    def _event_hooks(self) -> EventHooks:
        instead = _instead.get()
        if instead is not None and instead[0] is self:
            return instead[1]
        own: EventHooks = vars(self)["_event_hooks"]
        return own

    @_event_hooks.setter
    def _event_hooks(self, event_hooks: EventHooks) -> None:
        vars(self)["_event_hooks"] = event_hooks


_changed: set[Any] = set()
"""Classes of the libraries whose hooks can be held back for the time being."""


def adopt(client: object) -> None:
    """Let the hooks of a client's library be held back, for a client that is not ours."""
    if not isinstance(client, Hooked):
        owner: Any = next(kind for kind in type(client).__mro__ if "event_hooks" in vars(kind))
        owner._event_hooks = vars(Hooked)["_event_hooks"]  # noqa: SLF001 - where it looks for them
        _changed.add(owner)


def abandon() -> None:
    """Leave the libraries as they were."""
    while _changed:
        delattr(_changed.pop(), "_event_hooks")


def with_hooks(client: object, hooks: EventHooks, send: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``send``, a client's own, which runs other hooks than the caller's."""

    def sending(*args: Any, **options: Any) -> Any:
        token = _instead.set((client, hooks))
        try:
            return send(*args, **options)
        finally:
            _instead.reset(token)

    return sending


def with_async_hooks(client: object, hooks: EventHooks, send: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Return the same for AsyncClient."""

    async def sending(*args: Any, **options: Any) -> Any:
        token = _instead.set((client, hooks))
        try:
            return await send(*args, **options)
        finally:
            _instead.reset(token)

    return sending


def for_others(hooks: EventHooks) -> EventHooks:
    """Return hooks that run for what an auth flow sends, and not for the shim's own requests."""
    return {kind: [_for_others(hook) for hook in hooks[kind]] for kind in hooks}


def _for_others(hook: Callable[..., Any]) -> Callable[..., Any]:
    def run(message: Any) -> Any:
        own = INNER in getattr(message, "request", message).extensions
        return _nothing() if own else hook(message)

    return run


class _nothing:  # noqa: N801 - what a hook returns that did not run
    """May be awaited, as what hooks of AsyncClient return is."""

    def __await__(self) -> Any:
        return iter(())
