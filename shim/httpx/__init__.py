"""A literal replacement for ``import httpx``: ``from shim import httpx``.

Every public name of httpx is here; clients and top-level functions are ours, the rest
is httpx's own, identical objects. A client that somebody else made is served after
``shim.wrap(client)``.
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
