"""Transports for programs that mount them and keep httpx's own client; ``httpx_family.transports`` says how."""

from __future__ import annotations

import httpx

from shim.doors.httpx_family.transports import Around, AsyncAround
from shim.doors.process import prepare
from shim.httpx._send import ahandle, handle


class Transport(Around, httpx.BaseTransport):
    """A transport that rewrites calls to retired Atlas endpoints and sends by another one.

    ``inner`` is httpx.HTTPTransport() unless given; ``auth`` signs the rewritten calls here, and
    nothing else. Like every ``transport=`` of httpx it knows no proxies of the environment; give
    an ``inner`` that does. Raises SettingsError as Client does.
    """

    def __init__(self, inner: httpx.BaseTransport | None = None, *, auth: httpx.Auth | None = None) -> None:
        prepare()
        self._inner = httpx.HTTPTransport() if inner is None else inner
        self._auth = auth or httpx.Auth()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        return handle(self._inner, self._auth, request)


class AsyncTransport(AsyncAround, httpx.AsyncBaseTransport):
    """The same as Transport, for httpx.AsyncClient."""

    def __init__(self, inner: httpx.AsyncBaseTransport | None = None, *, auth: httpx.Auth | None = None) -> None:
        prepare()
        self._inner = httpx.AsyncHTTPTransport() if inner is None else inner
        self._auth = auth or httpx.Auth()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        return await ahandle(self._inner, self._auth, request)
