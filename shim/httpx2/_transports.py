"""Transports for programs that mount them and keep httpx2's own client; ``httpx_family.transports`` says how."""

from __future__ import annotations

import httpx2

from shim.doors.httpx_family.transports import Around, AsyncAround
from shim.doors.process import prepare
from shim.httpx2._send import ahandle, handle


class Transport(Around, httpx2.BaseTransport):
    """A transport that rewrites calls to retired Atlas endpoints and sends by another one.

    ``inner`` is httpx2.HTTPTransport() unless given; ``auth`` signs the rewritten calls here, and
    nothing else. Like every ``transport=`` of httpx2 it knows no proxies of the environment; give
    an ``inner`` that does. Raises SettingsError as Client does.
    """

    def __init__(self, inner: httpx2.BaseTransport | None = None, *, auth: httpx2.Auth | None = None) -> None:
        prepare()
        self._inner = httpx2.HTTPTransport() if inner is None else inner
        self._auth = auth or httpx2.Auth()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        return handle(self._inner, self._auth, request)


class AsyncTransport(AsyncAround, httpx2.AsyncBaseTransport):
    """The same as Transport, for httpx2.AsyncClient."""

    def __init__(self, inner: httpx2.AsyncBaseTransport | None = None, *, auth: httpx2.Auth | None = None) -> None:
        prepare()
        self._inner = httpx2.AsyncHTTPTransport() if inner is None else inner
        self._auth = auth or httpx2.Auth()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        return await ahandle(self._inner, self._auth, request)
