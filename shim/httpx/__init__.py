"""A literal replacement for ``import httpx``: ``from shim import httpx``.

Every public name of httpx is here; clients and top-level functions are ours, the rest is httpx's own, identical
objects. ``Transport`` and ``AsyncTransport`` are for programs that mount transports.
"""

import typing as _typing
from functools import partial as _partial

import httpx as _httpx
from httpx import *  # noqa: F403 - a star exports each version's own names to type checkers

from shim.doors.httpx_family import clients as _clients

__all__ = ["AsyncTransport", "Transport"]
__all__ += _httpx.__all__

if _typing.TYPE_CHECKING:

    class Transport(_httpx.BaseTransport):
        """Sends by ``inner``; ``auth`` signs rewritten calls."""

        def __init__(self, inner: _httpx.BaseTransport | None = None, *, auth: _httpx.Auth | None = None) -> None: ...

    class AsyncTransport(_httpx.AsyncBaseTransport):
        """The same for AsyncClient."""

        def __init__(
            self, inner: _httpx.AsyncBaseTransport | None = None, *, auth: _httpx.Auth | None = None
        ) -> None: ...

else:
    __all__.sort(key=str.casefold)  # as the library has it
    globals().update(_clients.make(_httpx).public)
    __getattr__ = _partial(getattr, _httpx)  # what else it has, so that reaching into it works as ever
