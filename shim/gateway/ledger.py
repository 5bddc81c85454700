"""Count each call once, when it has ended.

All that is shown is computed from the tables.

Keys contain words of mapping documents, names of callers and public parts of their
keys, but no part of an id, a query or a secret. Instants are seconds since the epoch. A
histogram has a number for each bound, one for what is longer, and the sum.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict
from http import HTTPStatus
from typing import Literal

import attrs

from shim.gateway.errors import USUAL, Failure, answered_by_atlas
from shim.gateway.logs import CallLine

# Bounds in seconds for the time that callers and the gateway wait, up to the default
# deadline.
WAITS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
)

OTHER = "other"  # the operation of calls that are passed on
MAX_CALLERS = 1000  # the limit on counted callers
KEPT = 900  # the callers that stay when another one arrives
RECENT = 300  # the seconds that count as now
SLICE = 30  # the seconds of one slice of these
ERRORS = 50  # the limit on stored errors, the latest
_AGENT = 200  # characters of a User-Agent, as in the log

# Statuses that are counted one by one; a hostile server knows hundreds more.
_STATUSES = frozenset(map(int, HTTPStatus))

Calls = Tally[tuple[str, str, int]]
"""Operation, route, and status to calls.

The status is 0 for an unanswered call, and the hundreds of a status that HTTP does not
define.
"""

Who = tuple[str, str, str]
"""A caller: its address, its User-Agent, and the public part of a verified key."""


def _no_waits() -> list[float]:
    return [0] * (len(WAITS) + 1) + [0.0]


@attrs.define(eq=False)
class Way:
    """Calls of one operation by one route."""

    statuses: Tally[int] = attrs.field(factory=Tally)
    """The calls of each status, which is as in ``Calls``."""
    last: float = 0.0
    """When the latest call ended."""
    reason: str = ""
    """Why the latest call took that route."""
    waited: list[float] = attrs.field(factory=_no_waits)
    upstream: list[float] = attrs.field(factory=_no_waits)


@attrs.define(eq=False)
class Seen:
    """Calls with one error."""

    first: float
    last: float = 0.0
    calls: int = 0


@attrs.define(eq=False)
class SeenCaller(Seen):
    """Calls of one caller.

    Those that ``failed`` had a status from 500 on, or no answer.
    """

    retired: int = 0
    client_errors: int = 0
    failed: int = 0
    error: tuple[str, Failure] | None = None
    """Operation and failure of its latest call with an error."""
    error_seen: Seen = attrs.field(factory=lambda: Seen(0.0))
    """Since when it gets only that error."""
    slices: dict[tuple[int, bool], int] = attrs.field(factory=dict)
    """Its recent calls in each slice of time, with and without an error."""

    def count(self, ended: float, *, is_error: bool) -> None:
        """Count a recent call, and forget old ones."""
        key = int(ended // SLICE), is_error
        if key in self.slices:
            self.slices[key] += 1
            return
        oldest = key[0] - RECENT // SLICE
        # A new dict, because other threads may be reading the old one.
        self.slices = {one: n for one, n in self.slices.items() if one[0] >= oldest}
        self.slices[key] = 1

    def recent(self, now: float) -> tuple[int, int]:
        """Return the calls of the last five minutes, and how many had an error.

        The start is rounded to a slice.
        """
        first = int((now - RECENT) // SLICE)
        slices = []
        for (at, is_error), calls in self.slices.copy().items():
            if at > first:
                slices.append((is_error, calls))
        return sum(calls for _, calls in slices), sum(
            calls for is_error, calls in slices if is_error
        )


class Ledger:
    """Counts the calls of a gateway in its loop's thread.

    Another thread copies a table before it reads it. The keys of ``ways`` are operation
    and route, and the keys of ``errors`` are operation and failure. ``let_go`` callers
    are forgotten. ``failures`` include requests that never became calls. ``challenged``
    counts answers that only ask for a signature, which no other table counts.
    """

    def __init__(self) -> None:
        self.started = time.time()
        # Series start at 0, because rate() ignores the first sample of a new one.
        self.failures: Tally[Failure] = Tally(dict.fromkeys(USUAL, 0))
        self.challenged: Tally[str] = Tally({"unsigned": 0, "stale": 0})
        self.ways: defaultdict[tuple[str, str], Way] = defaultdict(
            Way, {(OTHER, "pass"): Way(), (OTHER, "refused"): Way()}
        )
        self.callers: dict[Who, SeenCaller] = {}
        self.let_go = 0
        self.errors: dict[tuple[str, Failure], Seen] = {}

    def add(self, call: CallLine) -> None:
        """Count one call that has ended."""
        if call.challenged is not None:
            self.challenged[call.challenged] += 1
            return
        retired = call.match is not None
        ended = call.began + call.seconds
        status = call.status or 0
        if call.match is None:
            operation = OTHER
        else:
            operation = call.match.operation.id
        way = self.ways[operation, call.route]
        way.statuses[status if status in _STATUSES else status // 100] += 1
        way.last = ended
        way.reason = call.reason
        way.waited[bisect_left(WAITS, call.seconds)] += 1
        way.waited[-1] += call.seconds
        if call.upstream_seconds is not None:
            way.upstream[bisect_left(WAITS, call.upstream_seconds)] += 1
            way.upstream[-1] += call.upstream_seconds
        failure = call.failure or (answered_by_atlas(status) if status >= 400 else None)
        caller = self._caller((call.peer, (call.agent or "")[:_AGENT], call.key), ended)
        caller.last = ended
        caller.calls += 1
        caller.retired += retired
        caller.count(ended, is_error=failure is not None)
        if (kind := kind_of(status)) is not None:
            setattr(caller, kind, getattr(caller, kind) + 1)
        if failure is not None:
            self._failed(caller, (operation, failure), ended)

    def _caller(self, who: Who, ended: float) -> SeenCaller:
        seen = self.callers.get(who)
        if seen is None:
            if len(self.callers) >= MAX_CALLERS:
                # An address with many names displaces only its own; otherwise those go
                # that were silent longest.
                names = Tally(address for address, *_ in self.callers)

                def order(who: Who) -> tuple[int, float]:
                    return names[who[0]], -self.callers[who].last

                stay = sorted(self.callers, key=order)[:KEPT]
                self.let_go += len(self.callers) - KEPT
                self.callers = {who: self.callers[who] for who in stay}
            seen = self.callers[who] = SeenCaller(ended)
        return seen

    def _failed(
        self, caller: SeenCaller, error: tuple[str, Failure], ended: float
    ) -> None:
        self.failures[error[1]] += 1
        if caller.error != error:
            caller.error = error
            caller.error_seen = Seen(ended)
        for seen in (caller.error_seen, self.errors.setdefault(error, Seen(ended))):
            seen.last = ended
            seen.calls += 1
        if len(self.errors) > ERRORS:
            del self.errors[min(self.errors, key=lambda one: self.errors[one].last)]

    def calls(self) -> Calls:
        """Return the number of calls since the start."""
        calls: Calls = Tally()
        for names, way in self.ways.copy().items():
            for status, n in way.statuses.copy().items():
                calls[*names, status] = n
        return calls


def kind_of(status: int) -> Literal["client_errors", "failed"] | None:
    """Return the word for a failed call with this status.

    It is ``failed`` from 500 on, and for an unanswered call.
    """
    hundreds = status // 100 or status
    if hundreds in {1, 2, 3}:
        return None
    if hundreds == 4:
        return "client_errors"
    return "failed"
