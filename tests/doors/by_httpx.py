"""httpx and httpx2, with both of their clients."""

import asyncio
import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

import shim
from tests.doors.door import Awaited, Client, Door, Got, noting


class Httpx(Door):
    """What both clients have."""

    timeouts = 4
    content, takes = "content", ("json", "text", "bytes", "pieces")
    method: tuple[str, str]  # of the transport under all others

    def __init__(self, name: str) -> None:
        self.plain = pytest.importorskip(name)
        self.ours = importlib.import_module(f"shim.{name}")
        self.refused, self.broken = self.plain.ConnectError, self.plain.RemoteProtocolError
        self.late, self.loops = self.plain.ReadTimeout, self.plain.TooManyRedirects

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """By the transport."""
        transport, method = self.method
        owner = getattr(self.plain, transport)
        return noting(monkeypatch, owner, method, lambda _, request: request.extensions["timeout"]["read"])

    def made(self, kind: str, *, own: bool, **options: Any) -> Any:
        """Return a client of a kind."""
        key, user = options.get("key"), options.get("user")
        library = self.plain if own else self.ours
        return getattr(library, kind)(
            auth=library.DigestAuth(*key) if key else user,
            timeout=options.get("timeout", 30.0),
            proxy=options.get("proxy"),
            event_hooks={"response": [options["check"]]} if options.get("checks") else None,
            follow_redirects=True,
        )


def _got(response: Any, content: bytes) -> Got:
    return Got(
        response.status_code,
        response.reason_phrase,
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw],
        content,
        [str(each.url) for each in (response, *response.history)],
        shim.record(response),
    )


class _Client(Client):
    def __init__(self, native: Any, *, wire: bool) -> None:
        self.native, self.wire = native, wire

    def ask(self, url: str, method: str = "GET", headers: Any = None, **body: Any) -> Got:
        """Call by a stream if it is the wire's content that is wanted."""
        if not self.wire:
            response = self.native.request(method, url, headers=headers, **body)
            return _got(response, response.content)
        with self.native.stream(method, url, headers=headers, **body) as response:
            return _got(response, b"".join(response.iter_raw()))

    def begin(self, url: str, size: int) -> bytes:
        """Call by a stream."""
        with self.native.stream("GET", url) as response:
            return bytes(next(response.iter_raw())[:size])


class Blocking(Httpx):
    """The client that blocks."""

    method = "HTTPTransport", "handle_request"

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open a Client."""
        with self.made("Client", own=own, check=lambda response: response.raise_for_status(), **options) as native:
            yield _Client(native, wire=options.get("wire", False))


class _AsyncClient(Awaited):
    wire = False

    async def asked(self, url: str, method: str, headers: Any, **body: Any) -> Got:
        """As the client that blocks."""
        if not self.wire:
            response = await self.native.request(method, url, headers=headers, **body)
            return _got(response, response.content)
        async with self.native.stream(method, url, headers=headers, **body) as response:
            return _got(response, b"".join([part async for part in response.aiter_raw()]))

    async def begun(self, url: str, size: int) -> bytes:
        """As the client that blocks."""
        async with self.native.stream("GET", url) as response, contextlib.aclosing(response.aiter_raw()) as parts:
            return bytes((await anext(parts))[:size])


class Async(Httpx):
    """The client whose calls are awaited."""

    is_awaited = True
    method = "AsyncHTTPTransport", "handle_async_request"

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open an AsyncClient, in a loop of its own."""

        async def check(response: Any) -> None:
            response.raise_for_status()

        native = self.made("AsyncClient", own=own, check=check, **options)
        with asyncio.Runner() as runner:
            client = _AsyncClient(native, runner)
            client.wire = options.get("wire", False)
            try:
                yield client
            finally:
                runner.run(native.aclose())
