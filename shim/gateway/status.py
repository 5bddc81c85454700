"""The content of ``/status.json``, from which the page and the text are built.

Its shape is documented in docs/reference/metrics.md: members may be added, but none is
removed or changed. Instants are UTC, as in ``2026-06-01T12:00:00Z``. Days are whole,
and negative for the past. It has no id, query, credential or content.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim._version import __version__
from shim.codes import cure_of
from shim.gateway.call import Handler
from shim.gateway.errors import Failure, origin_of
from shim.gateway.ledger import (
    OTHER,
    RECENT,
    Ledger,
    Seen,
    SeenCaller,
    Way,
    Who,
    kind_of,
)
from shim.gateway.log_writer import LogLines
from shim.gateway.logs import plain
from shim.gateway.radar_inventory import RadarInventory
from shim.gateway.tls import Listening
from shim.gateway.watch import Watched
from shim.tools.inventory.verdict import LEGACY, Ahead, Ends, ends_of, sentences, spoken
from shim.tools.inventory.writing import written
from shim.tools.radar.radar import DAY_SECONDS, Sighting, days_until

_FORMAT = (
    1  # the number of this shape; it is raised when a member is removed or changed
)

# Days without a retired call after which the shim can be removed: a monthly job would
# have called by then.
ENOUGH = 30
_DOUBT = "The page begins with the gateway's start. For older calls and other programs: atlas-shim inventory FILE"

StatusObject = dict[str, Any]
Ways = Mapping[tuple[str, str], Way]


def status_of(
    handler: Handler,
    watched: Sequence[Watched[Any]],
    tls: Listening | None,
    *,
    listens: str,
    ready: bool,
) -> StatusObject:
    """Return the current status; any thread may call it."""
    plan = handler.plan
    ledger = handler.ledger
    today = handler.shared.clock()
    now = time.time()
    options = plan.options
    inventory = handler.shared.inventory
    retired = {}
    for names, way in ledger.ways.copy().items():
        if names[0] != OTHER:
            retired[names] = way
    ends = ends_of(plan.engine, plan.settings, today)
    silence = verdict(retired, ledger.started, now, ends, inventory=inventory.is_on)
    mode = {
        "route": str(options.route),
        "flag": handler.flag.report() if handler.flag else None,
        "credentials": str(options.credentials),
        "upstream": options.upstream,
        "listens": listens,
        "reads": sorted(options.reads),
        "writes": sorted(options.writes),
        "inventory": inventory.is_on,
    }
    sightings = sorted(inventory.radar.sightings(), key=_sunset_first)
    return {
        "format": _FORMAT,
        "made": written(now),
        "version": __version__,
        "started": written(ledger.started),
        "uptime_seconds": int(now - ledger.started),
        "ready": ready,
        "mode": mode,
        "silence": silence,
        "operations": [*_operations(ledger)],
        "callers": [*_callers(ledger, now)],
        "callers_let_go": ledger.let_go,
        "errors": [*_errors(ledger)],
        "recent": written(now - RECENT),
        "reload": _reload(watched, plan.waiting),
        "losses": _losses(inventory),
        "certificates": [*_certificates(tls, now)],
        "announced": [_announced(one, today) for one in sightings],
    }


def _reload(watched: Sequence[Watched[Any]], waiting: Sequence[str]) -> StatusObject:
    """Return whether the last changes of files are in use, and which need a restart."""
    problems = list[str]()
    refused = list[float]()
    for one in watched:
        problems += one.problems
        if one.refused is not None:
            refused.append(one.refused)
    return {
        "state": "refused" if problems else "good",
        "good_since": written(max(one.good_since for one in watched)),
        "refused": _instant(max(refused, default=None)),
        "problems": problems,
        "waiting": waiting,
    }


def _losses(inventory: RadarInventory) -> StatusObject:
    """Return how many lines the inventory and the log lack; zeros are left out."""
    losses = {}
    for name, lost in (("inventory", inventory.lost), ("log", LogLines.lost)):
        if lost.count:
            last = written(lost.last)
            losses[name] = {"count": lost.count, "last": last, "cause": lost.cause}
    return losses


def _certificates(tls: Listening | None, now: float) -> Iterator[StatusObject]:
    if tls is None:
        return
    _, not_after = tls.value
    if not_after is not None:
        days = _day("not_after", not_after, now)
        yield {"side": "listener", **days, "refused": bool(tls.problems)}


def _sunset_first(sighting: Sighting) -> tuple[float, object]:
    return sighting.sunset or float("inf"), sighting.key


def _announced(sighting: Sighting, today: float) -> StatusObject:
    """Return an end that replies announced."""
    shown = attrs.asdict(sighting)
    for name in ("deprecation", "first", "last"):
        shown[name] = _instant(shown[name])
    return shown | _day("sunset", sighting.sunset, today)


def _instant(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return written(seconds)


def _day(name: str, instant: float | None, today: float) -> StatusObject:
    return {
        name: _instant(instant),
        "days_left": None if instant is None else days_until(instant, today),
    }


def _operations(ledger: Ledger) -> Iterator[StatusObject]:
    """Yield each operation's calls by the side that answered.

    Each has its last call, and the reason for that call's route.
    """
    by_operation = dict[str, list[tuple[str, Way]]]()
    for (operation, route), way in sorted(
        ledger.ways.copy().items(), key=_oldest_first
    ):
        if way.statuses:
            by_operation.setdefault(operation, []).append((route, way))
    for operation, ways in by_operation.items():
        routes = dict[str, int]()
        kinds = Tally[str | None]()
        for route, way in ways:
            statuses = way.statuses.copy()
            routes[route] = statuses.total()
            for status, calls in statuses.items():
                kinds[kind_of(status)] += calls
        counts = {
            "calls": kinds.total(),
            "client_errors": kinds["client_errors"],
            "failed": kinds["failed"],
        }
        last = {"last": written(way.last), "answered": route, "because": way.reason}
        yield {"operation": operation, **counts, "routes": routes, **last}


def _oldest_first(row: tuple[tuple[str, str], Way]) -> tuple[bool, str, float]:
    """Return the sort key of ways.

    They are sorted by operation, with the last call last. Calls that are passed on come
    at the end.
    """
    (operation, _), way = row
    return operation == OTHER, operation, way.last


def _callers(ledger: Ledger, now: float) -> Iterator[StatusObject]:
    """Yield all known callers.

    Those that fail now come first, the latest failure first. The others are sorted by
    their latest calls.
    """
    rows = [(who, one, *one.recent(now)) for who, one in ledger.callers.copy().items()]
    rows.sort(key=_failing_first)
    for (peer, agent, key), one, recent, recent_errors in rows:
        error = None
        if one.error is not None:
            error = _error(*one.error, one.error_seen)
        yield {
            "peer": peer,
            "agent": plain(agent),
            "key": plain(key),
            "last": written(one.last),
            "calls": one.calls,
            "retired": one.retired,
            "client_errors": one.client_errors,
            "failed": one.failed,
            "recent_calls": recent,
            "recent_errors": recent_errors,
            "error": error,
        }


def _failing_first(row: tuple[Who, SeenCaller, int, int]) -> tuple[bool, float, float]:
    """Return the sort key of callers, as ``_callers`` describes it."""
    _, seen, _, recent_errors = row
    if recent_errors:
        return False, -seen.error_seen.last, -seen.last
    return True, 0, -seen.last


def _errors(ledger: Ledger) -> Iterator[StatusObject]:
    rows = ledger.errors.copy().items()
    for (operation, failure), seen in sorted(rows, key=_server_errors_first):
        yield _error(operation, failure, seen)


def _server_errors_first(row: tuple[tuple[str, Failure], Seen]) -> tuple[bool, float]:
    """Return the sort key of errors: servers' errors first, then the latest."""
    (_, failure), seen = row
    status = failure[1]
    return status < 500, -seen.last


def _error(operation: str, failure: Failure, seen: Seen) -> StatusObject:
    said = {
        "code": failure[0],
        "status": failure[1],
        "cause": failure[2],
        "calls": seen.calls,
    }
    said["cure"] = cure_of(failure[0] or "")
    times = {"first": written(seen.first), "last": written(seen.last)}
    return {"origin": origin_of(failure), "operation": operation, **said, **times}


def verdict(
    retired: Ways, started: float, now: float, ends: Ends, *, inventory: bool
) -> StatusObject:
    """Return the time since the last retired call, and whether the shim can be removed.

    Its ``word`` is ``called``, ``quiet`` or ``unproven``: a gateway knows only its own
    calls since it ``started``, and an ``inventory`` may have others. A call that Atlas
    answered itself is not retired if ``ends`` has a future sunset of its operation.
    """
    ahead = []
    seen = []
    for (operation, route), way in retired.items():
        if route == LEGACY:
            sunset = ends.get(operation)
        else:
            sunset = None
        if sunset is None:
            seen.append((way.last, operation))
        else:
            ahead.append(
                Ahead(sunset, operation, sum(way.statuses.values()), written(way.last))
            )
    last, operation = max(seen, default=(None, ""))
    since = written(started if last is None else last)
    days = int(max(0.0, now - (last or started)) // DAY_SECONDS)
    if last:
        start = ""
    else:
        start = ", when this gateway started"
    word = "unproven"
    sentence = f"There was no retired call since {spoken(since)}{start}"
    if last is not None and not days:
        word = "called"
        sentence = f"Retired calls are still made: the last one at {spoken(since)} ({operation})."
    elif days < ENOUGH:
        sentence += f". That is too short to prove anything. Wait for {ENOUGH} days."
    elif inventory:
        sentence += ", as far as this gateway knows."
    else:
        word = "quiet"
        sentence = (
            f"{sentence}. If all callers use this gateway, the shim can be removed."
        )
    recent = written(now - ENOUGH * DAY_SECONDS)
    return {
        "word": word,
        "sentence": sentence,
        "days": days,
        "last": _instant(last),
        "since": written(started),
        "doubts": [_DOUBT] if inventory else [],
        "ahead": [*sentences(one for one in ahead if one.last > recent)],
    }
