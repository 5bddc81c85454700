"""What replies announce of their operations, as metrics: for an alert months before a sunset that is still called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shim.radar import Sighting

_LABELS = ("method", "path", "version")


class AnnouncedCounts(Collector):
    """Metrics of what ``sightings`` returns (inheriting is the library's way).

    Labels are as bounded as the radar is: its operations, by method, template or shape of the path, and version.
    """

    def __init__(self) -> None:
        self.sightings: Callable[[], Iterable[Sighting]] = tuple

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        sunset = GaugeMetricFamily(
            "atlas_shim_announced_sunset_timestamp_seconds",
            "When an operation is switched off, as Sunset of its replies says, in seconds since the epoch.",
            labels=_LABELS,
        )
        deprecation = GaugeMetricFamily(
            "atlas_shim_announced_deprecation_timestamp_seconds",
            "Since when an operation is deprecated, as Deprecation of its replies says; 0: no date is said.",
            labels=_LABELS,
        )
        last = GaugeMetricFamily(
            "atlas_shim_announced_last_call_timestamp_seconds",
            "When a reply of Atlas' last announced the end of its operation, in seconds since the epoch.",
            labels=_LABELS,
        )
        calls = CounterMetricFamily(
            "atlas_shim_announced_calls", "Replies of Atlas' that announced the end of their operation.", labels=_LABELS
        )
        for one in self.sightings():
            if one.sunset is not None:
                sunset.add_metric(one.key, one.sunset)
            if one.deprecated:
                deprecation.add_metric(one.key, one.deprecation or 0.0)
            last.add_metric(one.key, one.last)
            calls.add_metric(one.key, one.calls)
        yield from (sunset, deprecation, last, calls)
