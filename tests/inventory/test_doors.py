"""Every door writes retired calls to the inventory: the Python ones with file and line, the gateway with the agent."""

import asyncio
import ipaddress
import json
import sys
import warnings

import pytest

from shim import httpx, requests
from shim.core.memory import Memory
from shim.dropin import runtime as process
from shim.errors import LegacyEndpointWarning
from shim.fake import FakeAtlas, constants
from shim.fake.server import serve_in_thread
from tests.peers.raw import until
from tests.peers.served import ask, gateway, get

TARGET = f"/api/atlas/v2/groups/{constants.DEMO_GROUP}/serverless/{constants.DEMO_CLUSTER}/backup/snapshots"


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
    with serve_in_thread(FakeAtlas()) as server:
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


def test_httpx_names_the_line_of_the_call(file, url):
    """The call site is in the program, not in httpx or the shim."""
    here = sys._getframe().f_lineno + 1
    httpx.get(url, headers={"Authorization": "Bearer demo-access-token"})
    (line,) = lines(file)
    assert (line["file"], line["line"]) == (__file__, here)
    assert "demo-access-token" not in file.read_text()


def test_async_httpx_names_the_line_of_the_call(file, url):
    """The call site is the line where a coroutine awaits the reply."""

    async def call():
        async with httpx.AsyncClient() as client:
            line = sys._getframe().f_lineno + 1
            await client.get(url)
            return line

    here = asyncio.run(call())
    assert [(line["file"], line["line"]) for line in lines(file)] == [(__file__, here)]


def test_requests_names_the_line_of_the_call(file, url):
    """The call site is in the program with requests too."""
    here = sys._getframe().f_lineno + 1
    requests.get(url, timeout=10).close()
    assert [(line["file"], line["line"]) for line in lines(file)] == [(__file__, here)]


def test_the_gateway_names_the_agent_and_its_address(file, url):
    """The gateway knows its callers by User-Agent and by where they call from."""
    with gateway(url.removesuffix(TARGET)) as served:
        ask(served, get(TARGET, "User-Agent: terraform-provider/1.4", "Authorization: Bearer demo-access-token"))
        until(lambda: len(lines(file)) == 2, "the call was written down")
    _, line = lines(file)
    assert (line["agent"], line["peer"]) == ("terraform-provider/1.4", "127.0.0.1")
    assert line["operation"] == "listServerlessBackupSnapshots"
    assert "file" not in line


def test_the_gateway_names_the_address_behind_a_trusted_balancer(file, url):
    """Else every caller would come from the balancer."""
    trusted = (ipaddress.ip_network("127.0.0.1/32"),)
    with gateway(url.removesuffix(TARGET), trusted_proxies=trusted) as served:
        ask(served, get(TARGET, "X-Forwarded-For: 203.0.113.9", "Authorization: Bearer demo-access-token"))
        until(lambda: len(lines(file)) == 2, "the call was written down")
    assert lines(file)[1]["peer"] == "203.0.113.9"


def test_other_calls_are_not_written_down(file, url):
    """A call of a flex endpoint makes no line."""
    flex = url.replace("/serverless/", "/flexClusters/")
    httpx.get(flex)
    requests.get(flex, timeout=10).close()
    assert not file.exists()


def test_without_an_inventory_nothing_is_looked_up(url, monkeypatch):
    """A program without an inventory does not have its frames searched for a call site."""
    monkeypatch.delenv("ATLAS_SHIM_INVENTORY", raising=False)
    monkeypatch.setattr("shim.dropin.recognition.call_site", lambda: pytest.fail("looked up"))
    assert httpx.get(url).status_code in {200, 401}
