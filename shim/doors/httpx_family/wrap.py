"""A client of somebody else's making becomes one of the shim's as well."""

from __future__ import annotations

import httpx

from shim.doors.classes import become
from shim.doors.httpx_family.hooks import hold
from shim.doors.httpx_family.library import Library
from shim.doors.process import prepare


def wrap(library: Library, client: httpx.Client | httpx.AsyncClient, ours: type) -> None:
    """Give a client of a library the class ``ours`` too; raises SettingsError as that does."""
    prepare()
    become(client, ours)
    hold(library, client)
