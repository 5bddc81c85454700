"""urllib3, by its managers."""

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
import urllib3 as plain
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError

import shim
from shim import urllib3 as ours
from tests.doors.calls import basic
from tests.doors.door import Client, Door, Got, noting

OLD = inspect.ismodule(plain.request)
"""urllib3 1.26 shows the last redirect, or nothing."""


class _Client(Client):
    def __init__(self, native: plain.PoolManager, *, wire: bool) -> None:
        self.native = native
        self.wire = wire
        # Only the caller of this client decides about repetitions.
        self.retries = plain.Retry(connect=0, read=0, redirect=5, status=0)

    def ask(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        """Call by ``request``."""
        headers = {**(self.native.headers or {}), **(headers or {})}
        response = self.native.request(
            method,
            url,
            headers=headers,
            retries=self.retries,
            decode_content=not self.wire,
            **body,
        )
        return Got(
            response.status,
            response.reason or "",
            list(response.headers.items()),
            response.data,
            [None if OLD else urljoin(url, response.geturl() or "")],
            shim.record(response),
        )

    def begin(self, url: str, size: int) -> bytes:
        """Call without loading content."""
        response = self.native.request(
            "GET", url, retries=self.retries, preload_content=False
        )
        try:
            return bytes(next(response.stream(size)))
        finally:
            response.close()


class Urllib3(Door):
    """The manager."""

    refused = loops = MaxRetryError
    late = (MaxRetryError, ReadTimeoutError)
    broken = (MaxRetryError, ProtocolError)
    trips = ()
    keeps_cookies = False
    timeouts = 2
    content = "body"
    takes = ("text", "bytes", "file", "pieces")
    signs_by_url = False

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open a PoolManager or ProxyManager of one connection to each host."""
        library = plain if own else ours
        user = options.get("user")
        more: dict[str, Any] = {"timeout": options.get("timeout", 30.0), "maxsize": 1}
        more |= {"headers": basic(user)} if user else {}
        proxy = options.get("proxy")
        with (
            library.ProxyManager(proxy, **more)
            if proxy
            else library.PoolManager(**more) as native
        ):
            yield _Client(native, wire=options.get("wire", False))

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Record in the pool, which converts every form of timeout."""

        def wait(*_: Any, timeout: Any, **__: Any) -> Any:
            return timeout.total or timeout._read

        return noting(monkeypatch, plain.HTTPConnectionPool, "_make_request", wait)
