"""What a gateway shows of itself at ``/status.json``: a fold of the ledger's snapshot, the plan in use, and its state.

Its shape is documented in docs/reference/metrics.md: members may be added, and none goes or changes. Instants are UTC,
as in ``2026-06-01T12:00:00Z``; days are whole, negative for the past. Nothing in it is an id, a query, a credential or
content.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import attrs

from shim._version import __version__
from shim.core.content import dumps, loads
from shim.core.context import Context, Memory
from shim.core.messages import Call
from shim.core.route import decide, sunset_of
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity
from shim.gateway.errors import origin_of
from shim.gateway.ledger import HOUR, OTHER, Snapshot, fair
from shim.gateway.plan import Plan
from shim.gateway.tls import ReloadableContext
from shim.gateway.verdict import DAY, Written, verdict
from shim.tools.inventory.verdict import Ends, ends_of
from shim.tools.inventory.writing import written
from shim.tools.radar import Sighting

FORMAT = 1
"""The number of this shape; it is raised when a member goes or changes."""

SHOWN = 16
"""Callers that are shown: so many that were known first, that call most, and that called last."""

PROBLEMS = 20
"""Problems of a refused reload that are shown; the log has them all."""

_LONGEST = 500

Json = dict[str, Any]


@attrs.define(eq=False)
class Standing:
    """State of a gateway beside the counts of calls; the calls' thread writes it, the admin thread reads it.

    ``started`` and ``good_since`` (the settings in use) are in seconds since the epoch; ``memory`` is what replies
    taught; ``clock`` decides which side of a sunset it is. ``reload`` is how settings and documents were read last.
    """

    started: float = attrs.field(factory=time.time)
    listens: str = ""
    memory: Memory = attrs.field(factory=Memory)
    clock: Callable[[], float] = time.time
    good_since: float = attrs.field(factory=time.time)
    reloads: Tally[str] = attrs.field(factory=lambda: Tally({"refused": 0, "success": 0}))
    reload: Json = attrs.field()

    @reload.default
    def _never_reloaded(self) -> Json:
        lists: Json = {"problems": [], "waiting": [], "changes": []}
        return {"state": "good", "good_since": written(self.good_since), "refused": None} | lists

    def reloaded(self, changes: Sequence[str], waiting: Sequence[str]) -> None:
        """Take in a good reload: what it changed, and which options wait for a restart."""
        self.reloads["success"] += 1
        self.good_since = time.time()
        said = {"state": "good", "good_since": written(self.good_since), "waiting": [*waiting]}
        self.reload = self.reload | said | {"changes": [*map(_cut, changes)]}

    def refused(self, problems: Sequence[str]) -> None:
        """Take in a refused reload, and why."""
        self.reloads["refused"] += 1
        said = [*map(_cut, problems[:PROBLEMS])]
        self.reload = self.reload | {"state": "refused", "refused": written(time.time()), "problems": said}

    def ends(self, plan: Plan) -> Ends:
        """Return what tells when operations end, by the settings in use and the gateway's clock."""
        return ends_of(plan.engine, plan.settings, self.clock())


def _cut(said: str) -> str:
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."


def status_of(  # noqa: PLR0913 - each is another source of facts
    counted: Snapshot,
    plan: Plan,
    standing: Standing,
    *,
    ready: bool,
    inventory: Written | None = None,
    certificates: Iterable[ReloadableContext] = (),
    announced: Iterable[Sighting] = (),
) -> Json:
    """Return all of it as it is now; ``inventory`` is None if the gateway writes no inventory."""
    options, today, now = plan.options, standing.clock(), time.time()
    newest = int(now) // 60
    minutes = {key: calls for key, calls in counted["minutes"].items() if newest - HOUR < key[0] <= newest}
    return {
        "format": FORMAT,
        "made": written(now),
        "version": __version__,
        "started": written(standing.started),
        "uptime_seconds": int(now - standing.started),
        "ready": ready,
        "mode": {
            "route": str(options.route),
            "credentials": str(options.credentials),
            "upstream": options.upstream,
            "listens": standing.listens,
            "writes": sorted(options.writes),
            "inventory": inventory is not None,
        },
        "silence": verdict(counted["retired"], standing.started, now, inventory, standing.ends(plan)),
        "sunsets": [*_sunsets(plan, today)],
        "routes": [*_routes(plan, standing, counted)],
        "hour": [*_hour(minutes)],
        "minutes": [*_minutes(minutes, newest)],
        "callers": [*_callers(counted)],
        "fields": [*_fields(counted, plan)],
        "errors": sorted(_errors(counted), key=lambda one: one["status"] < 500),
        "reload": standing.reload,
        "certificates": [
            {"side": one.name, **_day("not_after", one.expires, now), "refused": one.is_refused}
            for one in certificates
            if one.expires is not None
        ],
        "announced": [_announced(one, today) for one in sorted(announced, key=_soonest)],
    }


def _day(name: str, instant: float | None, today: float) -> Json:
    if instant is None:
        return {name: None, "days_left": None}
    return {name: written(instant), "days_left": int((instant - today) // DAY)}


def _sunsets(plan: Plan, today: float) -> Iterator[Json]:
    def sunset(operation: Operation) -> datetime:
        return sunset_of(operation, plan.settings)

    for document in plan.engine.documents:
        for day, operations in groupby(sorted(document.operations, key=sunset), key=sunset):
            yield {
                "document": document.name,
                "title": document.title,
                **_day("sunset", day.timestamp(), today),
                "overridden": document.name in plan.settings.sunsets,
                "operations": [one.id for one in operations],
            }


def _soonest(one: Sighting) -> tuple[float, tuple[str, ...]]:
    return one.sunset or float("inf"), one.key


def _announced(one: Sighting, today: float) -> Json:
    return {
        "method": one.method,
        "path": one.path,
        "version": one.version,
        **_day("sunset", one.sunset, today),
        "deprecation": None if one.deprecation is None else written(one.deprecation),
        "deprecated": one.deprecated,
        "link": one.link,
        "calls": one.calls,
        "first": written(one.first),
        "last": written(one.last),
        "callers": [*one.callers],
    }


def _routes(plan: Plan, standing: Standing, counted: Snapshot) -> Iterator[Json]:
    """Yield which side each operation's calls are sent to first, and why; and how its last call was answered."""
    context = Context(plan.settings, standing.memory, standing.clock, "", loads, dumps, time.monotonic)
    answered = sorted((row["last_at"], name, route) for (name, route), row in counted["retired"].items())
    lasts = {name: {"last": written(at), "answered": route, "because": why} for (at, why), name, route in answered}
    for operation in plan.engine.operations:
        first, reason = _decision(plan, operation, context)
        yield {
            "operation": operation.id,
            "method": operation.method,
            "path": operation.full_path,
            "document": operation.document,
            "first": first,
            "reason": reason,
            **(lasts.get(operation.id) or dict.fromkeys(("last", "answered", "because"))),
        }


def _decision(plan: Plan, operation: Operation, context: Context) -> tuple[str, str]:
    """Return which side is asked first of a cluster of which nothing is known, and why."""
    accept = ("Accept", f"application/vnd.atlas.{operation.version}+json")
    path = operation.full_path.replace("{", "%7B").replace("}", "%7D")
    call = Call(operation.method, plan.options.upstream, path, (accept,))
    match = plan.engine.recognise(call.method, call.target, call.headers)
    if match is None:  # nobody can ask for it by its version
        return "", ""
    found = decide(match, call, context)
    return found.route, found.reason


def _kind(hundreds: int) -> str:
    """Return what an answer counts as: 4xx, or failed, which is 5xx and no answer at all."""
    return "client_errors" if hundreds == 4 else "failed" if hundreds >= 5 or not hundreds else "fine"


def _hour(minutes: Mapping[tuple[int, str, str, int], int]) -> Iterator[Json]:
    routes: dict[str, Tally[str]] = {}
    kinds: Tally[tuple[str, str]] = Tally()
    for (_, operation, route, hundreds), calls in minutes.items():
        routes.setdefault(operation, Tally())[route] += calls
        kinds[operation, _kind(hundreds)] += calls
    for name in sorted(routes, key=lambda name: (name == OTHER, -routes[name].total(), name)):
        wrong = {kind: kinds[name, kind] for kind in ("client_errors", "failed")}
        yield {"operation": name, "calls": routes[name].total(), **wrong, "routes": dict(routes[name])}


def _minutes(minutes: Mapping[tuple[int, str, str, int], int], newest: int) -> Iterator[Json]:
    found: Tally[tuple[int, str]] = Tally()
    for (minute, operation, _, hundreds), calls in minutes.items():
        found[minute, "other" if operation == OTHER else "retired"] += calls
        found[minute, _kind(hundreds)] += calls
    for minute in range(newest - HOUR + 1, newest + 1):
        numbers = {name: found[minute, name] for name in ("retired", "other", "client_errors", "failed")}
        yield {"minute": written(minute * 60), **numbers}


def _callers(counted: Snapshot) -> Iterator[Json]:
    for (peer, agent), one in sorted(fair(counted["callers"], SHOWN).items(), key=lambda item: -item[1]["last_at"]):
        numbers = {"calls": one["calls"], "retired": one["retired"], "last": written(one["last_at"])}
        yield {"peer": peer, "agent": agent, **numbers}


def _errors(counted: Snapshot) -> Iterator[Json]:
    for (operation, failure), one in counted["errors"].items():
        said = {"code": failure[0], "status": failure[1], "cause": failure[2], "calls": one["calls"]}
        times = {"first": written(one["first_at"]), "last": written(one["last_at"])}
        yield {"origin": origin_of(failure), "operation": operation, **said, **times}


def _fields(counted: Snapshot, plan: Plan) -> Iterator[Json]:
    for (name, field, level), answers in sorted(counted["fields"].items()):
        if level == Fidelity.RENAMED:
            continue
        operation = plan.engine.named(name)
        known = (one for one in (operation.fields if operation else ()) if one.name == field)
        rules = (rule for one in known for some in one.rules.values() for rule in some)
        why = next((rule.why for rule in rules if rule.fidelity == level), "")
        yield {"operation": name, "field": field, "level": level, "answers": answers, "why": why}
