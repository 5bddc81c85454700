"""A call that ends in an exception was made all the same: a verdict that nobody calls must not pass it over."""

import asyncio
import json
import socket
import urllib.request
from typing import Any
from urllib.error import URLError

import pytest

import shim
from shim import aiohttp, httpx, httpx2, requests, urllib3
from tests.doors.calls import SNAPSHOTS


async def by_aiohttp(url):
    async with aiohttp.ClientSession() as session:
        await session.get(url)


async def by_async_httpx(url):
    async with httpx.AsyncClient() as client:
        await client.get(url)


def by_urllib3(url):
    http = urllib3.PoolManager()
    try:
        http.request("GET", url, retries=1)
    finally:
        http.clear()


CALLS: dict[str, Any] = {
    "httpx": (httpx.get, httpx.ConnectError),
    "httpx, async": (lambda url: asyncio.run(by_async_httpx(url)), httpx.ConnectError),
    "httpx2": (httpx2.get, httpx2.ConnectError),
    "requests": (requests.get, requests.ConnectionError),
    "urllib3": (by_urllib3, urllib3.exceptions.MaxRetryError),
    "aiohttp": (lambda url: asyncio.run(by_aiohttp(url)), aiohttp.ClientConnectorError),
    "urllib.request": (urllib.request.urlopen, URLError),
}


@pytest.mark.parametrize("library", CALLS)
def test_a_call_without_an_answer_is_written_down_once(monkeypatch, tmp_path, library):
    """With the program's line, and the exception in the place of a reason."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", url)
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(tmp_path / "calls.jsonl"))
    call, fault = CALLS[library]
    shim.install()
    try:
        with pytest.raises(fault):
            call(f"{url}{SNAPSHOTS}")
    finally:
        shim.uninstall()
    entries = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    (entry,) = [one for one in entries if "operation" in one]
    assert (entry["route"], entry["reason"]) == ("none", f"no answer: {fault.__name__}")
    assert __file__.endswith(entry["file"].rpartition("/")[2])
