"""Counts for the operator (Prometheus); labels hold words from the mapping documents, never ids."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from shim.gateway.counting.calls import CallCounts
from shim.gateway.counting.state import State
from shim.gateway.reload import Plan


class Metrics:
    """The gateway's metrics, in a registry of their own."""

    def __init__(self, state: State) -> None:
        self.registry = CollectorRegistry()
        self.state = state
        self.calls = CallCounts()
        self.registry.register(self.calls)
        self.registry.register(state)
        ProcessCollector(registry=self.registry)
        self.apply(state.plan)

    def apply(self, plan: Plan) -> None:
        """Tell of these documents and settings from now on."""
        self.state.plan = plan
        self.calls.operations = frozenset(operation.id for operation in plan.engine.operations)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
