"""Settings and documents of a process that change while its clients live."""

from pathlib import Path

import httpx as plain_httpx
import pytest
import requests as plain_requests

import shim
from shim import httpx, requests
from tests.peers.answering import reply

TUNNELS = "/api/network/v1/regions/eu/clusters/c1/tunnels"
"""A retired call of an invented API, below a path that none of the shipped documents has."""


@pytest.fixture
def server(raw):
    """An upstream of the invented API, which answers no retired call."""
    return raw(
        lambda request: (
            reply("200 OK", body=b'{"links_found": []}')
            if b"/net/" in request
            else reply("410 Gone", body=b'{"error": 410}')
        )
    )


@pytest.fixture(params=["httpx.Client", "requests.Session", "httpx patched", "requests patched"])
def client(request):
    """A client that is older than the documents."""
    if request.param.endswith("patched"):
        shim.install()
    made = {
        "httpx.Client": httpx.Client,
        "requests.Session": requests.Session,
        "httpx patched": plain_httpx.Client,
        "requests patched": plain_requests.Session,
    }[request.param]()
    yield made
    made.close()
    shim.uninstall()


def test_documents_that_come_later_are_obeyed(client, server, monkeypatch):
    """Also where they know of paths that no document did before."""
    url = f"{server.url}{TUNNELS}"
    assert client.get(url).status_code == 410
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(Path(__file__).parents[1] / "documents" / "apis"))
    assert client.get(url).status_code == 200
    monkeypatch.delenv("ATLAS_SHIM_MAPPINGS")
    assert client.get(url).status_code == 410
