"""atlas-shim: keeps programs alive that call MongoDB Atlas' retired serverless backup API.

Three ways in: ``from shim import httpx`` in place of ``import httpx``; ``AtlasClient`` and
``AsyncAtlasClient``, a typed client; and ``atlas-shim serve``, a gateway for every other language.
Importing this package loads the standard library only; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shim import httpx as httpx
    from shim.atlas import AsyncAtlasClient as AsyncAtlasClient
    from shim.atlas import AtlasClient as AtlasClient
    from shim.errors import AtlasError as AtlasError
    from shim.errors import DocumentError as DocumentError
    from shim.errors import LegacyEndpointWarning as LegacyEndpointWarning
    from shim.errors import SettingsError as SettingsError
    from shim.errors import ShimError as ShimError

__version__ = "0.1.0"

_ROOMS = {
    "AsyncAtlasClient": "shim.atlas",
    "AtlasClient": "shim.atlas",
    "AtlasError": "shim.errors",
    "DocumentError": "shim.errors",
    "LegacyEndpointWarning": "shim.errors",
    "SettingsError": "shim.errors",
    "ShimError": "shim.errors",
}

__all__ = ["__version__", "httpx", *_ROOMS]  # noqa: PLE0604 - the literal above holds the names


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name == "httpx":
        return import_module("shim.httpx")
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
