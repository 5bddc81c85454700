"""Former M2 and M5 clusters at a fake Atlas, which answers as it does since January 2026, by gateway and import."""

import warnings

import httpx
import pytest

import shim
import shim.httpx
from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from shim.gateway import read_options, serve_in_thread

CLUSTERS = f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters"
HEADERS = {"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": "application/vnd.atlas.2024-08-05+json"}
WORDS = {"ATLAS_SHIM_READS": "former-clusters", "ATLAS_SHIM_WRITES": "former-clusters"}


@pytest.fixture
def atlas():
    """A flex cluster, which may have been an M5, and a dedicated one."""
    with FakeServer(FakeAtlas()) as server:
        yield server


def names(answer):
    """Return the names of the clusters in a list."""
    return [one["name"] for one in answer.json()["results"]]


@pytest.fixture(params=["gateway", "import"])
def client(request, atlas, monkeypatch, tmp_path):
    """A client of each way in, with an inventory, and with warnings as errors."""
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(tmp_path / "calls.jsonl"))
    if request.param == "gateway":
        flags = {"listen": "127.0.0.1:0", "admin": "off", "upstream": atlas.url}
        flags |= {"reads": "former-clusters", "writes": "former-clusters"}
        environ = {"ATLAS_SHIM_INVENTORY": str(tmp_path / "calls.jsonl")}
        with (
            serve_in_thread(read_options({}, flags), environ=environ) as served,
            httpx.Client(base_url=served.url, headers=HEADERS, trust_env=False) as client,
        ):
            yield client
    else:
        for name, word in (WORDS | {"ATLAS_SHIM_UPSTREAM": atlas.url, "ATLAS_SHIM_WARNINGS": "error"}).items():
            monkeypatch.setenv(name, word)
        with shim.httpx.Client(base_url=atlas.url, headers=HEADERS, trust_env=False) as client:
            yield client
    lines = (tmp_path / "calls.jsonl").read_text() if (tmp_path / "calls.jsonl").exists() else ""
    assert '"operation"' not in lines, "no call of it is a retired one"


def test_clusters_are_read_and_listed(client, atlas):
    """What Atlas keeps under /clusters passes to the byte; what it does not is made of a flex cluster."""
    with warnings.catch_warnings(action="error"):
        former, dedicated = client.get(f"{CLUSTERS}/{DEMO_CLUSTER}"), client.get(f"{CLUSTERS}/{DEMO_DEDICATED}")
        both = client.get(CLUSTERS)
    assert former.json()["replicationSpecs"][0]["regionConfigs"][0]["providerName"] == "TENANT"
    direct = httpx.get(f"{atlas.url}{CLUSTERS}/{DEMO_DEDICATED}", headers=HEADERS, trust_env=False)
    assert dedicated.content == direct.content
    assert (names(both), both.json()["totalCount"]) == ([DEMO_DEDICATED, DEMO_CLUSTER], 2)
    assert {"sunset", "deprecation"}.isdisjoint({*former.headers, *dedicated.headers, *both.headers})
    records = [shim.record(former), shim.record(dedicated)]
    if any(records):
        assert [record.route for record in records if record] == ["former", "legacy"]
    else:
        assert former.headers["Atlas-Shim"].startswith("route=former")
        assert "Atlas-Shim" not in dedicated.headers
