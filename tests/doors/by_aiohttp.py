"""aiohttp, by its sessions."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp as plain
import pytest
from yarl import URL

import shim
from shim import aiohttp as ours
from tests.doors.calls import basic
from tests.doors.door import ALL_FORMS, Client, Door, Got, noting
from tests.peers.digest_in_aiohttp import signing


class _Client(Client):
    def __init__(
        self, native: plain.ClientSession, runner: asyncio.Runner, **options: Any
    ) -> None:
        self.native = native
        self.runner = runner
        self.options = options

    async def asked(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        target = URL(url, encoded=True)
        async with self.native.request(
            method, target, headers=headers, **self.options, **body
        ) as response:
            return Got(
                response.status,
                response.reason or "",
                [
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in response.raw_headers
                ],
                await response.read(),
                [str(each.url) for each in (response, *response.history)],
                shim.record(response),
            )

    def ask(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        """Call by ``request``."""
        return self.runner.run(self.asked(url, method, headers, **body))

    def begin(self, url: str, size: int) -> bytes:
        """Read exactly this many bytes."""

        async def begun() -> bytes:
            async with self.native.get(url) as response:
                return bytes(await response.content.readexactly(size))

        return self.runner.run(begun())

    def many(self, urls: Sequence[str], headers: Any) -> list[Got]:
        """Gather the calls."""

        async def together() -> list[Got]:
            return await asyncio.gather(
                *(self.asked(url, headers=headers) for url in urls)
            )

        return self.runner.run(together())


class Aiohttp(Door):
    """The session."""

    refused = plain.ClientConnectorError
    loops = plain.TooManyRedirects
    is_awaited = True
    trips = ((2, 1, 1)) if hasattr(plain, "DigestAuthMiddleware") else (())
    content = "data"
    takes = (*ALL_FORMS, "payload")
    broken = (plain.ClientPayloadError, plain.ServerDisconnectedError)
    late = asyncio.TimeoutError

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open a ClientSession, in a loop of its own."""
        library = plain if own else ours
        key = options.get("key")
        user = options.get("user")

        async def made() -> plain.ClientSession:
            session: plain.ClientSession = library.ClientSession(
                headers=basic(user) if user else None,
                **({"middlewares": signing(*key)} if key else {}),
                timeout=plain.ClientTimeout(total=options.get("timeout", 30.0)),
                cookie_jar=plain.CookieJar(unsafe=True),
                raise_for_status=options.get("checks", False),
                auto_decompress=not options.get("wire", False),
            )
            return session

        with asyncio.Runner() as runner:
            native = runner.run(made())
            try:
                follows = options.get("follows", True)
                yield _Client(
                    native, runner, proxy=options.get("proxy"), allow_redirects=follows
                )
            finally:
                runner.run(native.close())

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Record in the method below all others."""
        return noting(
            monkeypatch,
            plain.ClientSession,
            "_request",
            lambda *_, timeout, **options: timeout.total,
        )
