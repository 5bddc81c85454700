"""A literal replacement for ``import httpx2``: ``from shim import httpx2``.

Every public name of httpx2 is here; clients and top-level functions are ours, the rest is httpx2's own, identical
objects. ``Transport`` and ``AsyncTransport`` are for programs that mount transports. Needs the extra ``httpx2``.
"""

import typing as _typing
from functools import partial as _partial

from shim.extras import require as _require

_require("httpx2")

import httpx2 as _httpx2
from httpx2 import *  # noqa: F403 - each of its versions adds public names, and a star exports them to type checkers

from shim.doors.httpx_family import clients as _clients

__all__ = ["AsyncTransport", "Transport"]
__all__ += _httpx2.__all__

if _typing.TYPE_CHECKING:

    class Transport(_httpx2.BaseTransport):
        """Sends by ``inner``; ``auth`` signs rewritten calls."""

        def __init__(self, inner: _httpx2.BaseTransport | None = None, *, auth: _httpx2.Auth | None = None) -> None: ...

    class AsyncTransport(_httpx2.AsyncBaseTransport):
        """The same for AsyncClient."""

        def __init__(
            self, inner: _httpx2.AsyncBaseTransport | None = None, *, auth: _httpx2.Auth | None = None
        ) -> None: ...

else:
    __all__.sort(key=str.casefold)  # as the library has it
    globals().update(_clients.make(_httpx2).public)
    __getattr__ = _partial(getattr, _httpx2)  # what else it has, so that reaching into it works as ever
