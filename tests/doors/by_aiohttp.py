"""aiohttp, by its sessions."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp as plain
from yarl import URL

import shim
from shim import aiohttp as ours
from tests.doors.calls import basic
from tests.doors.door import Client, Door, Got


class _Client(Client):
    def __init__(self, native: plain.ClientSession, runner: asyncio.Runner, proxy: str | None) -> None:
        self.native, self._runner, self._proxy = native, runner, proxy

    def ask(self, url: str, method: str = "GET", headers: Any = None, **body: Any) -> Got:
        """Call in the session's loop."""
        return self._runner.run(self._ask(url, method, headers, **body))

    async def _ask(self, url: str, method: str, headers: Any, **body: Any) -> Got:
        target = URL(url, encoded=True)
        async with self.native.request(method, target, headers=headers, proxy=self._proxy, **body) as response:
            return Got(
                response.status,
                response.reason or "",
                [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers],
                await response.read(),
                [str(each.url) for each in (response, *response.history)],
                shim.record(response),
            )

    def begin(self, url: str, size: int) -> bytes:
        """Read exactly so much."""

        async def begun() -> bytes:
            async with self.native.get(url) as response:
                return bytes(await response.content.readexactly(size))

        return self._runner.run(begun())

    def many(self, urls: Sequence[str], headers: Any) -> list[Got]:
        """Gather them."""

        async def all_of_them() -> list[Got]:
            return await asyncio.gather(*(self._ask(url, "GET", headers) for url in urls))

        return self._runner.run(all_of_them())


class Aiohttp(Door):
    """The session."""

    refused, loops = plain.ClientConnectorError, plain.TooManyRedirects
    broken, late = (plain.ClientPayloadError, plain.ServerDisconnectedError), asyncio.TimeoutError

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open a ClientSession, in a loop of its own."""
        library, key, user = plain if own else ours, options.get("key"), options.get("user")

        async def made() -> plain.ClientSession:
            session: plain.ClientSession = library.ClientSession(
                headers=basic(user) if user else None,
                middlewares=[plain.DigestAuthMiddleware(*key)] if key else (),
                timeout=plain.ClientTimeout(total=options.get("timeout", 30.0)),
                cookie_jar=plain.CookieJar(unsafe=True),
                raise_for_status=options.get("checks", False),
                auto_decompress=not options.get("wire", False),
            )
            return session

        with asyncio.Runner() as runner:
            native = runner.run(made())
            try:
                yield _Client(native, runner, options.get("proxy"))
            finally:
                runner.run(native.close())

    def forms(self, text: bytes) -> Any:
        """As ``json`` or ``data``."""

        async def pieces() -> Any:
            yield text[:9]
            yield text[9:]

        return {
            "json": lambda: {"json": json.loads(text)},
            "text": lambda: {"data": text.decode()},
            "bytes": lambda: {"data": text},
            "file": lambda: {"data": io.BytesIO(text)},
            "pieces": lambda: {"data": pieces()},
            "payload": lambda: {"data": plain.JsonPayload(json.loads(text))},
        }
