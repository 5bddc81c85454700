"""Counts each call for people: by minute, caller and error, all of it bounded.

A call costs one step in a dictionary, under half a microsecond. Once a minute the new counts are sorted into those
that stay. Nothing here has an id, a query or a credential in it: operations and fields are words of the mapping
documents, callers are as the log shows them.
"""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Mapping, Sequence

import attrs

from shim.core.messages import FieldReport, Record
from shim.documents.vocabulary import Fidelity
from shim.gateway.counting.failures import Failure, answered_by_atlas
from shim.gateway.logs.calls import CallLine, plain_agent

HOUR = 60
"""Minutes that are counted apart."""

CALLERS = 200
"""Callers that are kept: so many that called last, and so many that call most."""

ERRORS = 50
"""Kinds of errors that are kept, the latest."""

MOST = 500
"""Different calls of one minute, by operation, route, status and caller; more count without their caller."""

OTHERS = "others"
"""The peer of calls that count without their caller."""

OTHER = "other"
"""The operation of calls that are passed on."""

_AGENT = 200
"""Characters of a User-Agent, as in the log."""


@attrs.frozen
class Caller:
    """Calls of one address and User-Agent since the start; ``retired`` of them were of retired operations.

    ``last`` is the minute (since the epoch) of the latest.
    """

    calls: int = 0
    retired: int = 0
    last: int = 0


@attrs.frozen
class Last:
    """The latest call of a retired operation, in seconds since the epoch, and which side answered it, and why."""

    operation: str
    when: float
    route: str
    reason: str
    calls: int = 1


@attrs.define
class Errors:
    """How many errors of a kind there were, and when the first and the last, in seconds since the epoch."""

    first: float
    last: float
    calls: int = 0


@attrs.frozen
class Counted:
    """What was counted, within its bounds.

    ``minutes`` are calls by minute (since the epoch), operation, route, and hundreds of the status (0: no answer);
    ``callers`` are by peer and User-Agent, the latest first; ``fields`` are answers by operation, field, and a level
    that is not exact; ``errors`` are by operation and failure, the latest first.
    """

    minutes: Mapping[tuple[int, str, str, int], int]
    callers: Mapping[tuple[str, str], Caller]
    fields: Mapping[tuple[str, str, str], int]
    errors: Mapping[tuple[str, Failure], Errors]
    lasts: Sequence[Last]


@attrs.define(eq=False)
class _Calls:
    count: int = 0
    last: float = 0.0
    reason: str = ""


@attrs.define(eq=False)
class _Answers:
    """How many answers had these reports; ``fields`` is kept, so that no other object gets its identity."""

    operation: str
    fields: tuple[FieldReport, ...]
    count: int = 0


@attrs.define(eq=False)
class _Kept:
    """What is known of past minutes."""

    minutes: Tally[tuple[int, str, str, int]] = attrs.field(factory=Tally)
    callers: dict[tuple[str, str], Caller] = attrs.field(factory=dict)
    lasts: dict[tuple[str, str], Last] = attrs.field(factory=dict)

    def with_minute(self, minute: int, calls: Mapping[tuple[str, str, int, str, str], _Calls]) -> _Kept:
        """Return the same with the calls of another minute."""
        kept = _Kept(self.minutes.copy(), self.callers.copy(), self.lasts.copy())
        for (operation, route, hundred, peer, agent), new in calls.items():
            kept.minutes[minute, operation, route, hundred] += new.count
            name, retired = (peer, plain_agent(agent)), new.count if operation != OTHER else 0
            old = kept.callers.get(name, Caller())
            kept.callers[name] = Caller(old.calls + new.count, old.retired + retired, max(minute, old.last))
            if retired:
                last = Last(operation, new.last, route, new.reason, new.count)
                before = kept.lasts.get((operation, route))
                if before is not None:
                    later = before if before.when >= last.when else last
                    last = attrs.evolve(later, calls=before.calls + last.calls)
                kept.lasts[operation, route] = last
        for key in [key for key in kept.minutes if not minute - HOUR <= key[0] <= minute]:
            del kept.minutes[key]
        kept.callers = kept_callers(kept.callers)
        return kept


class Board:
    """Counts the calls of a gateway; ``counted`` may be called in another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """Held while counts are sorted, and while they are read: not for a call."""
        self._minute = 0
        self._begins = self._ends = 0.0
        self._now: dict[tuple[str, str, int, str, str], _Calls] = {}
        self._kept = _Kept()
        self._errors: dict[tuple[str, Failure], Errors] = {}
        self._answers: dict[int, _Answers] = {}
        self._fields: Tally[tuple[str, str, str]] = Tally()

    def count(self, line: CallLine) -> None:
        """Count one call that has ended; its ``agent`` is the caller's User-Agent."""
        operation, status, ended, agent = line.operation, line.status or 0, line.began + line.seconds, line.agent or ""
        if not self._begins <= ended < self._ends:
            self._turn(int(ended) // 60)
        now = self._now
        key = (operation, line.route, status // 100, line.peer, agent if len(agent) <= _AGENT else agent[:_AGENT])
        calls = now.get(key)
        if calls is None:
            if len(now) >= MOST:
                key = (*key[:3], OTHERS, "")
            calls = now.setdefault(key, _Calls())
        calls.count += 1
        calls.last, calls.reason = ended, line.reason
        if status >= 400 or line.failure is not None:
            self._fail((operation, line.failure or answered_by_atlas(status)), ended)

    def translated(self, record: Record) -> None:
        """Count which fields of one answer are not what they were."""
        if record.route in {"legacy", "none"}:
            return
        found = self._answers.get(id(record.fields))
        if found is None:
            if len(self._answers) >= MOST:
                with self._lock:
                    self._fields, self._answers = self._all_fields(), {}
            found = self._answers[id(record.fields)] = _Answers(record.operation, record.fields)
        found.count += 1

    def counted(self) -> Counted:
        """Return what was counted so far."""
        with self._lock:
            kept = self._kept.with_minute(self._minute, self._now.copy())
            fields, errors = self._all_fields(), self._errors.copy()
        latest = sorted(errors.items(), key=lambda item: item[1].last, reverse=True)[:ERRORS]
        lasts = [kept.lasts[key] for key in sorted(kept.lasts)]
        return Counted(kept.minutes, kept.callers, dict(sorted(fields.items())), dict(latest), lasts)

    def fields(self) -> Tally[tuple[str, str, str]]:
        """Return the same for fields alone."""
        with self._lock:
            return self._all_fields()

    def _turn(self, minute: int) -> None:
        """Sort the counts of the last minute into those that stay, and begin another."""
        with self._lock:
            self._kept = self._kept.with_minute(self._minute, self._now)
            self._minute, self._now = minute, {}
            self._begins, self._ends = minute * 60.0, minute * 60.0 + 60.0

    def _fail(self, kind: tuple[str, Failure], ended: float) -> None:
        found = self._errors.get(kind)
        if found is None:
            if len(self._errors) >= 2 * ERRORS:
                latest = sorted(self._errors.items(), key=lambda item: item[1].last)
                self._errors = dict(latest[ERRORS:])
            found = self._errors[kind] = Errors(ended, ended)
        found.calls += 1
        found.last = ended

    def _all_fields(self) -> Tally[tuple[str, str, str]]:
        found = self._fields.copy()
        for answers in self._answers.copy().values():
            for report in answers.fields:
                if report.fidelity is not Fidelity.EXACT:
                    found[answers.operation, report.name, report.fidelity.value] += answers.count
        return found


def kept_callers(callers: Mapping[tuple[str, str], Caller], most: int = CALLERS) -> dict[tuple[str, str], Caller]:
    """Return the callers that called last and those that call most, so many of each; the latest first."""
    by_use = sorted(callers, key=lambda name: (callers[name].retired, callers[name].calls), reverse=True)
    latest = sorted(by_use, key=lambda name: callers[name].last, reverse=True)
    kept = {*latest[:most], *by_use[:most]}
    return {name: callers[name] for name in latest if name in kept}
