"""Families of metrics, each in one expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

_F = TypeVar("_F", CounterMetricFamily, GaugeMetricFamily)


def counter(name: str, help_: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> CounterMetricFamily:
    """Return counters by the values of their labels; of one label the value alone."""
    return _filled(CounterMetricFamily(name, help_, labels=labels), values)


def gauge(name: str, help_: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    """Return gauges by the values of their labels; of one label the value alone."""
    return _filled(GaugeMetricFamily(name, help_, labels=labels), values)


def _filled(family: _F, values: Mapping[Any, float]) -> _F:
    for key, value in values.items():
        family.add_metric((key,) if isinstance(key, str) else key, value)
    return family
