"""Metrics of several processes, added up: as each tells them, and as one page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

Told = list[Any]
"""Families as lists of name, type, help and samples; samples as lists of name, labels and value."""

SUPERVISORS = ("atlas_shim_config_", "atlas_shim_announced_")
"""How the metrics begin that are the supervisor's alone: it alone reads settings, and knows what was announced last."""


LAST_CALL = "atlas_shim_last_retired_call_timestamp_seconds"

_EARLIEST = ("_created", "_not_after_timestamp_seconds", "process_start_time_seconds")
_LATEST = ("_info", "_timestamp_seconds")
"""How the names of samples end that are no amounts: of what several processes told the first or the last counts."""


def tell(registry: CollectorRegistry) -> Told:
    """Return what a registry holds, as values that JSON has."""
    return [
        [one.name, one.type, one.documentation, [[each.name, each.labels, each.value] for each in one.samples]]
        for one in registry.collect()
    ]


def told_by_worker(registry: CollectorRegistry) -> bytes:
    """Return what a worker tells, as JSON."""
    return json.dumps([one for one in tell(registry) if not one[0].startswith(SUPERVISORS)]).encode()


def lasting(told: Told) -> Told:
    """Return what still counts when the process is gone that told it: counts, and when there was a call."""
    return [one for one in told if one[1] not in {"gauge", "info"} or one[0] == LAST_CALL]


def add(tellings: Iterable[Told]) -> Told:
    """Add up what several processes told; of dates the first or the last one counts, whichever matters."""
    families: dict[str, tuple[list[Any], dict[tuple[Any, ...], list[Any]]]] = {}
    for told in tellings:
        for name, kind, help_, samples in told:
            _, sums = families.setdefault(name, ([name, kind, help_], {}))
            for sample, labels, value in samples:
                row = sums.setdefault((sample, *sorted(labels.items())), [sample, labels, None])
                if row[2] is None:
                    row[2] = value
                else:
                    row[2] = _together(sample, row[2], value)
    return [[*head, list(sums.values())] for head, sums in families.values()]


def _together(sample: str, one: float, other: float) -> float:
    if sample.endswith(_EARLIEST):
        return min(one, other)
    return max(one, other) if sample.endswith(_LATEST) else one + other


def page(told: Told) -> bytes:
    """Return metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Told(told))
    return generate_latest(registry)


class _Told(Collector):
    """Gives what was told to the library that writes the page (inheritance is its way)."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def collect(self) -> Iterator[Metric]:
        """Yield each family."""
        for name, kind, help_, samples in self._told:
            family = Metric(name, help_, kind)
            for sample in samples:
                family.add_sample(*sample)
            yield family
