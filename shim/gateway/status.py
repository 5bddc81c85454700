"""What a gateway shows of itself: the content of ``/status.json``, which the page and the text are made of.

Its shape is documented in docs/reference/metrics.md: members may be added; none goes or
changes. Instants are UTC, as in ``2026-06-01T12:00:00Z``; days are whole, negative for
the past. It has no id, query, credential or content.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import attrs

from shim._version import __version__
from shim.codes import cure_of
from shim.gateway.call import Handler
from shim.gateway.errors import Failure, origin_of
from shim.gateway.ledger import OTHER, RECENT, Ledger, Seen, Way, kind_of
from shim.gateway.log_writer import LogLines
from shim.gateway.logs import plain
from shim.gateway.tls import Listening
from shim.gateway.watch import Watched
from shim.tools.inventory.verdict import LEGACY, Ahead, Ends, ends_of, sentences, spoken
from shim.tools.inventory.writing import written
from shim.tools.radar.radar import DAY, days_until

_FORMAT = 1  # the number of this shape; it is raised when a member goes or changes

# days without a retired call after which the shim can go: a monthly job would have
# called by then
ENOUGH = 30
_DOUBT = "This page starts with the gateway. For older calls and other programs: atlas-shim inventory FILE"

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
    """Return the status as it is now; may be called in another thread."""
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
    problems = [problem for one in watched for problem in one.problems]
    sightings = sorted(
        inventory.radar.sightings(),
        key=lambda one: (one.sunset or float("inf"), one.key),
    )
    return {
        "format": _FORMAT,
        "made": written(now),
        "version": __version__,
        "started": written(ledger.started),
        "uptime_seconds": int(now - ledger.started),
        "ready": ready,
        "mode": {
            "route": str(options.route),
            "flag": handler.flag.report() if handler.flag else None,
            "credentials": str(options.credentials),
            "upstream": options.upstream,
            "listens": listens,
            "reads": sorted(options.reads),
            "writes": sorted(options.writes),
            "inventory": inventory.is_on,
        },
        "silence": verdict(
            retired, ledger.started, now, ends, inventory=inventory.is_on
        ),
        "operations": [*_operations(ledger)],
        "callers": [*_callers(ledger, now)],
        "callers_let_go": ledger.let_go,
        "errors": [*_errors(ledger)],
        "recent": written(now - RECENT),
        "reload": {
            "state": "refused" if problems else "good",
            "good_since": written(max(one.good_since for one in watched)),
            "refused": _instant(
                max(
                    (one.refused for one in watched if one.refused is not None),
                    default=None,
                )
            ),
            "problems": problems,
            "waiting": plan.waiting,
        },
        "losses": {
            name: {"count": lost.count, "last": written(lost.last), "cause": lost.cause}
            for name, lost in (("inventory", inventory.lost), ("log", LogLines.lost))
            if lost.count
        },
        "certificates": [
            {
                "side": "listener",
                **_day("not_after", one.value[1], now),
                "refused": bool(one.problems),
            }
            for one in (tls,)
            if one is not None and one.value[1] is not None
        ],
        "announced": [
            attrs.asdict(one)
            | {
                name: _instant(getattr(one, name))
                for name in ("deprecation", "first", "last")
            }
            | _day("sunset", one.sunset, today)
            for one in sightings
        ],
    }


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
    """Yield each operation's calls by the side that answered, and its last call, and why that went its way."""
    rows = sorted(
        ledger.ways.copy().items(),
        key=lambda row: (row[0][0] == OTHER, row[0][0], row[1].last),
    )
    for operation, ways in groupby(
        (row for row in rows if row[1].statuses), lambda row: row[0][0]
    ):
        routes = dict[str, int]()
        kinds = Tally[str | None]()
        for (_, route), way in ways:
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


def _callers(ledger: Ledger, now: float) -> Iterator[StatusObject]:
    """Yield all callers that are known: those first that fail now, the latest failure first, then the latest calls."""
    rows = [(who, one, *one.recent(now)) for who, one in ledger.callers.copy().items()]
    rows.sort(
        key=lambda row: (
            not row[3],
            -row[1].error_seen.last if row[3] else 0,
            -row[1].last,
        )
    )
    for (peer, agent, key), one, recent, recent_errors in rows:
        counts = {
            name: getattr(one, name)
            for name in ("calls", "retired", "client_errors", "failed")
        }
        now_counts = {"recent_calls": recent, "recent_errors": recent_errors}
        if one.error is None:
            error = None
        else:
            error = _error(*one.error, one.error_seen)
        who = {"peer": peer, "agent": plain(agent), "key": plain(key)}
        yield {**who, "last": written(one.last), **counts, **now_counts, "error": error}


def _errors(ledger: Ledger) -> Iterator[StatusObject]:
    rows = ledger.errors.copy().items()
    for error, one in sorted(rows, key=lambda row: (row[0][1][1] < 500, -row[1].last)):
        yield _error(*error, one)


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
    """Return the member ``silence``: for how long nobody has made a retired call, and whether the shim can be removed.

    Its ``word`` is ``called``, ``quiet`` or ``unproven``: a gateway knows only its own
    calls since it ``started``, and an ``inventory`` may have others. A call that Atlas
    answered itself is not retired if ``ends`` knows a future sunset of its operation.
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
    days = int(max(0.0, now - (last or started)) // DAY)
    if last:
        start = ""
    else:
        start = ", when this gateway started"
    word = "unproven"
    sentence = f"Nobody has made a retired call since {spoken(since)}{start}"
    if last is not None and not days:
        word = "called"
        sentence = f"Retired calls are still made: the last one at {spoken(since)} ({operation})."
    elif days < ENOUGH:
        sentence += f". That is too short to prove anything: wait for {ENOUGH} days."
    elif inventory:
        sentence += ", as far as this gateway knows."
    else:
        word = "quiet"
        sentence = (
            f"{sentence}: the shim can go, if all that could make one came by here."
        )
    recent = written(now - ENOUGH * DAY)
    return {
        "word": word,
        "sentence": sentence,
        "days": days,
        "last": _instant(last),
        "since": written(started),
        "doubts": [_DOUBT] if inventory else [],
        "ahead": [*sentences(one for one in ahead if one.last > recent)],
    }
