"""Metrics for the operator (Prometheus); labels contain words of documents, not ids."""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import attrs
from prometheus_client import ProcessCollector, core, generate_latest
from prometheus_client.registry import Collector

from shim._version import __version__
from shim.core.route import sunset_of
from shim.core.settings import FLAG
from shim.gateway.call import Handler
from shim.gateway.errors import origin_of
from shim.gateway.http1.clients import Clients
from shim.gateway.ledger import OTHER, WAITS
from shim.gateway.log_writer import LogLines
from shim.gateway.tls import Listening
from shim.gateway.watch import Watched

_FAMILIES = """
counter requests operation,route,status_class,status: Requests answered.
histogram request_duration_seconds operation,route: Seconds that callers waited for the last byte of their response.
histogram upstream_duration_seconds operation,route: Seconds of that time that all upstream calls of one call took.
counter errors origin,type: Errors by origin and Proxy-Status type; for Atlas's own errors the type is their status.
counter refusals code: Errors returned by the gateway itself, by errorCode.
counter requests_abandoned operation: Calls whose caller disconnected before the whole response was written.
counter challenges reason: Calls answered with a challenge to sign; atlas_shim_requests doesn't include them.
gauge last_retired_call_timestamp_seconds operation: Time of an operation's last call; 0: none since the start.
gauge in_flight_requests: Requests in progress.
counter log_lines_dropped: Log lines that were dropped because stderr was not read.
gauge connections state: Callers' connections: in a handshake, idle without a whole request, or active.
counter connections_refused reason: Connections refused: over the limit, or handshake failed.
gauge upstream_connections state: Connections to upstream: idle or active.
counter upstream_responses status_class: Upstream calls with a response.
gauge memory_used_bytes kind: Bytes of the memory budget in use, by purpose.
gauge memory_limit_bytes: The memory budget in bytes.
gauge tls_certificate_not_after_timestamp_seconds side: Expiry of the first certificate of a chain in use.
gauge config_reload_success: 1 if the files are in use, 0 if some were refused and the last valid ones stay in use.
gauge config_restart_needed: Changed options that apply after a restart.
info build version,python: The versions of atlas-shim and Python.
info route route: The current route, a value of the option 'route'.
gauge sunset_timestamp_seconds document,operation: The current sunset of each operation.
gauge announced_sunset_timestamp_seconds method,path,version: The sunset of an operation that its responses announced.
gauge announced_last_call_timestamp_seconds method,path,version: The last call whose response announced a sunset.
"""
"""The type, name after ``atlas_shim_``, labels and help text of each family."""

_BOUNDS = [*map(str, WAITS), "+Inf"]

Samples = Mapping[Any, Any]
"""The label values of a family, to a sample or histogram.

The key is a word for a single label, and ``()`` without labels.
"""


@attrs.define(eq=False)
class Metrics(Collector):
    """Builds the metrics page of a running gateway, as the library requires.

    ``server`` is set at the start. All values may change in another thread while the
    page is built.
    """

    handler: Handler
    tls: Listening | None
    watched: Sequence[Watched[Any]]
    server: Clients = attrs.field(init=False)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self)

    def collect(self) -> Iterator[core.Metric]:
        """Yield the families, with those of the process last."""
        values = self._of_calls() | self._of_parts()
        for row in _FAMILIES.strip().split("\n"):
            head, _, said = row.partition(": ")
            kind, name, labels = (*head.split(), "")[:3]
            made: Any = getattr(core, f"{kind.title()}MetricFamily")
            family = made(
                f"atlas_shim_{name}",
                said,
                labels=tuple(filter(None, labels.split(","))),
            )
            for key, value in values[name].items():
                words = (key,) if isinstance(key, str) else key
                if kind == "histogram":
                    *counts, total = value
                    family.add_metric(
                        words, [*zip(_BOUNDS, accumulate(counts), strict=True)], total
                    )
                else:
                    family.add_metric(words, {} if kind == "info" else value)
            yield family
        yield from ProcessCollector(registry=None).collect()

    def _of_calls(self) -> dict[str, Samples]:
        ledger = self.handler.ledger
        plan = self.handler.plan
        failures = [*ledger.failures.items()]
        ways = ledger.ways.copy()
        ids = sorted(operation.id for operation in plan.engine.operations)
        last = dict.fromkeys(ids, 0.0)
        abandoned = Tally[str]()
        for (operation, _), way in ways.items():
            abandoned[operation] += way.statuses[0]
            if operation != OTHER:
                last[operation] = max(last.get(operation, 0.0), way.last)
        requests = {}
        for (*names, status), n in ledger.calls().items():
            if status:
                requests[*names, *_status(status)] = n
        errors = Tally[tuple[str, str]]()
        refusals = Tally[str]()
        for failure, n in failures:
            code, _, cause = failure
            errors[origin_of(failure), cause] += n
            if code is not None:
                refusals[code] += n
        return {
            "requests": requests,
            "request_duration_seconds": {
                names: way.waited for names, way in ways.items()
            },
            "upstream_duration_seconds": {
                names: way.upstream for names, way in ways.items()
            },
            "errors": errors,
            "refusals": refusals,
            "requests_abandoned": abandoned,
            "challenges": ledger.challenged.copy(),
            "last_retired_call_timestamp_seconds": last,
        }

    def _of_parts(self) -> dict[str, Samples]:
        handler = self.handler
        watched = self.watched
        server = self.server
        tls = self.tls
        certificates = {}
        if tls is not None and tls.value[1] is not None:
            certificates["listener"] = tls.value[1]
        plan = handler.plan
        limits = handler.limits
        upstream = handler.shared.upstream
        sunsets = {}
        for document in plan.engine.documents:
            for one in document.operations:
                sunset = sunset_of(one, plan.settings)
                sunsets[document.name, one.id] = sunset.timestamp()
        announced = {}
        announced_calls = {}
        for sighting in handler.shared.inventory.radar.sightings():
            announced_calls[sighting.key] = sighting.last
            if sighting.sunset is not None:
                announced[sighting.key] = sighting.sunset
        responses = {}
        for digit, count in enumerate(upstream.hundreds):
            if count:
                responses[f"{digit}xx"] = count
        memory = {
            "reserved": limits.reserved,
            "held": limits.held,
            "kept": limits.kept.size,
            "connections": server.held,
        }
        route = str(plan.settings.route)
        if plan.settings.flag:
            route = f"{FLAG}{plan.settings.flag}"
        return {
            "in_flight_requests": {(): limits.count},
            "log_lines_dropped": {(): LogLines.lost.count},
            "upstream_connections": upstream.states(),
            "upstream_responses": responses,
            "memory_used_bytes": memory,
            "memory_limit_bytes": {(): limits.memory},
            "tls_certificate_not_after_timestamp_seconds": certificates,
            "config_reload_success": {(): not any(one.problems for one in watched)},
            "config_restart_needed": {(): len(plan.waiting)},
            "build": {(__version__, platform.python_version()): 1},
            "route": {route: 1},
            "sunset_timestamp_seconds": sunsets,
            "announced_sunset_timestamp_seconds": announced,
            "announced_last_call_timestamp_seconds": announced_calls,
            "connections": server.states(),
            "connections_refused": server.turned_away.copy(),
        }


def _status(status: int) -> tuple[str, str]:
    """Return the class of a status, and the status itself.

    Instead of a status that HTTP does not define, it returns the class twice.
    """
    if status < 100:
        return f"{status}xx", f"{status}xx"
    return f"{status // 100}xx", str(status)
