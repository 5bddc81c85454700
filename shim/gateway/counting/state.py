"""Metrics that are read when somebody asks: connections, memory, certificates, settings, Atlas' announcements."""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Iterator

import attrs
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from shim._version import __version__
from shim.core.route import sunset_of
from shim.core.settings import FlagRoute
from shim.gateway.board.counts import Board
from shim.gateway.board.standing import Standing
from shim.gateway.counting.families import counter, gauge
from shim.gateway.http1.server import Server
from shim.gateway.in_flight import InFlight
from shim.gateway.logs.lines import dropped
from shim.gateway.memory import MemoryBudget
from shim.gateway.reload import Plan
from shim.gateway.tls.rotation import Certificates
from shim.gateway.upstream.client import Upstream
from shim.tools.radar import Radar


@attrs.define(eq=False)
class State(Collector):
    """The parts of a running gateway (inheriting is the library's way); ``server`` is None until it starts.

    All may change while the families are made, in another thread.
    """

    plan: Plan
    in_flight: InFlight
    upstream: Upstream
    budget: MemoryBudget
    certificates: Certificates
    standing: Standing
    board: Board
    radar: Radar
    server: Server | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield GaugeMetricFamily("atlas_shim_in_flight_requests", "Requests being answered.", self.in_flight.count)
        yield CounterMetricFamily(
            "atlas_shim_log_lines_dropped", "Lines of the log that were dropped, since nobody read them.", dropped()
        )
        if self.server is not None:
            yield from _callers(self.server)
        yield from _upstream(self.upstream)
        yield from _memory(self.budget)
        yield from _certificates(self.certificates)
        yield from _reloads(self.standing)
        yield from _facts(self.plan)
        yield from _announced(self.radar)
        levels: Tally[tuple[str, ...]] = Tally()
        for (operation, _, level), answers in self.board.fields().items():
            levels[operation, level] += answers
        said = "Fields of translated replies that are not exact."
        yield counter("atlas_shim_fidelity", said, ("operation", "level"), levels)


def _callers(server: Server) -> Iterator[Metric]:
    yield gauge(
        "atlas_shim_connections",
        "Callers' connections that are open: in a handshake, idle without a whole request, or active.",
        ("state",),
        server.states(),
    )
    yield CounterMetricFamily("atlas_shim_connections_accepted", "Callers' connections accepted.", server.accepted)
    yield counter(
        "atlas_shim_connections_refused",
        "Callers' connections of which nothing came: one too many and told so (surplus), or not told (dropped), or a "
        "handshake or PROXY protocol header that failed (handshake).",
        ("reason",),
        server.turned_away.copy(),
    )


def _upstream(upstream: Upstream) -> Iterator[Metric]:
    pool = upstream.pool
    if pool is not None:
        name, said = "atlas_shim_upstream_connections", "Connections to upstream"
        yield gauge(name, f"{said}: idle or active.", ("state",), pool.states())
        yield CounterMetricFamily(f"{name}_opened", f"{said} that were opened.", pool.opened)
        yield CounterMetricFamily(f"{name}_reused", "Upstream calls that were sent on a kept connection.", pool.reused)
    classes = {f"{digit}xx": count for digit, count in enumerate(upstream.hundreds) if count}
    yield counter("atlas_shim_upstream_responses", "Upstream calls that were answered.", ("status_class",), classes)
    yield counter(
        "atlas_shim_upstream_failures",
        "Upstream calls that got no answer, connections that did not come about among them, by Proxy-Status type.",
        ("type",),
        upstream.failures.copy(),
    )


def _memory(budget: MemoryBudget) -> Iterator[Metric]:
    yield gauge(
        "atlas_shim_memory_used_bytes",
        "Bytes of the memory budget that are reserved for requests in flight, and held by long contents.",
        ("kind",),
        {"reserved": budget.reserved, "held": budget.held},
    )
    yield GaugeMetricFamily("atlas_shim_memory_limit_bytes", "Bytes that may be held at a time.", budget.limit)


def _certificates(certificates: Certificates) -> Iterator[Metric]:
    yield gauge(
        "atlas_shim_tls_certificate_not_after_timestamp_seconds",
        "When the first certificate of the chain in use ends that callers (listener) or Atlas (upstream) are shown, in "
        "seconds since the epoch.",
        ("side",),
        {one.name: one.expires for one in certificates.watched if one.expires is not None},
    )
    yield gauge(
        "atlas_shim_certificates_refused",
        "1 when new files of certificates are refused, so that the last good ones stay in use.",
        ("side",),
        {one.name: one.is_refused for one in certificates.watched},
    )
    yield counter(
        "atlas_shim_certificates_reloads",
        "Times that changed files of certificates were read.",
        ("side", "result"),
        certificates.reloads.copy(),
    )


def _reloads(standing: Standing) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "atlas_shim_config_reload_success",
        "1 when the settings and documents in use are the last ones that were read, 0 when those were refused.",
        standing.reload.state == "good",
    )
    yield GaugeMetricFamily(
        "atlas_shim_config_reload_success_timestamp_seconds",
        "When settings and documents were last read and found good.",
        standing.good_since,
    )
    yield GaugeMetricFamily(
        "atlas_shim_config_restart_needed",
        "Options that were changed, and stay as they were until a restart.",
        len(standing.reload.waiting),
    )
    yield counter("atlas_shim_config_reloads", "Reloads.", ("result",), standing.reloads.copy())


def _facts(plan: Plan) -> Iterator[Metric]:
    build = {"version": __version__, "python": platform.python_version()}
    yield InfoMetricFamily("atlas_shim_build", "The version of atlas-shim, and of Python below it.", build)
    flag = plan.settings.flag
    route = {"route": str(FlagRoute(flag) if flag else plan.settings.route)}
    yield InfoMetricFamily("atlas_shim_route", "The route in force, a word of the option 'route'.", route)
    yield gauge(
        "atlas_shim_sunset_timestamp_seconds",
        "The sunset in force of each operation, in seconds since the epoch.",
        ("document", "operation"),
        {
            (document.name, operation.id): sunset_of(operation, plan.settings).timestamp()
            for document in plan.engine.documents
            for operation in document.operations
        },
    )


def _announced(radar: Radar) -> Iterator[Metric]:
    """Yield what replies announce; labels are as bounded as the radar is."""
    seen, labels = radar.sightings(), ("method", "path", "version")
    yield gauge(
        "atlas_shim_announced_sunset_timestamp_seconds",
        "When an operation is switched off, as Sunset of its replies says, in seconds since the epoch.",
        labels,
        {one.key: one.sunset for one in seen if one.sunset is not None},
    )
    yield gauge(
        "atlas_shim_announced_deprecation_timestamp_seconds",
        "Since when an operation is deprecated, as Deprecation of its replies says; 0: no date is said.",
        labels,
        {one.key: one.deprecation or 0.0 for one in seen if one.deprecated},
    )
    yield gauge(
        "atlas_shim_announced_last_call_timestamp_seconds",
        "When a reply of Atlas' last announced the end of its operation, in seconds since the epoch.",
        labels,
        {one.key: one.last for one in seen},
    )
    yield counter(
        "atlas_shim_announced_calls",
        "Replies of Atlas' that announced the end of their operation.",
        labels,
        {one.key: one.calls for one in seen},
    )
