"""aiohttp's session with the rewrite in ``_request``, the one way of all its calls; ``_send`` says why there."""

from __future__ import annotations

import warnings
from types import FunctionType
from typing import Any

import aiohttp

from shim.doors.aiohttp import send as _send
from shim.doors.process import prepare
from shim.doors.signatures import like

with warnings.catch_warnings():
    # aiohttp discourages subclasses; whoever makes one of ours is told so as ever.
    warnings.simplefilter("ignore", DeprecationWarning)

    class ClientSession(aiohttp.ClientSession):
        """aiohttp.ClientSession, whose calls to retired Atlas endpoints keep working.

        Takes what aiohttp.ClientSession takes. Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
        """

        @like(aiohttp.ClientSession.__init__)
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            prepare()
            super().__init__(*args, **kwargs)

        @like(aiohttp.ClientSession._request)  # noqa: SLF001 - see _send
        def _request(self, *args: Any, **kwargs: Any) -> Any:
            return _send.request(self, super()._request, *args, **kwargs)


def _with_our_session(function: Any) -> Any:
    """Return a function of aiohttp's that makes sessions of ours: its own code, whatever its version passes on."""
    made = FunctionType(function.__code__, {**function.__globals__, "ClientSession": ClientSession}, function.__name__)
    made.__kwdefaults__, made.__annotations__ = function.__kwdefaults__, function.__annotations__
    return made


request = like(aiohttp.request)(_with_our_session(aiohttp.request))
