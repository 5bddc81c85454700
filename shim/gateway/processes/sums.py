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

SUPERVISORS = "atlas_shim_config_"
"""How the metrics begin that the supervisor counts alone, since it alone reads settings."""


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
    """Return what still counts when the process is gone that told it: all but gauges."""
    return [one for one in told if one[1] != "gauge"]


def add(tellings: Iterable[Told]) -> Told:
    """Add up what several processes told; when a series was made is when the first of them made it."""
    families: dict[str, tuple[list[Any], dict[tuple[Any, ...], list[Any]]]] = {}
    for told in tellings:
        for name, kind, help_, samples in told:
            _, sums = families.setdefault(name, ([name, kind, help_], {}))
            for sample, labels, value in samples:
                row = sums.setdefault((sample, *sorted(labels.items())), [sample, labels, None])
                if row[2] is None:
                    row[2] = value
                else:
                    row[2] = min(row[2], value) if sample.endswith("_created") else row[2] + value
    return [[*head, list(sums.values())] for head, sums in families.values()]


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
