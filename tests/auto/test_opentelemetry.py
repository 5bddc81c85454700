"""OpenTelemetry's instrumentation of both libraries in the same process, before and after the shim."""

import contextlib

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
    """A provider whose spans are kept."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider, exporter
    provider.shutdown()


ORDERS = ["shim first", "shim last"]


@contextlib.contextmanager
def both(order, instrumentor, provider):
    """Switch both on in an order, and both off after the block, whether the program has done so or not."""
    if order == "shim first":
        shim.install()
    instrumentor.instrument(tracer_provider=provider)
    if order == "shim last":
        shim.install()
    try:
        yield
    finally:
        shim.uninstall()
        if instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.uninstrument()


@pytest.mark.parametrize("order", ORDERS)
def test_requests_is_traced_and_covered(retired, spans, order, monkeypatch):
    """One span a call, of the caller's URL, and Digest goes on working: the shim stands below sessions."""
    provider, exporter = spans
    monkeypatch.setattr(requests.Session, "send", requests.Session.send)  # put back what OpenTelemetry leaves behind
    instrumentor = RequestsInstrumentor()
    with both(order, instrumentor, provider):
        session = requests.Session()
        session.auth = requests.auth.HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
        assert [session.get(retired).status_code for _ in range(2)] == [200, 200]
        assert len(exporter.get_finished_spans()) == 2
        shim.install()  # again, which must not wrap what is wrapped
        assert session.get(retired).status_code == 200
        assert len(exporter.get_finished_spans()) == 3
        assert all("serverless" in str(span.attributes["http.url"]) for span in exporter.get_finished_spans())
        instrumentor.uninstrument()
        assert session.get(retired).status_code == 200  # not taken out in its place


@pytest.mark.parametrize("order", ORDERS)
def test_httpx_is_traced_and_covered(retired, spans, order):
    """A span for each trip, as without the shim: it is below the client."""
    provider, exporter = spans
    instrumentor = HTTPXClientInstrumentor()
    key = httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    with both(order, instrumentor, provider), httpx.Client(auth=key) as client:
        assert [client.get(retired).status_code for _ in range(2)] == [200, 200]
        assert len(exporter.get_finished_spans()) == 3
        assert all("flexClusters" in str(span.attributes["http.url"]) for span in exporter.get_finished_spans())
        instrumentor.uninstrument()
        assert client.get(retired).status_code == 200
