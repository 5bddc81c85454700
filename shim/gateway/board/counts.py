"""What each call is counted in for people: by minute, caller and error, all of it bounded.

A call costs one step in a dictionary, under half a microsecond. Once a minute what came together in it is sorted
into what stays.
"""

from __future__ import annotations

import threading
from collections import Counter as Tally

import attrs

from shim.core.record import FieldReport, Record
from shim.documents.vocabulary import Fidelity
from shim.gateway.board.told import (
    ERRORS,
    HOUR,
    Caller,
    Error,
    Inexact,
    Last,
    Minute,
    Told,
    both_lasts,
    kept_callers,
    kept_errors,
)
from shim.gateway.counting.failures import answered_by_atlas
from shim.gateway.logs.calls import CallLine, plain_agent

MOST = 500
"""Different calls of one minute, by operation, route, status and caller; of more it is not known who made them."""

OTHERS = "others"
"""The peer of callers that are not told apart."""

OTHER = "other"
"""The operation of calls that are passed on."""

_AGENT = 200
"""Characters of a User-Agent, as in the log."""

_LOSSLESS = frozenset({Fidelity.EXACT, Fidelity.RENAMED})

_Key = tuple[str, str, int, str, str]
_Kind = tuple[str, str | None, int, str]


@attrs.define(eq=False)
class _Calls:
    """How many calls of one kind there were in this minute, and when and why the last was answered so."""

    count: int = 0
    last: float = 0.0
    reason: str = ""


@attrs.define(eq=False)
class _Answers:
    """How many answers had these reports; ``fields`` is kept, so that nothing else has its identity."""

    operation: str
    fields: tuple[FieldReport, ...]
    count: int = 0


@attrs.define(eq=False)
class _Errors:
    """How many of a kind there were, and when the first and the last."""

    first: float
    last: float
    count: int = 0


class Board:
    """Counts the calls of a gateway; ``told`` may be asked for in another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """Held while what is counted is sorted, and while it is read: not for a call."""
        self._minute = 0
        self._begins = self._ends = 0.0
        self._now: dict[_Key, _Calls] = {}
        self._minutes: Tally[tuple[int, str, str, int]] = Tally()
        self._callers: dict[tuple[str, str], Caller] = {}
        self._lasts: dict[tuple[str, str], Last] = {}
        self._errors: dict[_Kind, _Errors] = {}
        self._answers: dict[int, _Answers] = {}
        self._inexact: Tally[tuple[str, str, str]] = Tally()

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
            self._fail(line, operation, ended)

    def translated(self, record: Record) -> None:
        """Count which fields of one answer are not what they were."""
        if record.route in {"legacy", "none"}:
            return
        found = self._answers.get(id(record.fields))
        if found is None:
            if len(self._answers) >= MOST:
                with self._lock:
                    self._inexact, self._answers = self._fields(), {}
            found = self._answers[id(record.fields)] = _Answers(record.operation, record.fields)
        found.count += 1

    def told(self) -> Told:
        """Return what was counted so far."""
        with self._lock:
            minutes, callers, lasts = self._minutes.copy(), self._callers.copy(), self._lasts.copy()
            _sort(self._minute, self._now.copy(), minutes, callers, lasts)
            fields, errors = self._fields(), self._errors.copy()
        newest = max((minute for minute, *_ in minutes), default=0)
        return Told(
            minutes=tuple(Minute(*key, calls) for key, calls in sorted(minutes.items()) if key[0] > newest - HOUR - 1),
            callers=kept_callers(callers.values()),
            inexact=tuple(Inexact(*key, answers) for key, answers in sorted(fields.items())),
            errors=kept_errors(Error(*kind, one.count, one.first, one.last) for kind, one in errors.items()),
            lasts=tuple(lasts[key] for key in sorted(lasts)),
        )

    def _turn(self, minute: int) -> None:
        """Sort what came together in the last minute into what stays, and begin another."""
        with self._lock:
            _sort(self._minute, self._now, self._minutes, self._callers, self._lasts)
            for key in [key for key in self._minutes if not minute - HOUR <= key[0] <= minute]:
                del self._minutes[key]
            self._callers = {(one.peer, one.agent): one for one in kept_callers(self._callers.values())}
            self._minute, self._now = minute, {}
            self._begins, self._ends = minute * 60.0, minute * 60.0 + 60.0

    def _fail(self, line: CallLine, operation: str, ended: float) -> None:
        kind = (operation, *(line.failure or answered_by_atlas(line.status or 0)))
        found = self._errors.get(kind)
        if found is None:
            if len(self._errors) >= 2 * ERRORS:
                latest = sorted(self._errors.items(), key=lambda item: item[1].last)
                self._errors = dict(latest[ERRORS:])
            found = self._errors[kind] = _Errors(ended, ended)
        found.count += 1
        found.last = ended

    def _fields(self) -> Tally[tuple[str, str, str]]:
        found = self._inexact.copy()
        for answers in self._answers.copy().values():
            for report in answers.fields:
                if report.fidelity not in _LOSSLESS:
                    found[answers.operation, report.name, report.fidelity.value] += answers.count
        return found


def _sort(
    minute: int,
    now: dict[_Key, _Calls],
    minutes: Tally[tuple[int, str, str, int]],
    callers: dict[tuple[str, str], Caller],
    lasts: dict[tuple[str, str], Last],
) -> None:
    for (operation, route, hundred, peer, agent), calls in now.items():
        minutes[minute, operation, route, hundred] += calls.count
        name = (peer, plain_agent(agent))
        known = callers.get(name) or Caller(*name, 0, 0, minute)
        is_retired = operation != OTHER
        retired = known.retired + (calls.count if is_retired else 0)
        callers[name] = Caller(*name, known.calls + calls.count, retired, max(minute, known.last))
        if is_retired:
            last = Last(operation, calls.last, route, calls.reason, calls.count)
            before = lasts.get((operation, route))
            lasts[operation, route] = last if before is None else both_lasts(before, last)
