"""Traces, looked at through OpenTelemetry's own SDK."""

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tests.gateway.test_signing import PATH
from tests.peers.raw import raw_upstream, reply, replying, until
from tests.peers.served import ask, calling, cross, gateway, get

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACED = ("traceparent: 00-" + TRACE + "-" + PARENT + "-01", "tracestate: a=1")
FLEX = reply(b'{"results":[],"totalCount":0}', "Content-Type: application/json")
TEMPLATE = "/api/atlas/v1.0/groups/{groupId}/serverless/{clusterName}/backup/snapshots"


@pytest.fixture
def spans(monkeypatch):
    """Set the SDK up, and return a function that waits for so many spans: the server's and the client's, in order."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)

    def finished(count):
        found = until(lambda: len(done := exporter.get_finished_spans()) >= count and done, f"{count} spans")
        assert len(found) == count
        return [[one for one in found if one.kind is kind] for kind in (SpanKind.SERVER, SpanKind.CLIENT)]

    return finished


def test_call_and_upstream_call_are_spans_of_the_callers_trace(spans):
    """The caller's span has the call's below it, that one upstream's, and upstream is told of the last."""
    crossed, ([call], [sent]) = cross(get(PATH, *TRACED), FLEX), spans(2)
    assert {f"{one.context.trace_id:032x}" for one in (call, sent)} == {TRACE}
    assert f"{call.parent.span_id:016x}" == PARENT
    assert sent.parent.span_id == call.context.span_id
    assert f"traceparent: 00-{TRACE}-{sent.context.span_id:016x}-01\r\n".encode() in crossed.sent
    assert crossed.sent.lower().count(b"traceparent") == crossed.sent.lower().count(b"tracestate") == 1


def test_names_and_attributes_are_those_of_the_conventions(spans):
    """Spans are named by method and template, and say what answered."""
    crossed, ([call], [sent]) = cross(get(PATH), FLEX), spans(2)
    assert call.name == f"GET {TEMPLATE}"
    assert dict(call.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": TEMPLATE,
        "url.path": TEMPLATE,
        "url.scheme": "http",
        "atlas_shim.operation": "listServerlessBackupSnapshots",
        "atlas_shim.route": "flex",
    }
    template = "/api/atlas/v2/groups/*/flexClusters/*/backup/snapshots"
    assert sent.name == f"GET {template}"
    assert dict(sent.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": int(crossed.upstream.origin.rpartition(":")[2]),
        "url.full": crossed.upstream.origin + template,
        "url.template": template,
    }
    assert {one.status.status_code for one in (call, sent)} == {StatusCode.UNSET}


def test_passed_call_has_no_route_and_no_ids(spans):
    """What is no operation of ours is named by its method alone, and its path is masked."""
    target = "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293/secret?name=hidden"
    cross(get(target, method="PROPFIND"), reply(status="404 Not Found"))
    [call], [sent] = spans(2)
    assert (call.name, call.attributes["url.path"]) == ("_OTHER", "/api/atlas/v2/groups/*/*")
    assert "http.route" not in call.attributes
    assert (call.status.status_code, sent.status.status_code) == (StatusCode.UNSET, StatusCode.ERROR)
    assert not any(word in call.to_json() + sent.to_json() for word in ("6510aa1b", "secret", "hidden"))


def test_unreachable_upstream_is_an_error_of_both(spans):
    """Both spans say by Proxy-Status' word what went wrong."""
    with gateway("http://127.0.0.1:1") as served:
        ask(served, get("/x"))
        found = spans(2)
    for [one] in found:
        assert one.attributes["error.type"] == "connection_refused"
        assert one.status.status_code is StatusCode.ERROR
        assert not one.events


def test_caller_that_leaves_ends_both_spans(spans):
    """A call without an answer has a span all the same."""

    def silent(peer):
        peer.message()
        peer.rest()

    with raw_upstream(silent) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            until(lambda: upstream.connections, "a call to upstream")
        [call], _ = spans(2)
    assert "http.response.status_code" not in call.attributes


def test_reads_that_share_an_answer_share_its_span(spans):
    """The second of two has a span of its own, and no upstream call below it."""
    with replying(FLEX) as upstream, gateway(upstream.origin, coalesce=60.0) as served:
        ask(served, get(PATH))
        ask(served, get(PATH))
        assert list(map(len, spans(3))) == [2, 1]


def test_nothing_is_loaded_and_changed_where_no_sdk_is_set_up():
    """Without one the caller's ``traceparent`` goes its way untouched, as all fields do."""
    code = (
        "import sys; from shim.gateway import Gateway; gateway = Gateway();"
        "assert gateway._handler.tracing is None;"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert TRACED[0].encode() in cross(get(PATH, *TRACED), FLEX).sent


def test_variable_that_names_a_provider_counts_as_set_up():
    """OpenTelemetry's own way to set one without code."""
    code = "from shim.gateway import Gateway; assert Gateway()._handler.tracing is not None"
    environ = {"OTEL_PYTHON_TRACER_PROVIDER": "sdk_tracer_provider"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environ)
