"""A literal replacement for ``import aiohttp``: ``from shim import aiohttp``.

Every public name of aiohttp is here, and its modules can be imported by name (``from shim.aiohttp import web``).
ClientSession and ``request`` are ours, the rest is aiohttp's own, identical objects; import what is in its modules from
aiohttp where a type checker reads along. The record of a retired call is in ``response.shim``, an attribute that no
other response has.

An exchange may be several requests. Middlewares and ``trace_configs`` see each of them, once, with the URL that is
really sent and the caller's ``trace_request_ctx``; the response, and an error that is raised for it, shows the
caller's own. ``raise_for_status`` judges the last answer alone, which no trace is told of. ``ClientTimeout.total``
counts from the beginning of the exchange to the end of its content; a write is begun with the whole of it, or not
at all.

The way of a call: ``_session`` > ``_send`` (a session's one way out) > ``_recognition`` (is it a retired one)
> ``_exchange`` (what is sent and what comes of it) with ``_rewriting`` (requests), ``_content`` (content of either
kind) and ``_inside`` (responses, and all that aiohttp does not document).
"""

import sys as _sys
import typing as _typing
from importlib import import_module as _import_module
from importlib import util as _util
from importlib.abc import Loader as _Loader
from importlib.abc import MetaPathFinder as _MetaPathFinder
from importlib.machinery import ModuleSpec as _ModuleSpec
from types import ModuleType as _ModuleType

from shim.extras import hinted as _hinted

try:
    import aiohttp as _aiohttp
except ModuleNotFoundError as _error:
    raise _hinted(_error, "aiohttp") from None

from aiohttp import *  # noqa: F403 - each version has its own names
from aiohttp import __version__ as __version__

from shim.aiohttp import client as client
from shim.doors.aiohttp.session import ClientSession as ClientSession
from shim.doors.aiohttp.session import request as request

__all__ = list(_aiohttp.__all__)


class _Modules(_MetaPathFinder, _Loader):
    """Finds aiohttp's modules under our name: the very modules, loaded when somebody asks for them."""

    def find_spec(self, name: str, *_: object) -> _ModuleSpec | None:
        """Return the spec of a module that aiohttp has and we have not; finders of files were asked before."""
        module = name.removeprefix("shim.")
        if not name.startswith(f"{__name__}.") or _util.find_spec(module) is None:
            return None
        return _util.spec_from_loader(name, self)

    def exec_module(self, module: _ModuleType) -> None:
        """Put aiohttp's module in the place of a new one, as a module may do while it is loaded."""
        name = module.__name__
        _sys.modules[name] = _import_module(name.removeprefix("shim."))


_sys.meta_path.append(_Modules())


if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else aiohttp has, so that reaching into it works as ever."""
        return getattr(_aiohttp, name)
