"""Ways in that the suite's other invented APIs leave out: urllib3, aiohttp, an adapter, urllib.request, and ``run``."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

import shim
from shim import aiohttp, urllib3
from shim import requests as shim_requests
from tests.documents.conftest import DOORS, Ask, Door, Got, _got


def _read(status: int, headers: Any, content: bytes) -> Got:
    return Got(status, {name.lower(): value for name, value in headers.items()}, content)


@contextmanager
def through_urllib3(origin: str) -> Iterator[Ask]:
    """Call with the drop-in pools of urllib3."""
    with urllib3.PoolManager() as pools:

        def ask(method: str, target: str, content: bytes | None = None, headers: Any = None) -> Got:
            response = pools.request(method, origin + target, body=content, headers=headers)
            return _read(response.status, response.headers, response.data)

        yield ask


@contextmanager
def through_aiohttp(origin: str) -> Iterator[Ask]:
    """Call with the drop-in session of aiohttp."""

    async def asked(method: str, target: str, content: bytes | None, headers: Any) -> Got:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, origin + target, data=content, headers=headers) as response,
        ):
            return _read(response.status, response.headers, await response.read())

    yield lambda method, target, content=None, headers=None: asyncio.run(asked(method, target, content, headers))


@contextmanager
def through_adapter(origin: str) -> Iterator[Ask]:
    """Call with requests' own session over the shim's adapter."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount(origin, shim_requests.Adapter())

        def ask(method: str, target: str, content: bytes | None = None, headers: Any = None) -> Got:
            return _got(session.request(method, origin + target, data=content, headers=headers))

        yield ask


@contextmanager
def through_urllib(origin: str) -> Iterator[Ask]:
    """Call with the standard library, in a process that has the drop-in on."""
    shim.install()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(method: str, target: str, content: bytes | None = None, headers: Any = None) -> Got:
        request = urllib.request.Request(origin + target, content, headers or {}, method=method)
        try:
            with opener.open(request) as response:
                return _read(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error.headers, error.read())

    try:
        yield ask
    finally:
        shim.uninstall()


PROGRAM = """
import json, sys, requests
method, url, content, headers = json.loads(sys.argv[1])
response = requests.request(method, url, data=content, headers=headers)
print(json.dumps([response.status_code, dict(response.headers), response.text]))
"""


@contextmanager
def through_run(origin: str) -> Iterator[Ask]:
    """Call in a program that has not heard of the shim, started with ``atlas-shim run``."""

    def ask(method: str, target: str, content: bytes | None = None, headers: Any = None) -> Got:
        asked = json.dumps([method, origin + target, content and content.decode(), headers])
        command = [sys.executable, "-m", "shim", "run", "--", sys.executable, "-c", PROGRAM, asked]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        status, fields, text = json.loads(done.stdout)
        return _read(status, fields, text.encode())

    yield ask


IN_PROCESS: dict[str, Door] = {
    **DOORS,
    "urllib3": through_urllib3,
    "aiohttp": through_aiohttp,
    "adapter": through_adapter,
    "urllib": through_urllib,
}
