"""Counts for the operator (Prometheus); labels hold words from the mapping documents, never ids."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest

from shim.core.record import FieldReport, Record, by_level
from shim.core.settings import Settings
from shim.documents.model import Document
from shim.gateway.counting.calls import CallCounts
from shim.gateway.counting.facts import Facts
from shim.gateway.counting.state import State
from shim.gateway.in_flight import InFlight
from shim.gateway.remembered import by_identity


class Metrics:
    """The gateway's metrics, in a registry of their own."""

    def __init__(self, in_flight: InFlight) -> None:
        self.registry = registry = CollectorRegistry()
        self.state = State()
        self.facts = Facts()
        self.calls = CallCounts()
        for collector in (self.calls, self.state, self.facts):
            registry.register(collector)
        ProcessCollector(registry=registry)
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

    def apply(self, documents: Sequence[Document], settings: Settings) -> None:
        """Tell of these documents and settings from now on."""
        self.facts.documents, self.facts.settings = documents, settings
        self.calls.operations = frozenset(operation.id for document in documents for operation in document.operations)

    def translated(self, record: Record, seconds: float) -> None:
        """Count what one exchange cost, and what it could not keep exact."""
        calls = self.calls
        calls.translation.add(seconds)
        if record.route not in {"legacy", "none"}:
            calls.inexact[record.operation, _levels(record.fields)] += 1

    def shared(self, operation: str) -> None:
        """Count one read that did without an upstream call of its own."""
        self.calls.shared[operation] += 1

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
