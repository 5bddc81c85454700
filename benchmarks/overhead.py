"""What a program pays that never calls Atlas: its calls without and with the drop-in, in turn, medians.

No socket takes part, so that the difference is the wrappers' and not the network's.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median

import httpx
import requests

import shim

URL = "http://example.test/api/v1/things?page=2"
BLOCK = 20
"""Calls in a row on one side before the other's turn."""


class _Client(httpx.Client):
    """A client that install() does not reach: its send is httpx's own, taken before."""

    send = httpx.Client.send


class _Session(requests.Session):
    """A session that install() does not reach, in the same way."""

    get_adapter = requests.Session.get_adapter


def measure(rounds: int) -> list[tuple[str, str]]:
    """Return (what, µs) rows: what install() adds to a call that is none of the shim's business."""
    shim.install()
    try:
        return [_httpx(rounds), _requests(rounds)]
    finally:
        shim.uninstall()


def _httpx(rounds: int) -> tuple[str, str]:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with _Client(transport=transport) as plain, httpx.Client(transport=transport) as covered:
        return _row("httpx", lambda: plain.get(URL), lambda: covered.get(URL), rounds)


def _requests(rounds: int) -> tuple[str, str]:
    with _Session() as plain, requests.Session() as covered:
        for session in (plain, covered):
            session.trust_env = False
            session.mount("http://", _Adapter())
        return _row("requests", lambda: plain.get(URL), lambda: covered.get(URL), rounds)


class _Adapter(requests.adapters.BaseAdapter):
    """Answers from memory."""

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, request.url or ""
        response._content = b""  # noqa: SLF001 - as requests' own adapter, for a body that was read
        return response

    def close(self) -> None:
        """Nothing is open."""


def _row(name: str, plain: Callable[[], object], covered: Callable[[], object], rounds: int) -> tuple[str, str]:
    _block(plain), _block(covered)
    gc.disable()
    try:
        pairs = [(_block(plain), _block(covered)) for _ in range(rounds)]
    finally:
        gc.enable()
    base, more = median(one for one, _ in pairs), median(two - one for one, two in pairs)
    return f"install() adds to any {name} call", f"{more:.2f} µs to {base:.1f} µs, {(base + more) / base:.3f}"


def _block(call: Callable[[], object]) -> float:
    """Return the microseconds of one call, the mean of a block."""
    began = time.perf_counter()
    for _ in range(BLOCK):
        call()
    return (time.perf_counter() - began) / BLOCK * 1e6
