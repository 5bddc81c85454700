"""What is counted with every call, in plain numbers; the families are made when somebody asks for them.

The library's own counters take a lock for each step, and a tenth of a call's time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterator
from itertools import accumulate

import attrs
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from shim.gateway.counting.failures import answered_by_atlas, families, none_yet
from shim.gateway.counting.families import counter, gauge
from shim.gateway.errors import Challenged
from shim.gateway.logs.calls import CallLine

WAITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds that callers and the gateway wait: up to the default deadline."""

COSTS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5)
"""Seconds that the gateway itself needs."""

OTHER = "other"
"""The operation of calls that are passed on."""


class Histogram:
    """How many of some durations, in seconds, were not longer than each bound."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def put(self, family: HistogramMetricFamily, labels: tuple[str, ...]) -> None:
        """Add what was counted to a family."""
        bounds = [*map(str, self._bounds), "+Inf"]
        family.add_metric(labels, [*zip(bounds, accumulate(self._counts), strict=True)], self._sum)


@attrs.define(eq=False)
class _Row:
    """The calls of one operation on one route: how many of each hundred of statuses, and how long they took."""

    hundreds: list[int] = attrs.field(factory=lambda: [0] * 10)
    waited: Histogram = attrs.field(factory=lambda: Histogram(WAITS))
    upstream: Histogram = attrs.field(factory=lambda: Histogram(WAITS))
    last: float = 0.0


class CallCounts(Collector):
    """Counts calls; they may be counted while the families are made, in another thread (inheriting is its way)."""

    def __init__(self) -> None:
        self.failures = none_yet()
        self.shared: Tally[str] = Tally()
        self.challenged: Tally[Challenged] = Tally({"unsigned": 0, "stale": 0})
        self.abandoned: Tally[str] = Tally({OTHER: 0})
        self.translation = Histogram(COSTS)
        self.operations: frozenset[str] = frozenset()
        # A series starts at 0: rate() ignores the first sample of a new one.
        self._rows = {(OTHER, "pass"): _Row()}

    def count(self, line: CallLine, *, whole: bool) -> None:
        """Count one call that has ended, or a step of a client's on its way to a signature.

        One that was neither answered to its end nor failed was abandoned.
        """
        if line.challenged is not None:
            self.challenged[line.challenged] += 1
            return
        operation, route, status, failure = line.operation, line.route, line.status, line.failure
        row = self._rows.get((operation, route))
        if row is None:
            row = self._rows[operation, route] = _Row()
        row.waited.add(line.seconds)
        row.last = line.began
        if line.upstream_seconds is not None:
            row.upstream.add(line.upstream_seconds)
        if status is not None:
            row.hundreds[status // 100] += 1
            if failure is None and status >= 400:
                failure = answered_by_atlas(status)
        if failure is not None:
            self.failures[failure] += 1
        elif not whole:
            self.abandoned[operation] += 1

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        rows, labels = self._rows.copy(), ("operation", "route")
        classes = {(*key, f"{digit}xx"): n for key, row in rows.items() for digit, n in enumerate(row.hundreds) if n}
        yield counter("atlas_shim_requests", "Requests answered.", (*labels, "status_class"), classes)
        waited = HistogramMetricFamily(
            "atlas_shim_request_duration_seconds",
            "Seconds that callers wait: from a call's head to the last byte of its answer, or until the caller left.",
            labels=labels,
        )
        upstream = HistogramMetricFamily(
            "atlas_shim_upstream_duration_seconds",
            "Seconds of these that upstream takes, all upstream calls of one call together: to their heads, and to "
            "what is read of their contents.",
            labels=labels,
        )
        made = HistogramMetricFamily(
            "atlas_shim_translation_seconds", "Seconds spent deciding and translating, upstream's time not included."
        )
        for key, row in rows.items():
            row.waited.put(waited, key)
            row.upstream.put(upstream, key)
        self.translation.put(made, ())
        yield from (waited, upstream, made)
        yield from families(self.failures.copy())
        abandoned = "Calls whose caller left before the whole answer was written."
        yield counter("atlas_shim_requests_abandoned", abandoned, ("operation",), self.abandoned.copy())
        challenges = "Calls answered with a challenge to sign, and not in atlas_shim_requests."
        yield counter("atlas_shim_challenges", challenges, ("reason",), self.challenged.copy())
        shared = "Reads answered with the answer to another, identical one."
        yield counter("atlas_shim_coalesced", shared, ("operation",), self.shared.copy())
        last = dict.fromkeys(sorted(self.operations), 0.0)
        for (operation, _), row in rows.items():
            if operation != OTHER:
                last[operation] = max(last.get(operation, 0.0), row.last)
        yield gauge(
            "atlas_shim_last_retired_call_timestamp_seconds",
            "When an operation was last called, in seconds since the epoch; 0: not since the start.",
            ("operation",),
            last,
        )
