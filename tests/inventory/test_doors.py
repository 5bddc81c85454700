"""Every door writes retired calls to the inventory, unanswered ones too: the Python doors with file and line."""

import asyncio
import ipaddress
import json
import socket
import warnings
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

import shim
from shim import aiohttp, httpx, httpx2, requests, urllib3
from shim.core.context import Memory
from shim.doors import process
from shim.errors import LegacyEndpointWarning
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas
from shim.fake.server import FakeServer
from tests.fake.asking import BEARER
from tests.peers.raw import until
from tests.peers.served import ask, gateway, get

TARGET = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The inventory of this process."""
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(path))
    return path


@pytest.fixture
def url(monkeypatch):
    """A retired call to a fake Atlas after the sunset."""
    monkeypatch.setattr(process, "MEMORY", Memory())
    with FakeServer(FakeAtlas()) as server:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        yield f"{server.url}{TARGET}"


@pytest.fixture(autouse=True)
def unwarned():
    """These tests are not about the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyEndpointWarning)
        yield


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_the_gateway_names_the_agent_and_its_address(file, url):
    """By User-Agent, and behind a trusted balancer: else every caller would come from there."""
    trusted = (ipaddress.ip_network("127.0.0.1/32"),)
    with gateway(url.removesuffix(TARGET), trusted_proxies=trusted) as served:
        ask(served, get(TARGET, "X-Forwarded-For: 203.0.113.9", "User-Agent: terraform/1.4", "Authorization: Bearer x"))
        until(lambda: len(lines(file)) == 2, "the call was written down")
    line = lines(file)[1]
    assert (line["agent"], line["peer"]) == ("terraform/1.4", "203.0.113.9")
    assert "file" not in line


def test_other_calls_are_not_written_down(file, url):
    """A call of a flex endpoint makes no line."""
    flex = url.replace("/serverless/", "/flexClusters/")
    httpx.get(flex)
    requests.get(flex, timeout=10).close()
    assert not file.exists()


async def by_aiohttp(url):
    async with aiohttp.ClientSession() as session:
        await session.get(url, headers=BEARER)


async def by_async_httpx(url):
    async with httpx.AsyncClient() as client:
        await client.get(url, headers=BEARER)


def by_urllib3(url):
    http = urllib3.PoolManager()
    try:
        http.request("GET", url, retries=1, headers=BEARER)
    finally:
        http.clear()


CALLS: dict[str, Any] = {
    "httpx": (lambda url: httpx.get(url, headers=BEARER), httpx.ConnectError),
    "httpx, async": (lambda url: asyncio.run(by_async_httpx(url)), httpx.ConnectError),
    "httpx2": (lambda url: httpx2.get(url, headers=BEARER), httpx2.ConnectError),
    "requests": (lambda url: requests.get(url, headers=BEARER, timeout=10).close(), requests.ConnectionError),
    "urllib3": (by_urllib3, urllib3.exceptions.MaxRetryError),
    "aiohttp": (lambda url: asyncio.run(by_aiohttp(url)), aiohttp.ClientConnectorError),
    "urllib.request": (lambda url: urlopen(Request(url, headers=BEARER)).close(), URLError),
}


@pytest.mark.parametrize("library", CALLS)
def test_a_door_names_the_line_of_the_call(file, url, monkeypatch, library):
    """The line is the program's, not a library's or the shim's; without an answer the reason is the exception."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    call, fault = CALLS[library]
    shim.install()
    try:
        call(url)
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", nowhere)
        with pytest.raises(fault):
            call(f"{nowhere}{TARGET}")
    finally:
        shim.uninstall()
    answered, unanswered = (line for line in lines(file) if "operation" in line)
    assert answered["route"] == "flex"
    assert (unanswered["route"], unanswered["reason"]) == ("none", f"no answer: {fault.__name__}")
    assert answered["file"] == unanswered["file"] == __file__
    assert "headers=BEARER" in Path(__file__).read_text("utf-8").splitlines()[answered["line"] - 1]
    assert "demo-access-token" not in file.read_text()
