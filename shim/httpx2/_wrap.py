"""A client of somebody else's making becomes one of the shim's as well."""

from __future__ import annotations

from typing import Any

import httpx2

from shim.doors.httpx_family.wrap import wrap as _wrap
from shim.httpx2._clients import AsyncClient, Client
from shim.httpx2._send import LIBRARY


def wrap(client: Any) -> None:
    """Let a client serve retired calls; raises SettingsError as Client does."""
    _wrap(LIBRARY, client, AsyncClient if isinstance(client, httpx2.AsyncClient) else Client)
