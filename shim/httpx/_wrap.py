"""A client of somebody else's making becomes one of the shim's as well."""

from __future__ import annotations

import httpx

from shim.dropin.classes import become
from shim.dropin.runtime import prepare
from shim.httpx._clients import AsyncClient, Client
from shim.httpx._hooks import hold


def wrap(client: httpx.Client | httpx.AsyncClient) -> None:
    """Let a client serve retired calls; raises SettingsError as Client does."""
    prepare()
    become(client, AsyncClient if isinstance(client, httpx.AsyncClient) else Client)
    hold(client)
