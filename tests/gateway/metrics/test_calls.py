"""The metrics of a call: its duration and the origin of its error. Each metric is on the page."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from shim._version import __version__
from shim.core.settings import RouteWord, parse_sunsets
from shim.gateway.http1.secure import SECURED
from tests.gateway.test_signing import PATH
from tests.peers.raw import raw_upstream, reply, replying, until
from tests.peers.served import ask, calling, gateway, get

FLEX = reply(b'{"results":[],"totalCount":0}', "Content-Type: application/json")
SNAPSHOTS = "listServerlessBackupSnapshots"


def silent(peer):
    peer.message()
    peer.rest()


def cut(peer):
    peer.message()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")


@pytest.fixture
def certificate(tmp_path):
    """Return the path of a file with a certificate and its key, and its expiry."""
    path = tmp_path / "tls.pem"
    end = datetime(2031, 5, 6, tzinfo=UTC)
    trustme.CA().issue_cert(
        "127.0.0.1", not_after=end
    ).private_key_and_cert_chain_pem.write_to_path(path)
    return str(path), end.timestamp()


def test_histograms_by_operation_and_route(page):
    """Callers and upstream have one each; each counts every call once. Upstream's part is never longer."""
    with replying(FLEX, reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH))
        ask(served, get("/x"))
        found = page(served)
    for labels in (
        {"operation": SNAPSHOTS, "route": "flex"},
        {"operation": "other", "route": "pass"},
    ):
        assert (
            found.value(
                "atlas_shim_requests_total", status_class="2xx", status="200", **labels
            )
            == 1
        )
        for what in ("request", "upstream"):
            assert (
                found.value(f"atlas_shim_{what}_duration_seconds_count", **labels) == 1
            )
            assert (
                found.value(
                    f"atlas_shim_{what}_duration_seconds_bucket", le="60.0", **labels
                )
                == 1
            )
        whole, part = (
            found.value(f"atlas_shim_{what}_duration_seconds_sum", **labels)
            for what in ("request", "upstream")
        )
        assert whole is not None
        assert part is not None
        assert 0 < part <= whole


@pytest.mark.parametrize(
    ("answer", "options", "request_", "errors", "code"),
    [
        (reply(status="500 Internal Server Error"), {}, get("/x"), {("atlas", "500")}, None),
        (reply(status="404 Not Found"), {}, get("/x"), {("caller", "404")}, None),
        (reply(), {}, get("/x"), set(), None),
        (reply(), {"memory": 1000}, get("/x"), {("shim", "connection_limit_reached")}, "SHIM_BUSY"),
        (FLEX[:-1] + b"!", {}, get(PATH), {("atlas", "http_protocol_error")}, "SHIM_UPSTREAM_UNREADABLE"),
        (silent, {"upstream_timeout": 1.0}, get(PATH), {("atlas", "http_response_timeout")}, "SHIM_UPSTREAM_TIMEOUT"),
        (silent, {"upstream_timeout": 1.0}, get("/x"), {("atlas", "http_response_timeout")}, "SHIM_UPSTREAM_TIMEOUT"),
        (None, {}, get("/x"), {("atlas", "connection_refused")}, "SHIM_UPSTREAM_UNREACHABLE"),
        (reply(), {}, b"GET / HTTP/9.9\r\n\r\n", {("caller", "http_request_error")}, "SHIM_BAD_REQUEST"),
        (
            *(reply(), {"client_timeout": 0.1}, b"GET / HTTP/1.1\r\nHost: x"),
            *({("caller", "http_request_error")}, "SHIM_REQUEST_TIMEOUT"),
        ),
    ],
    ids=["500", "404", "200", "no room", "no JSON", "silence, retired", "silence", "nobody", "malformed", "late head"],
)  # fmt: skip
def test_an_error_counts_by_its_origin(page, answer, options, request_, errors, code):
    """Upstream for 500 and above and network errors, the caller below, the gateway's limits; also by code."""

    def script(peer):
        if callable(answer):
            answer(peer)
        elif peer.message():
            peer.send(answer)

    with raw_upstream(script) as upstream:
        if answer is None:
            origin = "http://127.0.0.1:1"
        else:
            origin = upstream.origin
        with gateway(origin, **options) as served:
            ask(served, request_)
            found = page(served)
    told = {
        (labels["origin"], labels["type"])
        for labels, value in found.all("atlas_shim_errors_total")
        if value
    }
    assert told == errors
    assert [
        labels["code"]
        for labels, value in found.all("atlas_shim_refusals_total")
        if value
    ] == [code] * bool(code)
    if answer is silent:
        assert (found.value("atlas_shim_upstream_duration_seconds_sum") or 0) > 0.05


def test_a_defect_counts_as_the_gateways_error(page, monkeypatch):
    """A call that ends in a traceback counts, though no handler answered it."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        monkeypatch.setattr(served._handler.shared.upstream, "send", None)
        ask(served, get("/x"))
        found = page(served)
    assert (
        found.value(
            "atlas_shim_errors_total", origin="shim", type="proxy_internal_error"
        )
        == 1
    )


def test_a_truncated_response_counts_as_upstreams_error(page):
    """Its status was 200, and the caller got half of it."""
    with raw_upstream(cut) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            peer.rest()
        found = page(served)
    assert (
        found.value(
            "atlas_shim_errors_total", origin="atlas", type="http_response_incomplete"
        )
        == 1
    )
    assert found.value("atlas_shim_requests_abandoned_total") == 0


def test_a_disconnected_caller_counts_with_its_wait(page):
    """Its time belongs to the callers' waits, and it is not counted as an error."""
    with raw_upstream(silent) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            until(lambda: upstream.connections, "a call to upstream")
        until(
            lambda: page(served).value("atlas_shim_requests_abandoned_total"),
            "the count",
        )
        # One more, because another thread may read during the count.
        found = page(served)
    assert found.value("atlas_shim_requests_abandoned_total", operation="other") == 1
    assert found.value("atlas_shim_request_duration_seconds_count") == 1
    assert found.value("atlas_shim_errors_total") == 0


def test_a_caller_that_disconnects_after_an_error_status_counts_with_it(page):
    """Like curl -f: the error counts, and the call is not abandoned."""

    def half_an_error(peer):
        peer.message()
        peer.send(b"HTTP/1.1 410 Gone\r\nContent-Length: 9\r\n\r\nhalf")
        peer.rest()

    with raw_upstream(half_an_error) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            assert peer.socket.recv(12) == b"HTTP/1.1 410"
        until(
            lambda: page(served).value("atlas_shim_request_duration_seconds_count"),
            "the end of the call",
        )
        found = page(served)
    assert found.value("atlas_shim_requests_total", status="410") == 1
    assert found.value("atlas_shim_requests_abandoned_total") == 0


def test_the_last_retired_call_of_each_operation(page):
    """Zero means none since the start; a call moves only its own operation's time."""
    name = "atlas_shim_last_retired_call_timestamp_seconds"
    with replying(FLEX) as upstream, gateway(upstream.origin) as served:
        before = page(served)
        began = time.time()
        ask(served, get(PATH))
        after = page(served)
    sunsets = {
        labels["operation"]
        for labels, _ in before.all("atlas_shim_sunset_timestamp_seconds")
    }
    assert {labels["operation"] for labels, _ in before.all(name)} == sunsets
    assert before.value(name) == 0
    assert (after.value(name, operation=SNAPSHOTS) or 0) >= began
    assert sum(1 for _, value in after.all(name) if value) == 1


def test_connections_pool_and_memory(page):
    """Open connections are counted by state, refused ones separately; in the end nothing is held."""
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):
        for _ in range(2):
            peer.send(get("/x"))
            peer.message()
        found = page(served)
    expected = {
        "connections": 1, "connections_refused_total": 0, "upstream_connections": 1,
        "memory_used_bytes": 0, "memory_limit_bytes": 67108864,
    }  # fmt: skip
    assert {name: found.value(f"atlas_shim_{name}") for name in expected} == expected
    assert found.value("atlas_shim_connections", state="idle") == 1
    assert found.value("atlas_shim_upstream_connections", state="idle") == 1
    assert (found.value("process_open_fds") or 0) > 3


def test_memory_of_tls_connections_is_shown(page, certificate):
    """Each has OpenSSL's memory, even when idle."""
    with gateway("http://127.0.0.1:1", tls_cert=certificate[0]) as served:
        assert (
            page(served).value("atlas_shim_memory_used_bytes", kind="connections") == 0
        )
        with calling(served), calling(served):
            until(
                lambda: (
                    page(served).value(
                        "atlas_shim_memory_used_bytes", kind="connections"
                    )
                    == 2 * SECURED
                ),
                "both",
            )


def test_memory_of_incomplete_heads_is_shown(page):
    """It is not reserved, because a call begins with a complete head."""
    with gateway("http://127.0.0.1:1") as served, calling(served) as peer:
        peer.send(get("/x", f"X-Long: {'a' * 20_000}")[:-2])
        until(
            lambda: (
                page(served).value("atlas_shim_memory_used_bytes", kind="connections")
                > 20_000
            ),
            "the head",
        )


def test_a_failed_handshake_is_a_refused_connection(page, certificate):
    """Plain HTTP to a TLS port never becomes a call."""
    with gateway("http://127.0.0.1:1", tls_cert=certificate[0]) as served:
        with calling(served) as plain:
            plain.send(get("/x"))
            plain.some()
        until(
            lambda: (
                page(served).value(
                    "atlas_shim_connections_refused_total", reason="handshake"
                )
                == 1
            ),
            "the count",
        )


def test_the_expiry_of_a_certificate_is_shown(page, certificate):
    """Without TLS the series is missing, so that its alert stays silent."""
    name = "atlas_shim_tls_certificate_not_after_timestamp_seconds"
    with gateway("http://127.0.0.1:1") as plain:
        assert name not in page(plain).names
    with gateway("http://127.0.0.1:1", tls_cert=certificate[0]) as served:
        assert page(served).all(name) == [({"side": "listener"}, certificate[1])]


def test_build_route_and_sunsets(page):
    """Each is one series with the current value; a sunset from the settings replaces the document's."""
    sunset = parse_sunsets("snapshots=2031-02-03")
    with gateway("http://127.0.0.1:1", route=RouteWord.FLEX, sunset=sunset) as served:
        found = page(served)
    assert found.value("atlas_shim_build_info", version=__version__) == 1
    assert found.all("atlas_shim_route_info") == [({"route": "flex"}, 1)]
    ends = {
        value
        for labels, value in found.all("atlas_shim_sunset_timestamp_seconds")
        if labels["document"] == "snapshots"
    }
    assert ends == {sunset["snapshots"].timestamp()}


def test_no_label_contains_a_caller_or_a_resource(page):
    """Labels come from documents, RFCs and the shim, so that their number is limited."""
    known = {"operation", "route", "status_class", "status", "origin", "type", "code", "reason", "level", "state",
             "kind", "le", "side", "document", "version", "python", "result"}  # fmt: skip
    with replying(FLEX) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH, "User-Agent: nightly/1", "X-Request-Id: abc"))
        found = page(served)
    assert {
        label
        for name in found.names
        for labels, _ in found.all(name)
        for label in labels
    } <= known
    assert "nightly" not in found.text
    assert PATH.split("/")[5] not in found.text


TEXT = (Path(__file__).parents[3] / "docs" / "reference" / "metrics.md").read_text(
    "utf-8"
)


def test_exactly_the_documented_metrics_exist(page):
    """Their names and labels are those of a gateway after calls."""
    with replying(FLEX) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH))
        text = page(served).text
    families = set(re.findall(r"^# TYPE (atlas_shim_\w+)", text, re.MULTILINE))
    families = {name for name in families if not name.endswith("_created")}
    rows = [line for line in TEXT.splitlines() if line.startswith("| `atlas_shim_")]
    explained = {name for row in rows for name in re.findall(r"`(atlas_shim_\w+)", row)}
    assert explained == families
    for name, labels in re.findall(r"`(atlas_shim_\w+){([\w,]+)}", "\n".join(rows)):
        found = re.search(rf"^{name}(?:_count)?{{([^}}]*)}}", text, re.MULTILINE)
        if found:
            assert set(re.findall(r'(\w+)="', found[1])) == set(labels.split(",")), name
