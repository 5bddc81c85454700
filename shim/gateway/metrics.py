"""Counts for the operator (Prometheus); labels hold words from the mapping documents, never ids."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from shim.core.record import FieldReport, Record, by_level
from shim.gateway.errors import Challenged
from shim.gateway.in_flight import InFlight
from shim.gateway.logs.lines import dropped
from shim.gateway.remembered import by_identity

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5)


class _Calls(Collector):
    """What is counted with every call, in plain numbers; the families are made when somebody asks for them.

    The library's own counters take a lock for each step, and a tenth of a call's time. Inheriting is its way.
    """

    def __init__(self) -> None:
        self.answered: Tally[tuple[str, str, int]] = Tally()
        self.shared: Tally[str] = Tally()
        self.challenged: Tally[Challenged] = Tally()
        self.inexact: Tally[tuple[str, tuple[tuple[str, int], ...]]] = Tally()
        self.buckets = [0] * (len(_BUCKETS) + 1)
        self.seconds = 0.0

    def collect(self) -> Iterator[Metric]:
        """Yield the families; calls may be counted meanwhile, in another thread."""
        requests = CounterMetricFamily(
            "atlas_shim_requests", "Requests answered.", labels=("operation", "route", "status_class")
        )
        for (operation, route, digit), count in self.answered.copy().items():
            requests.add_metric((operation, route, f"{digit}xx"), count)
        yield requests
        challenges = CounterMetricFamily(
            "atlas_shim_challenges",
            "Calls answered with a challenge to sign, and not in atlas_shim_requests.",
            labels=("reason",),
        )
        for reason, count in self.challenged.copy().items():
            challenges.add_metric((reason,), count)
        yield challenges
        made = HistogramMetricFamily(
            "atlas_shim_translation_seconds", "Time spent deciding and translating, upstream's time not included."
        )
        bounds = [*map(str, _BUCKETS), "+Inf"]
        made.add_metric((), [*zip(bounds, accumulate(self.buckets), strict=True)], self.seconds)
        yield made
        fidelity = CounterMetricFamily(
            "atlas_shim_fidelity", "Fields of translated replies that are not exact.", labels=("operation", "level")
        )
        fields: Tally[tuple[str, str]] = Tally()
        for (operation, levels), calls in self.inexact.copy().items():
            for level, count in levels:
                fields[operation, level] += calls * count
        for (operation, level), count in fields.items():
            fidelity.add_metric((operation, level), count)
        yield fidelity
        shared = CounterMetricFamily(
            "atlas_shim_coalesced", "Reads answered with the answer to another, identical one.", labels=("operation",)
        )
        for operation, count in self.shared.copy().items():
            shared.add_metric((operation,), count)
        yield shared
        lines = "Lines of the log that were dropped, since nobody read them."
        yield CounterMetricFamily("atlas_shim_log_lines_dropped", lines, dropped())


class Metrics:
    """The gateway's metrics, in a registry of their own."""

    def __init__(self, in_flight: InFlight) -> None:
        self.registry = registry = CollectorRegistry()
        self._calls = _Calls()
        registry.register(self._calls)
        gauge = Gauge("atlas_shim_in_flight_requests", "Requests being answered.", registry=registry)
        gauge.set_function(lambda: in_flight.count)
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
        self._reloads = Counter("atlas_shim_config_reloads", "Reloads.", ("result",), registry=registry)
        for result in ("refused", "success"):
            self._reloads.labels(result)
        self._reload_good.set(1)
        self._reload_time.set_to_current_time()

    def count(self, operation: str, route: str, status: int) -> None:
        """Count one answered request."""
        self._calls.answered[operation, route, status // 100] += 1

    def challenged(self, reason: Challenged) -> None:
        """Count one step of a client on its way to a signature."""
        self._calls.challenged[reason] += 1

    def translated(self, record: Record, seconds: float) -> None:
        """Count what one exchange cost, and what it could not keep exact."""
        calls = self._calls
        calls.buckets[bisect_left(_BUCKETS, seconds)] += 1
        calls.seconds += seconds
        if record.route in {"flex", "dedicated"}:
            calls.inexact[record.operation, _levels(record.fields)] += 1

    def shared(self, operation: str) -> None:
        """Count one read that did without an upstream call of its own."""
        self._calls.shared[operation] += 1

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


@by_identity
def _levels(reports: tuple[FieldReport, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((level, len(names)) for level, names in by_level(reports).items())
