"""Replace ``import aiohttp`` literally: ``from shim import aiohttp``.

Every public name of aiohttp is here, and its modules can be imported by name (``from
shim.aiohttp import web``). ClientSession and ``request`` come from atlas-shim; all
other names are aiohttp's own, identical objects. The record of a retired call is in
``response.shim``, an attribute that no other response has.

An exchange may be several requests. Middlewares and ``trace_configs`` see each of them
once, with the URL that is really sent and the caller's ``trace_request_ctx``. The
response shows the caller's own URL, and so does an error that is raised for it.
``raise_for_status`` judges only the last answer, which no trace sees.
``ClientTimeout.total`` counts from the beginning of the exchange to the end of its
content. A write starts with all of that time left, or is not sent.
"""

import typing as _typing
from functools import partial as _partial

from shim.extras import require as _require

_require("aiohttp")

import aiohttp as _aiohttp
from aiohttp import *  # noqa: F403 - each version has its own names
from aiohttp import __version__ as __version__

__all__ = list(_aiohttp.__all__)

if not _typing.TYPE_CHECKING:
    from shim.doors import surface as _surface

    _ours = {"ClientSession": _surface.stand_in(_aiohttp.ClientSession)}
    _ours |= _surface.remade(_aiohttp, ("request",), **_ours)
    globals().update(_surface.alias("aiohttp", {"client": _ours}))
    # its other names, so that access to its internals still works
    __getattr__ = _partial(getattr, _aiohttp)
