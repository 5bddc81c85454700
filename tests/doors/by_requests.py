"""requests, by its sessions."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests as plain

import shim
from shim import requests as ours
from tests.doors.door import Client, Door, Got, noting


class _Client(Client):
    def __init__(self, native: plain.Session, *, wire: bool, **options: Any) -> None:
        self.native = native
        self.wire = wire
        self.options = options

    def ask(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        """Call by ``request``."""
        with self.native.request(
            method, url, headers=headers, stream=self.wire, **self.options, **body
        ) as response:
            if self.wire:
                content = response.raw.read(decode_content=False)
            else:
                content = response.content
            return Got(
                response.status_code,
                response.reason,
                list(response.raw.headers.items()),
                content,
                [each.url for each in (response, *response.history)],
                shim.record(response),
            )

    def begin(self, url: str, size: int) -> bytes:
        """Call by a stream."""
        with self.native.get(url, stream=True, **self.options) as response:
            return bytes(next(response.iter_content(size)))


class Requests(Door):
    """The session."""

    refused = plain.ConnectionError
    late = plain.Timeout
    loops = plain.TooManyRedirects
    broken = (plain.ConnectionError, plain.exceptions.ChunkedEncodingError)
    timeouts = 2
    content = "data"

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Open a Session."""
        with (plain if own else ours).Session() as native:
            key = options.get("key")
            native.auth = (
                plain.auth.HTTPDigestAuth(*key) if key else options.get("user")
            )
            if proxy := options.get("proxy"):
                native.proxies = {"http": proxy}
            if options.get("checks"):
                native.hooks["response"].append(
                    lambda response, **_: response.raise_for_status()
                )
            how = {
                "timeout": options.get("timeout", 30.0),
                "allow_redirects": options.get("follows", True),
            }
            yield _Client(native, wire=options.get("wire", False), **how)

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Record in the adapter, which accepts a number or a pair."""

        def wait(*_: Any, timeout: Any, **__: Any) -> Any:
            if isinstance(timeout, tuple):
                return timeout[1]
            return timeout

        return noting(monkeypatch, plain.adapters.HTTPAdapter, "send", wait)
