"""The fake Atlas on a socket: HTTP/1.1 on loopback, for a test, a demonstration or a terminal.

async with FakeServer(fake) as server:              with serve_in_thread(fake) as server:
    await client.get(f"{server.url}/api/...")           requests.get(f"{server.url}/api/...")
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Self, TypedDict, Unpack

from aiohttp import web
from multidict import CIMultiDict

from shim.fake.atlas import FakeAtlas

_GRACE = 2.0
"""Seconds that running answers get when the server stops."""


class ServerOptions(TypedDict, total=False):
    """What a FakeServer can be given besides its fake."""

    host: str
    port: int
    latency: float
    ssl_context: SSLContext | None


class FakeServer:
    """Serves one FakeAtlas.

    ``port`` 0 takes any free one; ``url`` says which, without a slash at the end. ``latency`` is in
    seconds and can be changed at any time. Raises OSError at the start when the port is taken.
    """

    def __init__(
        self,
        fake: FakeAtlas | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
        ssl_context: SSLContext | None = None,
    ) -> None:
        self.fake = FakeAtlas() if fake is None else fake
        self.host = host
        self.port = port
        self.latency = latency
        self._ssl = ssl_context
        self._runner: web.ServerRunner | None = None

    @property
    def scheme(self) -> str:
        """The scheme: https with a TLS context, else http."""
        return "https" if self._ssl else "http"

    @property
    def url(self) -> str:
        """The origin of the fake."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    async def start(self) -> None:
        """Listen; ``port`` and ``url`` are right from here on."""
        server = web.Server(self._answer, access_log=None, auto_decompress=False)
        runner = web.ServerRunner(server, shutdown_timeout=_GRACE)
        await runner.setup()
        site = web.TCPSite(runner, self.host, self.port, ssl_context=self._ssl)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self.port = site.port
        self._runner = runner

    async def stop(self) -> None:
        """Close every connection and the socket; harmless when nothing runs."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if self.latency:
            await asyncio.sleep(self.latency)
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]
        reply = self.fake.handle(request.method, request.raw_path, fields, body, scheme=self.scheme)
        if reply.dropped:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        return web.Response(status=reply.status, headers=CIMultiDict(reply.headers), body=reply.body)


@contextmanager
def serve_in_thread(fake: FakeAtlas | None = None, **options: Unpack[ServerOptions]) -> Iterator[FakeServer]:
    """Serve a fake Atlas from a thread of its own for the length of a ``with`` block, and yield the server.

    Its ``url`` is the origin to call. The options are ``host``, ``port`` (0 takes a free one), ``latency`` in seconds
    and ``ssl_context``, as FakeServer has them. Raises OSError when the port is taken. Needs the extra ``gateway``.
    """
    server = FakeServer(fake, **options)
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    loop = runner.get_loop()

    def run() -> None:
        with runner:
            loop.run_forever()

    thread = threading.Thread(target=run, name="fake-atlas", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
