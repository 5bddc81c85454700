"""OpenTelemetry's instrumentation of both libraries in the same process, before and after the shim."""

import httpx
import pytest
import requests
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import shim
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY


@pytest.fixture
def spans():
    """Return a tracer provider that keeps its spans."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider, exporter
    provider.shutdown()


KEY = DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY


def session():
    made = requests.Session()
    made.auth = requests.auth.HTTPDigestAuth(*KEY)
    return made


@pytest.mark.parametrize("order", ["shim first", "shim last"])
@pytest.mark.parametrize(("opened", "instrumentor", "count", "shown"), [
    # one span for each call: the shim works below sessions
    (session, RequestsInstrumentor(), 2, "serverless"),
    # one span for each request
    (lambda: httpx.Client(auth=httpx.DigestAuth(*KEY)), HTTPXClientInstrumentor(), 3, "flexClusters"),
], ids=["requests", "httpx"])  # fmt: skip
def test_a_library_is_both_traced_and_covered(
    retired, spans, monkeypatch, order, opened, instrumentor, count, shown
):
    """There are as many spans as without the shim, Digest works, and either can be switched off alone."""
    provider, exporter = spans
    # Restore what OpenTelemetry leaves changed.
    monkeypatch.setattr(requests.Session, "send", requests.Session.send)
    steps = [shim.install, lambda: instrumentor.instrument(tracer_provider=provider)]
    for step in steps if order == "shim first" else steps[::-1]:
        step()
    try:
        with opened() as client:
            assert [client.get(retired).status_code for _ in range(2)] == [200, 200]
            assert len(exporter.get_finished_spans()) == count
            shim.install()  # a second time, which must not wrap the method twice
            assert client.get(retired).status_code == 200
            assert len(exporter.get_finished_spans()) == count + 1
            assert all(
                shown in str(span.attributes["http.url"])
                for span in exporter.get_finished_spans()
            )
            instrumentor.uninstrument()
            assert client.get(retired).status_code == 200  # not removed in its place
    finally:
        shim.uninstall()
        if instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.uninstrument()
