"""Replace ``import httpx2`` literally: ``from shim import httpx2``.

Every public name of httpx2 is here. Clients and top-level functions come from
atlas-shim; all other names are httpx2's own, identical objects. If a library creates
the client for you, pass it to ``shim.wrap(client)``. Needs the extra ``httpx2``.
"""

import typing as _typing
from functools import partial as _partial

from shim.extras import require as _require

_require("httpx2")

import httpx2 as _httpx2
from httpx2 import *  # noqa: F403 - each of its versions adds public names, and a star exports them to type checkers

from shim.doors import surface as _surface

__all__ = list(_httpx2.__all__)

if not _typing.TYPE_CHECKING:
    globals().update(_surface.clients(_httpx2))
    # its other names, so that access to its internals still works
    __getattr__ = _partial(getattr, _httpx2)
