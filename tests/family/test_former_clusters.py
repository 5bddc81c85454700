"""Former M2 and M5 clusters with a fake Atlas of 2026, by gateway and import."""

import warnings
from typing import Any

import pytest

import shim.httpx
from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.family.replay import caller
from tests.peers.served import gateway

CLUSTERS = f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters"
HEADERS = {
    "Authorization": f"Bearer {DEMO_TOKEN}",
    "Accept": "application/vnd.atlas.2024-08-05+json",
}
WORDS = {"ATLAS_SHIM_READS": "former-clusters", "ATLAS_SHIM_WRITES": "former-clusters"}


@pytest.fixture
def atlas():
    """A flex cluster, which may have been an M5, and a dedicated one."""
    with FakeServer(FakeAtlas()) as server:
        yield server


@pytest.fixture(params=["gateway", "import"])
def client(request, atlas, monkeypatch, tmp_path):
    """A client of each entry point, with an inventory, and with warnings as errors."""
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(tmp_path / "calls.jsonl"))
    if request.param == "gateway":
        both: dict[str, Any] = dict.fromkeys(
            ("reads", "writes"), frozenset({"former-clusters"})
        )
        with gateway(atlas.url, **both) as served, caller(served) as client:
            client.headers = HEADERS
            yield client
    else:
        for name, word in (
            WORDS | {"ATLAS_SHIM_UPSTREAM": atlas.url, "ATLAS_SHIM_WARNINGS": "error"}
        ).items():
            monkeypatch.setenv(name, word)
        with shim.httpx.Client(
            base_url=atlas.url, headers=HEADERS, trust_env=False
        ) as client:
            yield client
    if (tmp_path / "calls.jsonl").exists():
        lines = (tmp_path / "calls.jsonl").read_text()
    else:
        lines = ""
    assert '"operation"' not in lines


def test_their_calls_are_not_retired_ones(client):
    """Whichever side answers, there is no warning, no announced end and no line in the inventory."""
    with warnings.catch_warnings(action="error"):
        former = client.get(f"{CLUSTERS}/{DEMO_CLUSTER}")
        dedicated = client.get(f"{CLUSTERS}/{DEMO_DEDICATED}")
        both = client.get(CLUSTERS)
    assert [one["name"] for one in both.json()["results"]] == [
        DEMO_DEDICATED,
        DEMO_CLUSTER,
    ]
    assert {"sunset", "deprecation"}.isdisjoint(
        {*former.headers, *dedicated.headers, *both.headers}
    )
