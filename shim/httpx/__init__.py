"""Replace ``import httpx`` literally: ``from shim import httpx``.

Every public name of httpx is here. Clients and top-level functions come from
atlas-shim; all other names are httpx's own, identical objects. If a library creates the
client for you, pass it to ``shim.wrap(client)``.
"""

import typing as _typing
from functools import partial as _partial

import httpx as _httpx
from httpx import *  # noqa: F403 - a star exports each version's own names to type checkers

from shim.doors import surface as _surface

__all__ = list(_httpx.__all__)

if not _typing.TYPE_CHECKING:
    globals().update(_surface.clients(_httpx))
    # its other names, so that access to its internals still works
    __getattr__ = _partial(getattr, _httpx)
