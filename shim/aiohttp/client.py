"""The module ``aiohttp.client``, but for the two names that are ours."""

# ruff: noqa: PLC0414 - a redundant alias is how a name is exported again (PEP 484)

from aiohttp import client as _client
from aiohttp.client import *  # noqa: F403 - each version has its own names

from shim.doors.aiohttp.session import ClientSession as ClientSession
from shim.doors.aiohttp.session import request as request

__all__ = list(_client.__all__)


def __getattr__(name: str) -> object:
    """What else the module has."""
    return getattr(_client, name)
