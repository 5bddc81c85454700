"""atlas-shim keeps programs working that call endpoints which MongoDB Atlas retired.

There are three entry points. ``from shim import httpx`` (or httpx2, requests, aiohttp,
urllib3) replaces one import; ``import shim.auto``, ``shim.install()`` and ``atlas-shim
run`` cover a whole process, and ``shim.wrap(client)`` one client. ``AtlasClient`` and
``AsyncAtlasClient`` are a typed client. ``atlas-shim serve`` is a gateway for every
other language. ``shim.record(response)`` returns the ``Record`` of one call, or None if
the shim did not handle it.

A call passes through these folders: ``doors`` (Python libraries), ``atlas`` (the typed
client) and ``gateway`` (sockets) accept it, and ``run`` routes the calls of any program
to a gateway. ``core`` decides and translates with ``documents``, which read
``mappings/``. ``flags`` may set the route. ``cli``, ``front``, ``tools`` and ``fake``
(a test Atlas) are not on this path.

Importing this package loads the standard library only; each name is loaded when it is
first used. Type checkers read ``__init__.pyi``.
"""

from __future__ import annotations

import sys
from importlib import import_module

from shim._version import __version__ as __version__
from shim.extras import other_shim

_ROOMS = {
    "AsyncAtlasClient": "shim.atlas",
    "AtlasClient": "shim.atlas",
    "AtlasError": "shim.errors",
    "DocumentError": "shim.errors",
    "Dropped": "shim.core.messages",
    "Fidelity": "shim.documents.vocabulary",
    "FieldReport": "shim.core.messages",
    "LegacyEndpointWarning": "shim.errors",
    "Record": "shim.core.messages",
    "Sent": "shim.core.messages",
    "SettingsError": "shim.errors",
    "ShimError": "shim.errors",
    "install": "shim.doors.switch",
    "record": "shim._record",
    "set_warnings_handler": "shim.doors.notice",
    "uninstall": "shim.doors.switch",
    "wrap": "shim._wrap",
}
_DOORS = ("aiohttp", "httpx", "httpx2", "requests", "urllib3")

__all__ = ["__version__", *_DOORS, *_ROOMS]  # noqa: PLE0604 - the literals above hold the names


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name in _DOORS:
        module = import_module(f"shim.{name}")
        import_module(
            "shim.doors.surface"
        ).look()  # a typo in the settings is reported now
        return module
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    if not name.startswith("_") and (said := other_shim(sys.path)):
        # `from shim import …` would hide an AttributeError
        raise ImportError(said)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
