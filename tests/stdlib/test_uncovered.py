# mypy: disable-error-code="union-attr"
"""A retired call by an uncovered library passes with a warning; a covered call has no second one."""

import asyncio
import http.client
import json
import sys
import types
from functools import partial
from typing import Any

import pytest

import shim
from shim.doors import switch
from shim.errors import LegacyEndpointWarning
from tests.doors.calls import BEARER, SNAPSHOTS, gone


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The inventory of this process."""
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(path))
    return path


@pytest.fixture
def connected(raw):
    """A server after the sunset, and a connection to it."""
    server = raw(gone)
    connection = http.client.HTTPConnection(
        server.url.removeprefix("http://"), timeout=10
    )
    yield server, connection
    connection.close()


@pytest.mark.parametrize("by", ["request", "putrequest"])
def test_http_client_causes_a_warning(connected, file, by):
    """The warning is at the caller's line and names the remedy.

    The call is unchanged.
    """
    server, connection = connected
    send = partial(connection.request, "GET", SNAPSHOTS, headers=BEARER)
    if by == "putrequest":
        connection.putrequest("GET", SNAPSHOTS)
        send = connection.endheaders
    with pytest.warns(
        LegacyEndpointWarning, match="made with http.client,.*atlas-shim serve"
    ) as caught:
        send()
    here = sys._getframe().f_lineno - 1
    with connection.getresponse() as response:
        assert response.status == 410
        assert response.read() == b"{}"
    assert [(one.filename, one.lineno) for one in caught] == [(__file__, here)]
    (line,) = map(json.loads, file.read_text().splitlines())
    assert line["operation"] == "listServerlessBackupSnapshots"
    assert line["route"] == "legacy"
    assert line["line"] == here
    assert line["reason"] == "atlas-shim does not cover http.client"
    assert server.targets() == [SNAPSHOTS]


def test_warnings_as_errors_stop_the_call(connected, monkeypatch):
    """The covered libraries do the same."""
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "error")
    server, connection = connected
    with pytest.raises(LegacyEndpointWarning):
        connection.request("GET", SNAPSHOTS)
    assert server.requests == []


@pytest.mark.parametrize("switched", ["off", "shim.uninstall"])
def test_a_disabled_shim_warns_of_nothing(connected, file, monkeypatch, switched):
    """It may be off by the setting, or for the process."""
    if switched == "off":
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")
    else:
        shim.uninstall()
    _, connection = connected
    connection.request("GET", SNAPSHOTS)
    connection.getresponse().close()
    assert not file.exists()


NIQUESTS = """
import asyncio
from urllib.parse import urlsplit
import urllib3

class Request:
    method, headers = "GET", {"Accept": "application/json"}

class Session:
    def send(self, request, **options):
        with urllib3.PoolManager() as http:
            return http.request("GET", request.url).status

class AsyncSession(Session):
    async def send(self, request, **options):
        parts = urlsplit(request.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(f"GET {parts.path} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n".encode())
        status = (await reader.read(12)).split()[1]
        writer.close()
        return int(status)
"""


TWISTED = """
class Agent:
    def request(self, method, uri, headers=None, bodyProducer=None): return uri
"""


@pytest.fixture
def stand_in(monkeypatch):
    """Replace a library by a module of the same shape, as if the program had imported it."""

    def made(name, code):
        module: Any = types.ModuleType(name)
        exec(code, vars(module))
        monkeypatch.setitem(sys.modules, name, module)
        switch._hear(module)
        return module

    return made


@pytest.mark.parametrize("kind", ["Session", "AsyncSession"])
def test_niquests_causes_a_warning(raw, file, stand_in, kind):
    """Its fork of urllib3 replaces urllib3, whose entry point ignores the call."""
    niquests = stand_in("niquests", NIQUESTS)
    server = raw(gone)
    request = niquests.Request()
    session = getattr(niquests, kind)()
    completed = asyncio.run if kind == "AsyncSession" else int
    request.url = f"{server.url}{SNAPSHOTS}"
    with pytest.warns(LegacyEndpointWarning, match="made with niquests,") as caught:
        status = completed(session.send(request))
    assert status == 410
    assert len(caught) == 1
    assert server.targets() == [SNAPSHOTS]
    assert len(file.read_text().splitlines()) == 1


def test_twisted_causes_a_warning(stand_in):
    """Its agent takes bytes."""
    url = f"https://cloud.mongodb.com{SNAPSHOTS}".encode()
    with pytest.warns(LegacyEndpointWarning, match=r"made with twisted\.web\.client,"):
        assert (
            stand_in("twisted.web.client", TWISTED).Agent().request(b"GET", url) == url
        )
