"""Probes and metrics, on a listener of their own."""

import os

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shim.core.recognise import shared_engine
from shim.gateway import Gateway
from tests.gateway.test_signing import PATH
from tests.peers.raw import raw_upstream, reply, replying
from tests.peers.served import At, ask, gateway, get, status_of, value_of


def admin(served: Gateway) -> At:
    """Return a gateway's admin listener."""
    return At(served.admin_url or "")


def samples(served: Gateway) -> dict[tuple[str, ...], float]:
    """Return the metrics by name and sorted label values, read as Prometheus reads them."""
    head, content = ask(admin(served), get("/metrics"))
    assert (value_of(head, "Content-Type") or "").startswith("text/plain; version=")
    found = {}
    for family in text_string_to_metric_families(content.decode()):
        for sample in family.samples:
            found[(sample.name, *sorted(sample.labels.values()))] = sample.value
    return found


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/readyz?verbose"])
def test_probes_do_not_ask_upstream(path):
    """An upstream that is down doesn't take the gateway out of service."""

    def script(_: object) -> None:
        return

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        assert ask(admin(served), get(path))[1] == b"ok\n"
        assert upstream.connections == 0


def test_metrics_count_by_operation_and_never_by_id():
    """Retired calls count under their operation, all others as 'other'; no label holds an id."""
    with replying(reply(b'{"results":[]}')) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH))
        ask(served, get("/x/6510aa1b2c3d4e5f60718293"))
        ask(served, get("/x/../y"))
        found = samples(served)
    match = shared_engine(os.environ).recognise("GET", PATH, ())
    assert match is not None
    operation = match.operation.id
    assert found["atlas_shim_requests_total", *sorted((operation, "flex", "2xx"))] == 1
    assert found["atlas_shim_requests_total", "2xx", "other", "pass"] == 1
    assert found["atlas_shim_requests_total", "4xx", "other", "pass"] == 1
    assert found["atlas_shim_translation_seconds_count",] == 1
    assert found["atlas_shim_in_flight_requests",] == 0
    assert found["atlas_shim_fidelity_total", *sorted((operation, "absent"))] >= 1
    assert "6510aa1b" not in str(found)


def test_only_reading():
    """The admin listener takes no other method and has no other page."""
    with gateway("http://127.0.0.1:1") as served:
        assert status_of(ask(admin(served), get("/livez", method="POST"))[0]) == 405
        assert status_of(ask(admin(served), get("/api/atlas/v2/groups"))[0]) == 404


def test_it_can_be_left_out():
    """Without an admin address there is no such listener."""
    with gateway("http://127.0.0.1:1", admin=None) as served:
        assert served.admin_url is None
