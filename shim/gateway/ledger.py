"""The ledger counts each call once, in one step; everything that is shown is a fold of its snapshot.

A snapshot is a plain value: names -> rows, whose keys have words of mapping documents, callers as the log shows them,
and nothing of an id, a query or a credential. Its rows:

    calls       (operation, route, hundreds of the status, 0: unanswered) -> calls since the start
    minutes     (minute since the epoch, operation, route, hundreds) -> calls, for an hour
    retired     (operation, route) -> calls, last_at: (instant, reason)
    callers     (peer, User-Agent) -> calls, retired, first_at, last_at
    errors      (operation, failure) -> calls, first_at, last_at: the latest kinds
    failures    failure -> calls since the start, and requests that no call came of
    fields      (operation, field, level) -> translated answers in which a field was not exact
    abandoned   operation -> calls whose caller left before the whole answer was written
    challenged  ``unsigned`` or ``stale`` -> steps of clients on their way to a signature; they count nowhere else
    shared      operation -> reads answered with the answer to another one
    waited, upstream   (operation, route) -> histogram of seconds (WAITS)
    translated  () -> histogram of seconds (COSTS)

Instants are seconds since the epoch. A histogram has the numbers not longer than each bound, the rest, and the sum.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter as Tally
from operator import add
from typing import Any

import attrs

from shim.core.messages import FieldReport
from shim.documents.vocabulary import Fidelity
from shim.gateway.errors import USUAL, Failure, answered_by_atlas
from shim.gateway.logs import CallLine, plain

Snapshot = dict[Any, Any]

WAITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of what callers and the gateway wait: up to the default deadline."""

COSTS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5)
"""Bounds of what the gateway itself needs."""

OTHER = "other"  # the operation of calls that are passed on

HOUR = 60  # minutes that are counted apart
CALLERS = 200  # callers that are kept: so many that were known first, that call most, and that called last
ERRORS = 50  # kinds of errors that are kept, the latest
MOST = 500  # different calls that are counted apart before they are folded into what is kept

_AGENT = 200  # characters of a User-Agent, as in the log
_Key = tuple[str, str, int | None, Failure | None, str, str, int]


@attrs.define(eq=False)
class _Row:
    """Calls that are alike: the first and the last instant, the last reason, and what became of the answers' fields."""

    first: float
    last: float
    fields: tuple[FieldReport, ...]
    reason: str = ""
    calls: int = 0
    abandoned: int = 0


@attrs.frozen(eq=False)
class _Page:
    """The calls of a minute that are not folded yet, beside what is ``kept`` of all before.

    Keys have the identity of an answer's fields, which rows keep so that no others get it.
    """

    kept: Snapshot
    minute: int = 0
    rows: dict[_Key, _Row] = attrs.field(factory=dict)


class Ledger:
    """Counts the calls of a gateway in its loop's thread; ``snapshot`` may be called in another thread.

    ``failures`` are requests that were refused before they were calls. A page is replaced and never emptied, so that
    readers need no lock.
    """

    def __init__(self) -> None:
        self.started = time.time()
        # Series start at 0: rate() ignores the first sample of a new one.
        self.failures: Tally[Failure] = Tally(dict.fromkeys(USUAL, 0))
        self._challenged: Tally[str] = Tally({"unsigned": 0, "stale": 0})
        self._shared: Tally[str] = Tally()
        self._translated = _empty(COSTS)
        self._times = {(OTHER, "pass"): (_empty(WAITS), _empty(WAITS))}
        self._page = _Page({"abandoned": {OTHER: 0}})

    def add(self, call: CallLine) -> None:
        """Count one call that has ended."""
        if call.challenged is not None:
            self._challenged[call.challenged] += 1
            return
        ended, page = call.began + call.seconds, self._page
        minute = int(ended) // 60
        if minute != page.minute or len(page.rows) >= MOST:
            page = self._page = _Page(_folded(page), minute)
        operation, route = OTHER if call.match is None else call.match.operation.id, call.route
        fields, agent = call.fields, (call.agent or "")[:_AGENT]
        key = (operation, route, call.status, call.failure, call.peer, agent, id(fields))
        row = page.rows.get(key)
        if row is None:
            row = page.rows[key] = _Row(ended, ended, fields)
        row.calls += 1
        row.abandoned += not call.whole
        row.last, row.reason = ended, call.reason
        times = self._times.get((operation, route))
        if times is None:
            times = self._times[operation, route] = _empty(WAITS), _empty(WAITS)
        _observe(times[0], WAITS, call.seconds)
        if call.upstream_seconds is not None:
            _observe(times[1], WAITS, call.upstream_seconds)
        if call.translation is not None:
            _observe(self._translated, COSTS, call.translation)
        if call.shared:
            self._shared[operation] += 1

    def snapshot(self) -> Snapshot:
        """Return what was counted so far, within its bounds."""
        times = self._times.copy()
        steady: Snapshot = {
            "failures": dict(self.failures),
            "challenged": dict(self._challenged),
            "shared": dict(self._shared),
            "waited": {key: tuple(waited) for key, (waited, _) in times.items()},
            "upstream": {key: tuple(upstream) for key, (_, upstream) in times.items()},
            "translated": {(): tuple(self._translated)},
        }
        return merge(steady, _folded(self._page))


def merge(one: Snapshot, other: Snapshot) -> Snapshot:
    """Return the sum of two snapshots: the earlier ``first_at``, the later ``last_at``, and all else added."""
    both = dict(one)
    for name, value in other.items():
        _put(both, name, value)
    return both


def _put(rows: Snapshot, name: object, value: Any) -> None:
    had = rows.get(name)
    if had is None:
        rows[name] = value
    elif isinstance(value, dict):
        rows[name] = merge(had, value)
    elif name in {"first_at", "last_at"}:
        rows[name] = min(had, value) if name == "first_at" else max(had, value)
    else:
        rows[name] = tuple(map(add, had, value)) if isinstance(value, tuple) else had + value


def _folded(page: _Page) -> Snapshot:
    """Return what is kept with the calls of a page, within its bounds."""
    names = ("calls", "minutes", "retired", "callers", "errors", "failures", "abandoned", "fields")
    new: Snapshot = {name: {} for name in names}
    for (operation, route, status, own_failure, peer, agent, _), row in page.rows.copy().items():
        hundreds, calls = (status or 0) // 100, row.calls
        failure = own_failure or (answered_by_atlas(status) if status is not None and status >= 400 else None)
        retired = calls if operation != OTHER else 0
        seen = {"calls": calls, "first_at": row.first, "last_at": row.last}
        _put(new["calls"], (operation, route, hundreds), calls)
        _put(new["minutes"], (page.minute, operation, route, hundreds), calls)
        _put(new["callers"], (peer, plain(agent)), seen | {"retired": retired})
        if retired:
            _put(new["retired"], (operation, route), {"calls": calls, "last_at": (row.last, row.reason)})
        if failure is not None:
            _put(new["failures"], failure, calls)
            _put(new["errors"], (operation, failure), seen)
        elif row.abandoned:
            _put(new["abandoned"], operation, row.abandoned)
        for report in row.fields:
            if report.fidelity is not Fidelity.EXACT:
                _put(new["fields"], (operation, report.name, report.fidelity.value), calls)
    found = merge(page.kept, new)
    found["minutes"] = {key: n for key, n in found["minutes"].items() if page.minute - HOUR <= key[0] <= page.minute}
    latest = sorted(found["errors"].items(), key=lambda item: item[1]["last_at"], reverse=True)
    found["errors"], found["callers"] = dict(latest[:ERRORS]), fair(found["callers"], CALLERS)
    return found


def fair(callers: Snapshot, most: int) -> Snapshot:
    """Return the callers that were known first, those that call most, and those that called last, so many of each.

    Addresses take turns, so that a caller with many names does not displace others.
    """
    kept: Snapshot = {}
    for rank in (
        lambda one: -one["last_at"],
        lambda one: (-one["retired"], -one["calls"]),
        lambda one: one["first_at"],
    ):
        turns: Tally[str] = Tally()
        turn: dict[tuple[str, str], int] = {}
        for name in sorted(callers, key=lambda name: rank(callers[name])):
            turns[name[0]] += 1
            turn[name] = turns[name[0]]
        kept |= {name: callers[name] for name in sorted(turn, key=turn.__getitem__)[:most]}
    return kept


def _empty(bounds: tuple[float, ...]) -> list[float]:
    return [0] * (len(bounds) + 1) + [0.0]


def _observe(histogram: list[float], bounds: tuple[float, ...], seconds: float) -> None:
    histogram[bisect_left(bounds, seconds)] += 1
    histogram[-1] += seconds
