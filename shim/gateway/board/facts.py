"""The facts of ``/status.json``, made of the counts, the plan in use, and the gateway's own standing."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from itertools import groupby

from shim._version import __version__
from shim.core.content import dumps, loads
from shim.core.context import Context
from shim.core.messages import Call
from shim.core.route import decide, sunset_of
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity
from shim.gateway.board import status
from shim.gateway.board.silence import Last, Written, silence
from shim.gateway.board.standing import Standing
from shim.gateway.board.status import DAY, written
from shim.gateway.failures import origin_of
from shim.gateway.ledger import HOUR, OTHER, Snapshot, fair
from shim.gateway.plan import Plan
from shim.gateway.tls.certificates import ReloadableContext
from shim.tools.inventory.ahead import Ends, ends_of
from shim.tools.radar import Sighting
from shim.tools.radar.radar import soonest

SHOWN = 25
"""Callers that are shown, at most twice as many: those that called last, and those that call most."""

_Minutes = Mapping[tuple[int, str, str, int], int]


def status_of(  # noqa: PLR0913 - each is another source of facts
    counted: Snapshot,
    plan: Plan,
    standing: Standing,
    *,
    ready: bool,
    inventory: Written | None = None,
    certificates: Iterable[ReloadableContext] = (),
    announced: Iterable[Sighting] = (),
) -> status.Status:
    """Return all of it as it is now.

    ``inventory`` is None if none is written.
    """
    options, today, now = plan.options, standing.clock(), time.time()
    newest = int(now) // 60
    minutes = {key: calls for key, calls in counted["minutes"].items() if newest - HOUR < key[0] <= newest}
    callers = sorted(fair(counted["callers"], SHOWN).items(), key=lambda item: -item[1]["last_at"])
    lasts = [
        Last(name, when, route, reason, row["calls"])
        for (name, route), row in sorted(counted["retired"].items())
        for when, reason in (row["last_at"],)
    ]
    return status.Status(
        format=status.FORMAT,
        made=written(now),
        version=__version__,
        started=written(standing.started),
        uptime_seconds=int(now - standing.started),
        ready=ready,
        mode=status.Mode(
            route=str(options.route),
            credentials=str(options.credentials),
            upstream=options.upstream,
            listens=standing.listens,
            writes=tuple(sorted(options.writes)),
            inventory=inventory is not None,
        ),
        silence=silence(lasts, standing.started, now, inventory, ends_in(plan, standing)),
        sunsets=tuple(_sunsets(plan, today)),
        routes=tuple(_routes(plan, standing, _latest(lasts))),
        hour=tuple(_hour(minutes)),
        minutes=tuple(_minutes(minutes, newest)),
        callers=tuple(
            status.Caller(peer, agent, one["calls"], one["retired"], written(one["last_at"]))
            for (peer, agent), one in callers
        ),
        fields=tuple(_fields(counted, plan)),
        errors=tuple(sorted(_errors(counted), key=lambda one: one.status < 500)),
        reload=standing.reload,
        certificates=tuple(
            status.Certificate(one.name, written(one.expires), int((one.expires - now) // DAY), one.is_refused)
            for one in certificates
            if one.expires is not None
        ),
        announced=tuple(_announced(one, today) for one in sorted(announced, key=soonest)),
    )


def ends_in(plan: Plan, standing: Standing) -> Ends:
    """Return what tells when operations end, by the settings in use and the gateway's clock."""
    return ends_of(plan.engine, plan.settings, standing.clock())


def _latest(lasts: Iterable[Last]) -> dict[str, Last]:
    """Return the last call of each operation, on whatever route."""
    return {one.operation: one for one in sorted(lasts, key=lambda one: one.when)}


def _sunsets(plan: Plan, today: float) -> Iterable[status.Sunset]:
    for document in plan.engine.documents:
        dated = sorted(document.operations, key=lambda one: sunset_of(one, plan.settings))
        for sunset, operations in groupby(dated, key=lambda one: sunset_of(one, plan.settings)):
            seconds = sunset.timestamp()
            yield status.Sunset(
                document=document.name,
                title=document.title,
                sunset=written(seconds),
                days_left=int((seconds - today) // DAY),
                overridden=document.name in plan.settings.sunsets,
                operations=tuple(one.id for one in operations),
            )


def _announced(one: Sighting, today: float) -> status.Announced:
    return status.Announced(
        method=one.method,
        path=one.path,
        version=one.version,
        sunset=None if one.sunset is None else written(one.sunset),
        days_left=None if one.sunset is None else int((one.sunset - today) // DAY),
        deprecation=None if one.deprecation is None else written(one.deprecation),
        deprecated=one.deprecated,
        link=one.link,
        calls=one.calls,
        first=written(one.first),
        last=written(one.last),
        callers=one.callers,
    )


def _routes(plan: Plan, standing: Standing, lasts: Mapping[str, Last]) -> Iterable[status.Route]:
    context = Context(plan.settings, standing.memory, standing.clock, "", loads, dumps, time.monotonic)
    for operation in plan.engine.operations:
        first, reason = _decision(plan, operation, context)
        last = lasts.get(operation.id)
        yield status.Route(
            operation=operation.id,
            method=operation.method,
            path=operation.full_path,
            document=operation.document,
            first=first,
            reason=reason,
            last=written(last.when) if last else None,
            answered=last.route if last else None,
            because=last.reason if last else None,
        )


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


def _hour(minutes: _Minutes) -> Iterable[status.Calls]:
    routes: dict[str, Tally[str]] = {}
    failed: Tally[str] = Tally()
    for (_, operation, route, hundred), calls in minutes.items():
        routes.setdefault(operation, Tally())[route] += calls
        failed[operation] += calls if _is_failed(hundred) else 0
    for operation in sorted(routes, key=lambda name: (name == OTHER, -routes[name].total(), name)):
        yield status.Calls(operation, routes[operation].total(), failed[operation], dict(routes[operation]))


def _minutes(minutes: _Minutes, newest: int) -> Iterable[status.Minute]:
    retired, other, failed = Tally[int](), Tally[int](), Tally[int]()
    for (minute, operation, _, hundred), calls in minutes.items():
        (other if operation == OTHER else retired)[minute] += calls
        failed[minute] += calls if _is_failed(hundred) else 0
    for minute in range(newest - HOUR + 1, newest + 1):
        yield status.Minute(written(minute * 60), retired[minute], other[minute], failed[minute])


def _is_failed(hundred: int) -> bool:
    return hundred >= 5 or not hundred


def _errors(counted: Snapshot) -> Iterable[status.Error]:
    for (operation, failure), one in counted["errors"].items():
        code, number, cause = failure
        first, last = written(one["first_at"]), written(one["last_at"])
        yield status.Error(origin_of(failure), operation, code, number, cause, one["calls"], first, last)


def _fields(counted: Snapshot, plan: Plan) -> Iterable[status.Field]:
    for (name, field, level), answers in sorted(counted["fields"].items()):
        if level == Fidelity.RENAMED:
            continue
        operation = plan.engine.named(name)
        reasons = (
            rule.why
            for one in (operation.fields if operation else ())
            if one.name == field
            for rules in one.rules.values()
            for rule in rules
            if rule.fidelity == level
        )
        yield status.Field(name, field, level, answers, next(reasons, ""))
