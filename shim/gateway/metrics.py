"""Counts for the operator (Prometheus); labels hold words from the mapping documents, never ids."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from shim.core.record import FieldReport, Record, by_level
from shim.gateway.in_flight import InFlight
from shim.gateway.log_lines import dropped

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5)


class _DroppedLines(Collector):
    """Asks for the count when somebody wants it; the log counts for itself (inheritance is the library's way)."""

    def collect(self) -> Iterator[Metric]:
        """Yield the one counter."""
        help_ = "Lines of the log that were dropped, since nobody read them."
        yield CounterMetricFamily("atlas_shim_log_lines_dropped", help_, dropped())


class Metrics:
    """The gateway's metrics, in a registry of their own."""

    def __init__(self, in_flight: InFlight) -> None:
        self.registry = registry = CollectorRegistry()
        requests = Counter(
            "atlas_shim_requests", "Requests answered.", ("operation", "route", "status_class"), registry=registry
        )
        self._translation = Histogram(
            "atlas_shim_translation_seconds",
            "Time spent deciding and translating, upstream's time not included.",
            registry=registry,
            buckets=_BUCKETS,
        )
        fidelity = Counter(
            "atlas_shim_fidelity",
            "Fields of translated replies that are not exact.",
            ("operation", "level"),
            registry=registry,
        )
        gauge = Gauge("atlas_shim_in_flight_requests", "Requests being answered.", registry=registry)
        gauge.set_function(lambda: in_flight.count)
        self._shared = Counter(
            "atlas_shim_coalesced",
            "Reads answered with the answer to another, identical one.",
            ("operation",),
            registry=registry,
        )
        self._reload_good = Gauge(
            "atlas_shim_config_reload_success",
            "1 when the settings and documents in use are the last ones that were read, 0 when those were refused.",
            registry=registry,
        )
        self._reload_time = Gauge(
            "atlas_shim_config_reload_success_timestamp_seconds",
            "When settings and documents were last read and found good.",
            registry=registry,
        )
        self._reload_waiting = Gauge(
            "atlas_shim_config_restart_needed",
            "Options that were changed, and stay as they were until a restart.",
            registry=registry,
        )
        registry.register(_DroppedLines())
        self._reloads = Counter("atlas_shim_config_reloads", "Reloads.", ("result",), registry=registry)
        for result in ("refused", "success"):
            self._reloads.labels(result)
        self._reload_good.set(1)
        self._reload_time.set_to_current_time()
        # Finding a labelled child takes longer than counting on it.
        self._answered = cache(lambda operation, route, digit: requests.labels(operation, route, f"{digit}xx"))
        self._inexact = cache(fidelity.labels)

    def count(self, operation: str, route: str, status: int) -> None:
        """Count one answered request."""
        self._answered(operation, route, status // 100).inc()

    def translated(self, record: Record, seconds: float) -> None:
        """Count what one exchange cost, and what it could not keep exact."""
        self._translation.observe(seconds)
        if record.route in {"flex", "dedicated"}:
            for level, count in _levels(record.fields):
                self._inexact(record.operation, level).inc(count)

    def shared(self, operation: str) -> None:
        """Count one read that did without an upstream call of its own."""
        self._shared.labels(operation).inc()

    def reloaded(self, *, good: bool, waiting: int = 0) -> None:
        """Count one reload; ``waiting`` options of a good one need a restart."""
        self._reloads.labels("success" if good else "refused").inc()
        self._reload_good.set(good)
        if good:
            self._reload_time.set_to_current_time()
            self._reload_waiting.set(waiting)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)


@lru_cache(maxsize=64)
def _levels(reports: tuple[FieldReport, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((level, len(names)) for level, names in by_level(reports).items())
