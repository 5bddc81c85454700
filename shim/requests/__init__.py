"""Replace ``import requests`` literally: ``from shim import requests``.

Every public name of requests is here, and its modules can be imported by name. Session
and the top-level functions come from atlas-shim; all other names are requests' own,
identical objects. ``Adapter`` is for programs that mount adapters and keep requests'
session. The record of a retired call is in ``response.shim``, an attribute that no
other response has.
"""

import types as _namespaces
import typing as _typing
from importlib import import_module as _import_module

from shim.extras import require as _require

_require("requests")

import requests as _requests
from requests import *  # noqa: F403 - each version has its own names

# What a star import brings; requests before 2.34 has no list of it.
__all__ = list(
    getattr(
        _requests,
        "__all__",
        [name for name in vars(_requests) if not name.startswith("_")],
    )
)

if _typing.TYPE_CHECKING:
    from requests import adapters as adapters
    from requests import auth as auth
    from requests import cookies as cookies
    from requests import exceptions as exceptions
    from requests import hooks as hooks
    from requests import models as models
    from requests import structures as structures
    from requests import utils as utils
    from requests.__version__ import __version__ as __version__

    from shim.doors.requests.adapter import Adapter as Adapter
else:
    from shim.doors import surface as _surface

    _ours = {"Session": _surface.stand_in(_requests.Session)}
    globals().update(
        _surface.alias(
            "requests",
            {
                "api": _surface.remade(
                    _requests.api, sessions=_namespaces.SimpleNamespace(**_ours)
                ),
                "sessions": _ours | _surface.remade(_requests, ("session",), **_ours),
            },
        )
    )

    def __getattr__(name: str) -> object:
        """Return one of requests' other names, so that access to internals still works.

        ``Adapter`` loads the engine.
        """
        return getattr(
            _import_module("shim.doors.requests.adapter")
            if name == "Adapter"
            else _requests,
            name,
        )
