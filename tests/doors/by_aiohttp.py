"""aiohttp, by its sessions."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import aiohttp as plain
import pytest
from yarl import URL

import shim
from shim import aiohttp as ours
from tests.doors.calls import basic
from tests.doors.door import ALL_FORMS, Awaited, Client, Door, Got, noting


class _Client(Awaited):
    proxy: str | None = None

    async def asked(self, url: str, method: str, headers: Any, **body: Any) -> Got:
        """Call by ``request``."""
        target = URL(url, encoded=True)
        async with self.native.request(method, target, headers=headers, proxy=self.proxy, **body) as response:
            return Got(
                response.status,
                response.reason or "",
                [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers],
                await response.read(),
                [str(each.url) for each in (response, *response.history)],
                shim.record(response),
            )

    async def begun(self, url: str, size: int) -> bytes:
        """Read exactly so much."""
        async with self.native.get(url) as response:
            return bytes(await response.content.readexactly(size))


class Aiohttp(Door):
    """The session."""

    refused, loops = plain.ClientConnectorError, plain.TooManyRedirects
    is_awaited = True
    trips = (2, 1, 1) if hasattr(plain, "DigestAuthMiddleware") else ()  # from 3.12 on
    content, takes = "data", (*ALL_FORMS, "payload")
    broken, late = (plain.ClientPayloadError, plain.ServerDisconnectedError), asyncio.TimeoutError

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open a ClientSession, in a loop of its own."""
        library, key, user = plain if own else ours, options.get("key"), options.get("user")

        async def made() -> plain.ClientSession:
            session: plain.ClientSession = library.ClientSession(
                headers=basic(user) if user else None,
                **({"middlewares": [plain.DigestAuthMiddleware(*key)]} if key else {}),
                timeout=plain.ClientTimeout(total=options.get("timeout", 30.0)),
                cookie_jar=plain.CookieJar(unsafe=True),
                raise_for_status=options.get("checks", False),
                auto_decompress=not options.get("wire", False),
            )
            return session

        with asyncio.Runner() as runner:
            client = _Client(runner.run(made()), runner)
            client.proxy = options.get("proxy")
            try:
                yield client
            finally:
                runner.run(client.native.close())

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """By the method under all others."""
        return noting(monkeypatch, plain.ClientSession, "_request", lambda *_, timeout, **options: timeout.total)
