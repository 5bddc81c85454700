"""httpx and httpx2, with both of their clients."""

import asyncio
import contextlib
import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import shim
from tests.doors.door import Client, Door, Got, noting


class _Client(Client):
    """A synchronous client, or an asynchronous one with a runner."""

    def __init__(
        self, native: Any, runner: asyncio.Runner | None, *, wire: bool
    ) -> None:
        self.native = native
        self.runner = runner
        self.wire = wire

    def settled(self, result: Any) -> Any:
        if self.runner is None:
            return result
        return self.runner.run(result)

    def ask(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        """Send a request; stream it to get the content as on the wire."""
        request = self.native.build_request(method, url, headers=headers, **body)
        response = self.settled(self.native.send(request, stream=self.wire))
        read = _read if self.runner is None else _aread
        return _got(
            response, self.settled(read(response)) if self.wire else response.content
        )

    def begin(self, url: str, size: int) -> bytes:
        """Send a request with a streamed reply."""
        response = self.settled(
            self.native.send(self.native.build_request("GET", url), stream=True)
        )
        if self.runner is None:
            with contextlib.closing(response):
                return bytes(_read(response, size))
        return bytes(self.settled(_aread(response, size)))

    def many(self, urls: Sequence[str], headers: Any) -> list[Got]:
        """Gather the calls of an asynchronous client."""
        if self.runner is None:
            return super().many(urls, headers)

        async def together() -> list[Any]:
            return await asyncio.gather(
                *(self.native.get(url, headers=headers) for url in urls)
            )

        return [
            _got(response, response.content) for response in self.settled(together())
        ]


def _read(response: Any, size: int | None = None) -> bytes:
    parts: Iterator[bytes] = response.iter_raw()
    if size is None:
        return b"".join(parts)
    return next(parts)[:size]


async def _aread(response: Any, size: int | None = None) -> bytes:
    async with (
        contextlib.aclosing(response),
        contextlib.aclosing(response.aiter_raw()) as parts,
    ):
        if size is None:
            return b"".join([part async for part in parts])
        first: bytes = await anext(parts)
        return first[:size]


def _got(response: Any, content: bytes) -> Got:
    return Got(
        response.status_code,
        response.reason_phrase,
        [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in response.headers.raw
        ],
        content,
        [str(each.url) for each in (response, *response.history)],
        shim.record(response),
    )


def _check(response: Any) -> None:
    response.raise_for_status()


async def _acheck(response: Any) -> None:
    response.raise_for_status()


class Httpx(Door):
    """The synchronous client, or the asynchronous one with ``is_awaited``."""

    timeouts = 4
    content = "content"
    takes = ("json", "text", "bytes", "pieces")

    def __init__(self, name: str, *, is_awaited: bool = False) -> None:
        self.plain = pytest.importorskip(name)
        self.is_awaited = is_awaited
        self.ours = importlib.import_module(f"shim.{name}")
        self.refused = self.plain.ConnectError
        self.broken = self.plain.RemoteProtocolError
        self.late = self.plain.ReadTimeout
        self.loops = self.plain.TooManyRedirects

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open a client, an asynchronous one in a loop of its own."""
        key = options.get("key")
        library = self.plain if own else self.ours
        check = _acheck if self.is_awaited else _check
        native = (library.AsyncClient if self.is_awaited else library.Client)(
            auth=library.DigestAuth(*key) if key else options.get("user"),
            timeout=options.get("timeout", 30.0),
            proxy=options.get("proxy"),
            event_hooks={"response": [check]} if options.get("checks") else None,
            follow_redirects=options.get("follows", True),
        )
        with (
            asyncio.Runner() if self.is_awaited else contextlib.nullcontext() as runner
        ):
            client = _Client(native, runner, wire=options.get("wire", False))
            try:
                yield client
            finally:
                client.settled(native.aclose() if self.is_awaited else native.close())

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Record in the transport."""
        if self.is_awaited:
            name = "AsyncHTTPTransport.handle_async_request"
        else:
            name = "HTTPTransport.handle_request"
        transport, _, method = name.partition(".")
        owner = getattr(self.plain, transport)
        return noting(
            monkeypatch,
            owner,
            method,
            lambda _, request: request.extensions["timeout"]["read"],
        )
