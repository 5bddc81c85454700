"""A session of somebody else's making becomes one of the shim's as well."""

from __future__ import annotations

import warnings

import aiohttp

from shim.doors.aiohttp.session import ClientSession
from shim.doors.classes import become
from shim.doors.process import prepare


def wrap(session: aiohttp.ClientSession) -> None:
    """Let a session serve retired calls; raises SettingsError as ClientSession does."""
    prepare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # aiohttp discourages subclasses, such as the joined one
        become(session, ClientSession)
