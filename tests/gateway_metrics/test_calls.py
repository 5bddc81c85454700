"""What a call leaves in the metrics: how long it took, and whose fault it was."""

import socket
import time
from datetime import UTC, datetime

import pytest

from shim._version import __version__
from tests.gateway.test_signing import PATH
from tests.peers.raw import raw_upstream, reply, replying, until
from tests.peers.served import ask, calling, gateway, get

FLEX = reply(b'{"results":[],"totalCount":0}', "Content-Type: application/json")
SNAPSHOTS = "listServerlessBackupSnapshots"


def test_callers_and_upstream_have_histograms_by_operation_and_route(page):
    """Both count each call once, and upstream's part is no longer than the whole."""
    with replying(FLEX, reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH))
        ask(served, get("/x"))
        found = page(served)
    for labels in ({"operation": SNAPSHOTS, "route": "flex"}, {"operation": "other", "route": "pass"}):
        for what in ("request", "upstream"):
            assert found.value(f"atlas_shim_{what}_duration_seconds_count", **labels) == 1
            assert found.value(f"atlas_shim_{what}_duration_seconds_bucket", le="60.0", **labels) == 1
        whole, part = (
            found.value(f"atlas_shim_{what}_duration_seconds_sum", **labels) for what in ("request", "upstream")
        )
        assert whole is not None
        assert part is not None
        assert 0 < part <= whole
    assert found.value("atlas_shim_requests_total", operation=SNAPSHOTS, route="flex", status_class="2xx") == 1
    assert found.value("atlas_shim_translation_seconds_count") == 1
    assert found.value("atlas_shim_fidelity_total", operation=SNAPSHOTS, level="absent") == 1


def test_time_that_upstream_did_not_answer_in_counts(page):
    """A call that times out must not be missing where upstream's slowness is looked for."""

    def silent(peer):
        peer.message()
        peer.rest()

    with raw_upstream(silent) as upstream, gateway(upstream.origin, idle_timeout=0.2) as served:
        ask(served, get("/x"))
        ask(served, get(PATH))
        found = page(served)
    assert found.value("atlas_shim_upstream_duration_seconds_count") == 2
    assert (found.value("atlas_shim_upstream_duration_seconds_sum") or 0) >= 0.2
    assert found.value("atlas_shim_errors_total", origin="atlas", type="http_response_timeout") == 2
    assert found.value("atlas_shim_upstream_failures_total", type="http_response_timeout") == 2


@pytest.mark.parametrize(
    ("status", "origin"), [("500 Internal Server Error", "atlas"), ("404 Not Found", "caller"), ("200 OK", None)]
)
def test_answers_of_atlas_own_count_by_status(page, status, origin):
    """From 500 on it is Atlas' fault, below the caller's, and nobody's where there is none."""
    with replying(reply(status=status)) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x"))
        found = page(served)
    errors = {(labels["origin"], labels["type"]) for labels, value in found.all("atlas_shim_errors_total") if value}
    assert errors == ({(origin, status[:3])} if origin else set())
    assert found.value("atlas_shim_upstream_responses_total", status_class=f"{status[0]}xx") == 1


def test_unreachable_upstream_is_not_the_gateway_failing(page):
    """An alert has to tell the two apart."""
    with gateway("http://127.0.0.1:1") as served:
        ask(served, get("/x"))
        found = page(served)
    assert found.value("atlas_shim_errors_total", origin="atlas", type="connection_refused") == 1
    assert found.value("atlas_shim_errors_total", origin="shim") == 0
    assert found.value("atlas_shim_refusals_total", code="SHIM_UPSTREAM_UNREACHABLE") == 1


def test_full_gateway_is_the_gateway_failing(page):
    """What the gateway refuses since it has no room is its own."""
    with gateway("http://127.0.0.1:1", memory=1000) as served:
        ask(served, get("/x"))
        found = page(served)
    assert found.value("atlas_shim_errors_total", origin="shim", type="connection_limit_reached") == 1
    assert found.value("atlas_shim_refusals_total", code="SHIM_BUSY") == 1
    assert found.value("atlas_shim_errors_total", origin="atlas") == 0


def test_defect_is_the_gateway_failing(page, monkeypatch):
    """A call that ends in a traceback counts, though no handler answered it."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        monkeypatch.setattr(served._upstream, "send", None)
        ask(served, get("/x"))
        found = page(served)
    assert found.value("atlas_shim_errors_total", origin="shim", type="proxy_internal_error") == 1


def test_errors_of_the_core_count_by_their_type(page):
    """A successor's answer that is no JSON is Atlas' fault, by the same words as in Proxy-Status."""
    broken = reply(b"{", "Content-Type: application/json")
    with replying(broken) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH))
        ask(served, get(PATH.replace("/backup/snapshots", "") + "?pageNum=x", method="DELETE"))
        found = page(served)
    assert found.value("atlas_shim_refusals_total", code="SHIM_UPSTREAM_UNREADABLE") == 1
    assert found.value("atlas_shim_errors_total", origin="atlas", type="http_protocol_error") == 1


def test_malformed_requests_and_late_heads_are_the_callers(page):
    """They never become a call, and count all the same."""
    with gateway("http://127.0.0.1:1", header_timeout=0.1) as served:
        ask(served, b"GET / HTTP/9.9\r\n\r\n")
        ask(served, b"GET / HTTP/1.1\r\nHost: x")
        found = page(served)
    assert found.value("atlas_shim_refusals_total", code="SHIM_BAD_REQUEST") == 1
    assert found.value("atlas_shim_refusals_total", code="SHIM_REQUEST_TIMEOUT") == 1
    assert found.value("atlas_shim_errors_total", origin="caller", type="http_request_error") == 2
    assert found.value("atlas_shim_requests_total") is None


def test_reply_that_upstream_cuts_is_an_error_of_atlas(page):
    """Its head said 200, and the caller got half of it."""

    def cut(peer):
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")

    with raw_upstream(cut) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            peer.rest()
        found = page(served)
    assert found.value("atlas_shim_errors_total", origin="atlas", type="http_response_incomplete") == 1
    assert found.value("atlas_shim_requests_abandoned_total") == 0


def test_caller_that_leaves_is_counted_with_its_wait(page):
    """Who gives up waiting belongs to what callers wait, and is nobody's error."""

    def silent(peer):
        peer.message()
        peer.rest()

    with raw_upstream(silent) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            until(lambda: upstream.connections, "a call to upstream")
        found = until(lambda: (one := page(served)).value("atlas_shim_requests_abandoned_total") and one, "the count")
    assert found.value("atlas_shim_requests_abandoned_total", operation="other") == 1
    assert found.value("atlas_shim_request_duration_seconds_count") == 1
    assert found.value("atlas_shim_errors_total") == 0


def test_last_retired_call_of_each_operation(page):
    """Zero says that nobody made one since the start; a call of its own time moves its operation's alone."""
    name = "atlas_shim_last_retired_call_timestamp_seconds"
    with replying(FLEX) as upstream, gateway(upstream.origin) as served:
        before = page(served)
        began = time.time()
        ask(served, get(PATH))
        after = page(served)
    sunsets = {labels["operation"] for labels, _ in before.all("atlas_shim_sunset_timestamp_seconds")}
    assert {labels["operation"] for labels, _ in before.all(name)} == sunsets
    assert before.value(name) == 0
    assert (after.value(name, operation=SNAPSHOTS) or 0) >= began
    assert sum(1 for _, value in after.all(name) if value) == 1


def test_connections_pool_and_memory(page):
    """What is open is told by state, what was opened, kept and refused is counted, and nothing is held in the end."""
    with replying(reply(), reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        for _ in range(2):
            peer.send(get("/x"))
            peer.message()
        found = page(served)
    assert found.value("atlas_shim_connections", state="idle") == 1
    assert found.value("atlas_shim_connections") == 1
    assert found.value("atlas_shim_connections_accepted_total") == 1
    assert found.value("atlas_shim_connections_refused_total") == 0
    assert found.value("atlas_shim_upstream_connections", state="idle") == 1
    assert found.value("atlas_shim_upstream_connections_opened_total") == 1
    assert found.value("atlas_shim_upstream_connections_reused_total") == 1
    assert found.value("atlas_shim_memory_used_bytes") == 0
    assert found.value("atlas_shim_memory_limit_bytes") == 67108864
    assert (found.value("process_open_fds") or 0) > 3


def test_failed_handshake_is_a_refused_connection(page, tmp_path):
    """What speaks plain HTTP to a TLS port never gets as far as a call."""
    import trustme

    path = tmp_path / "tls.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(path)
    with gateway("http://127.0.0.1:1", tls_cert=str(path)) as served:
        host, _, port = served.url.removeprefix("https://").rpartition(":")
        with socket.create_connection((host, int(port))) as plain:
            plain.sendall(get("/x"))
            plain.recv(65536)
        found = until(
            lambda: (one := page(served)).value("atlas_shim_connections_refused_total", reason="handshake") and one,
            "the count",
        )
    assert found.value("atlas_shim_connections_refused_total", reason="handshake") == 1


def test_end_of_a_certificate_is_told_where_there_is_one(page, tmp_path):
    """Without TLS there is no such series, so that an alert on it stays silent."""
    import trustme

    name = "atlas_shim_tls_certificate_not_after_timestamp_seconds"
    end = datetime(2031, 5, 6, tzinfo=UTC)
    path = tmp_path / "tls.pem"
    trustme.CA().issue_cert("127.0.0.1", not_after=end).private_key_and_cert_chain_pem.write_to_path(path)
    with gateway("http://127.0.0.1:1") as plain:
        assert name not in page(plain).names
    with gateway("http://127.0.0.1:1", tls_cert=str(path)) as served:
        assert page(served).all(name) == [({"side": "listener"}, end.timestamp())]


def test_build_route_and_sunsets(page):
    """Each is one series that says what holds now; a sunset of the operator's stands in for the documents' own."""
    from shim.core.settings import RouteWord, parse_sunsets

    sunset = parse_sunsets("snapshots=2031-02-03")
    with gateway("http://127.0.0.1:1", route=RouteWord.FLEX, sunset=sunset) as served:
        found = page(served)
    assert found.value("atlas_shim_build_info", version=__version__) == 1
    assert found.all("atlas_shim_route_info") == [({"route": "flex"}, 1)]
    ends = {
        value for labels, value in found.all("atlas_shim_sunset_timestamp_seconds") if labels["document"] == "snapshots"
    }
    assert ends == {sunset["snapshots"].timestamp()}


def test_no_label_names_a_caller_or_a_resource(page):
    """Labels are words of documents, RFCs and ours, so that their number has an end."""
    known = {"operation", "route", "status_class", "origin", "type", "code", "reason", "level", "state", "kind", "le",
             "side", "document", "version", "python", "result"}  # fmt: skip
    with replying(FLEX) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH, "User-Agent: nightly/1", "X-Request-Id: abc"))
        found = page(served)
    assert {label for name in found.names for labels, _ in found.all(name) for label in labels} <= known
    assert "nightly" not in found.text
