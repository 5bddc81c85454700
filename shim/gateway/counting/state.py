"""What is looked at when somebody asks: connections, certificates in use, and what is held in memory."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shim.gateway.http1.server import Server
from shim.gateway.logs.lines import dropped
from shim.gateway.memory import MemoryBudget
from shim.gateway.tls.rotation import Certificates
from shim.gateway.upstream.client import Upstream


class State(Collector):
    """The parts of a running gateway, None until they are there (inheriting is the library's way)."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.upstream: Upstream | None = None
        self.budget: MemoryBudget | None = None
        self.certificates: Certificates | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the families; all may change meanwhile, in another thread."""
        lines = "Lines of the log that were dropped, since nobody read them."
        yield CounterMetricFamily("atlas_shim_log_lines_dropped", lines, dropped())
        if self.server is not None:
            yield from _callers(self.server)
        if self.upstream is not None:
            yield from _upstream(self.upstream)
        if self.budget is not None:
            yield from _memory(self.budget)
        if self.certificates is not None:
            yield _ends(self.certificates)


def _callers(server: Server) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "atlas_shim_connections",
        "Callers' connections that are open: in a handshake, idle without a whole request, or active.",
        labels=("state",),
    )
    for state, number in server.states().items():
        family.add_metric((state,), number)
    yield family
    yield CounterMetricFamily("atlas_shim_connections_accepted", "Callers' connections accepted.", server.accepted)
    refused = CounterMetricFamily(
        "atlas_shim_connections_refused",
        "Callers' connections of which nothing came: one too many and told so (surplus), or not told (dropped), or a "
        "handshake or PROXY protocol header that failed (handshake).",
        labels=("reason",),
    )
    for reason, count in server.turned_away.copy().items():
        refused.add_metric((reason,), count)
    yield refused


def _upstream(upstream: Upstream) -> Iterator[Metric]:
    pool = upstream.pool
    if pool is not None:
        family = GaugeMetricFamily(
            "atlas_shim_upstream_connections", "Connections to upstream: idle or active.", labels=("state",)
        )
        for state, number in pool.states().items():
            family.add_metric((state,), number)
        yield family
        opened = "Connections to upstream that were opened."
        yield CounterMetricFamily("atlas_shim_upstream_connections_opened", opened, pool.opened)
        reused = "Upstream calls that were sent on a kept connection."
        yield CounterMetricFamily("atlas_shim_upstream_connections_reused", reused, pool.reused)
    responses = CounterMetricFamily(
        "atlas_shim_upstream_responses", "Upstream calls that were answered.", labels=("status_class",)
    )
    for digit, count in enumerate(upstream.hundreds):
        if count:
            responses.add_metric((f"{digit}xx",), count)
    yield responses
    failures = CounterMetricFamily(
        "atlas_shim_upstream_failures",
        "Upstream calls that got no answer, connections that did not come about among them, by Proxy-Status type.",
        labels=("type",),
    )
    for kind, count in upstream.failures.copy().items():
        failures.add_metric((kind,), count)
    yield failures


def _ends(certificates: Certificates) -> Metric:
    family = GaugeMetricFamily(
        "atlas_shim_tls_certificate_not_after_timestamp_seconds",
        "When the first certificate of the chain in use ends that callers (listener) or Atlas (upstream) are shown, in "
        "seconds since the epoch.",
        labels=("side",),
    )
    for side, end in certificates.expiries().items():
        family.add_metric((side,), end)
    return family


def _memory(budget: MemoryBudget) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "atlas_shim_memory_used_bytes",
        "Bytes of the memory budget that are reserved for requests in flight, and held by long contents.",
        labels=("kind",),
    )
    family.add_metric(("reserved",), budget.reserved)
    family.add_metric(("held",), budget.held)
    yield family
    yield GaugeMetricFamily("atlas_shim_memory_limit_bytes", "Bytes that may be held at a time.", budget.limit)
