"""The Grafana dashboard: a Prometheus with a gateway's metrics answers each of its queries."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.gateway.metrics.prometheus import needs_prometheus, watching
from tests.gateway.test_signing import PATH
from tests.gateway.tls.worlds import certified
from tests.peers.raw import reply, replying
from tests.peers.served import gateway, get

BOARD = json.loads(
    (Path(__file__).parents[3] / "deploy" / "grafana" / "atlas-shim.json").read_text(
        "utf-8"
    )
)
QUERIES = [
    target["expr"] for panel in BOARD["panels"] if panel["type"] != "row" for target in panel["targets"]
]  # fmt: skip
VARIABLES = {"$job": ".*", "$__rate_interval": "1m", "$__range": "1m"}


def filled(query: str) -> str:
    """Return a query with its variables replaced like in Grafana."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    assert "$" not in query
    return query


@pytest.fixture
def busy(tmp_path):
    """Yield a gateway with TLS, and a function that makes calls with different results."""
    kind = "Content-Type: application/json"
    errors = [
        reply(status=status) for status in ("404 Not Found", "503 Service Unavailable")
    ]
    caller = certified(tmp_path)
    with (
        replying(
            *[reply(b'{"results":[],"totalCount":0}', kind)] * 3,
            *[reply(), *errors] * 3,
        ) as upstream,
        gateway(upstream.origin, **caller.options) as served,
    ):

        def calls():
            for target, method in (
                (PATH, "GET"),
                ("/x", "GET"),
                ("/y", "POST"),
                ("/z", "CONNECT"),
            ):
                with caller.calling(served) as peer:
                    peer.send(get(target, method=method))
                    peer.message()

        yield served, calls


@pytest.mark.slow
@needs_prometheus
def test_every_query_returns_a_number(busy, page, tmp_path):
    """No panel is empty on a gateway with TLS after several kinds of calls."""
    served, calls = busy
    calls()
    before = page(served)
    calls()
    pages = {"atlas-shim": (before, page(served))}
    with watching(tmp_path, pages, float(int(time.time()))) as prometheus:
        found = {query: prometheus.query(filled(query)) for query in QUERIES}
    assert [
        query
        for query, said in found.items()
        if all(value == "NaN" for _, value in said)
    ] == []


def test_queries_use_existing_metrics_and_labels(busy, page):
    """The same check by name, for machines without Prometheus."""
    served, calls = busy
    calls()
    found = page(served)
    assert len(QUERIES) > 30
    for query in QUERIES:
        names = set(re.findall(r"\b(?:atlas_shim|process)_\w+", query))
        assert names <= found.names, query
        if "by (" in query:
            labels = set(re.findall(r"by \(([^)]*)\)", query)[-1].split(", "))
        else:
            labels = set()
        there = {
            label for name in names for said, _ in found.all(name) for label in said
        }
        assert labels - {"instance", "job", "le"} <= there, query


def test_grafana_can_load_the_file():
    """It has a known schema and panel types, and each query uses the selected data source."""
    assert BOARD["schemaVersion"] >= 36
    assert {one["name"] for one in BOARD["templating"]["list"]} == {"datasource", "job"}
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))
    for panel in BOARD["panels"]:
        assert panel["type"] in {"row", "stat", "table", "timeseries"}
        assert panel["title"]
        for target in panel.get("targets", ()):
            assert target["datasource"]["uid"] == "${datasource}"
            assert 'job=~"$job"' in target["expr"]
