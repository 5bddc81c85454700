"""Sunsets that upstream announces appear in log, page, metrics and inventory, for every call."""

import json

import pytest

from shim.core.settings import RouteWord
from tests.gateway.metrics.conftest import Page as Metrics
from tests.gateway.test_translating import EMPTY, V1
from tests.peers.pages import Page
from tests.peers.raw import reply, replying, until
from tests.peers.served import ask, counted, gateway, get

SUNSET = "Sunset: Thu, 1 Jul 2027 00:00:00 GMT"
PEERS = "/api/atlas/v2/groups/0123456789abcdef01234567/peers"
SHAPE = "/api/atlas/v2/groups/{}/peers/{}"
READ = get(
    f"{PEERS}/orders",
    "Accept: application/vnd.atlas.2023-02-01+json",
    "User-Agent: report/1",
)
LABELS = {"method": "GET", "path": SHAPE, "version": "2023-02-01"}


def told(caplog):
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "shim.tools.radar"
    ]


def page(served, path):
    return ask(counted(served), get(path, host="localhost"))[1].decode()


def announced(served):
    return json.loads(page(served, "/status.json"))["announced"]


def test_an_unrecognized_call_is_reported_everywhere(caplog, tmp_path):
    """Its response is passed on unchanged."""
    file = tmp_path / "calls.jsonl"
    with (
        pytest.MonkeyPatch.context() as patch,
        replying(reply(b"{}", SUNSET, "deprecation: @1722816000")) as upstream,
    ):
        patch.setenv("ATLAS_SHIM_INVENTORY", str(file))
        with gateway(upstream.origin) as served:
            for _ in range(2):
                head, content = ask(served, READ)
                assert SUNSET.encode() in head
                assert content == b"{}"
            (one,) = announced(served)
            metrics = Metrics(page(served, "/metrics"))
            shown = Page(page(served, "/"))
            until(
                lambda: file.exists() and len(file.read_text().splitlines()) == 3,
                "both calls are written down",
            )
    assert one["path"] == SHAPE
    assert one["version"] == "2023-02-01"
    assert one["calls"] == 2
    assert one["sunset"] == "2027-07-01T00:00:00Z"
    assert one["deprecation"] == "2024-08-05T00:00:00Z"
    assert one["callers"] == ["report/1 from 127.0.0.1"]
    samples = {
        name: metrics.all(name) for name in metrics.names if "_announced_" in name
    }
    ((_, last),) = samples.pop("atlas_shim_announced_last_call_timestamp_seconds")
    assert last > 1.7e9
    assert samples == {
        "atlas_shim_announced_sunset_timestamp_seconds": [(LABELS, 1814400000)],
    }
    assert f"GET {SHAPE}" in shown.texts["code"]
    line = json.loads(file.read_text().splitlines()[1])
    assert line["announced"] == f"GET {SHAPE}"
    assert line["sunset"] == "2027-07-01T00:00:00Z"
    assert line["agent"] == "report/1"
    assert line["peer"] == "127.0.0.1"
    assert len(told(caplog)) == 1
    assert "orders" not in file.read_text() + str(told(caplog)) + str(one)


@pytest.mark.parametrize(("route", "path"), [
    (RouteWord.LEGACY, "/api/atlas/v1.0/groups/{groupId}/serverless/{clusterName}/backup/snapshots"),
    (RouteWord.FLEX, "/api/atlas/v2/groups/{}/flexClusters/{}/backup/snapshots"),
])  # fmt: skip
def test_only_upstreams_own_announcements_count(route, path):
    """The original call counts, and fields that the gateway adds do not."""
    with (
        replying(reply(EMPTY, SUNSET)) as upstream,
        gateway(upstream.origin, route=route) as served,
    ):
        ask(served, get(V1))
        assert [(one["path"], one["sunset"]) for one in announced(served)] == [
            (path, "2027-07-01T00:00:00Z")
        ]


def test_without_announcements_nothing_is_shown():
    """The gateway's own Sunset field in a translated response is only for the caller."""
    with (
        replying(reply(EMPTY)) as upstream,
        gateway(upstream.origin, route=RouteWord.FLEX) as served,
    ):
        assert b"Sunset: " in ask(served, get(V1))[0]
        assert announced(served) == []
        assert "next sunsets" not in page(served, "/status.txt")
