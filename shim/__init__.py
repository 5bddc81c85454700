"""atlas-shim: keeps programs alive that call MongoDB Atlas' retired serverless backup API.

Three ways in: ``from shim import httpx`` (or httpx2, requests, aiohttp, urllib3) in place of ``import …``,
for a whole process ``import shim.auto``, ``shim.install()`` and ``atlas-shim run``, and for one client that
others made ``shim.wrap(client)``; ``AtlasClient`` and ``AsyncAtlasClient``, a typed client; and
``atlas-shim serve``, a gateway for every other language.
``record`` tells what happened to one call: ``shim.record(response)`` returns its ``Record`` or None.
Importing this package loads the standard library only; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module

from shim._version import __version__ as __version__
from shim.extras import hinted

TYPE_CHECKING = False  # as type checkers know it: importing typing costs more than all else here
if TYPE_CHECKING:
    from shim import aiohttp as aiohttp
    from shim import httpx as httpx
    from shim import httpx2 as httpx2
    from shim import requests as requests
    from shim import urllib3 as urllib3
    from shim._record import record as record
    from shim._wrap import wrap as wrap
    from shim.atlas import AsyncAtlasClient as AsyncAtlasClient
    from shim.atlas import AtlasClient as AtlasClient
    from shim.core.messages import Dropped as Dropped
    from shim.core.messages import FieldReport as FieldReport
    from shim.core.messages import Record as Record
    from shim.core.messages import Sent as Sent
    from shim.documents.vocabulary import Fidelity as Fidelity
    from shim.doors.notice import set_warnings_handler as set_warnings_handler
    from shim.doors.switch import install as install
    from shim.doors.switch import uninstall as uninstall
    from shim.errors import AtlasError as AtlasError
    from shim.errors import DocumentError as DocumentError
    from shim.errors import LegacyEndpointWarning as LegacyEndpointWarning
    from shim.errors import SettingsError as SettingsError
    from shim.errors import ShimError as ShimError


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

if not TYPE_CHECKING:  # a type checker would take any misspelt name for one of these

    def __getattr__(name: str) -> object:
        """Load a public name on first use (PEP 562)."""
        if name in _DOORS:
            try:
                return import_module(f"shim.{name}")
            except ModuleNotFoundError as error:
                raise hinted(error, name) from None
        if name in _ROOMS:
            return getattr(import_module(_ROOMS[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
