"""What a process has counted, as rows that JSON has, and rows of several processes added up.

No row has an id, a query or a credential in it: operations and fields are words of the mapping documents, callers
are what the log shows of them.
"""

from __future__ import annotations

import json
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import attrs

from shim.radar import Sighting, together

HOUR = 60
"""Minutes that calls are known of."""

CALLERS = 200
"""Callers that are told apart: so many that called last, and so many that call most."""

ERRORS = 50
"""Kinds of errors that are told apart, the latest."""

_Row = TypeVar("_Row")


@attrs.frozen
class Minute:
    """Calls of an operation on a route in one minute (since the epoch), by the hundreds of their status, 0 for none."""

    minute: int
    operation: str
    route: str
    hundred: int
    calls: int


@attrs.frozen
class Caller:
    """Calls of one address and User-Agent since the start; ``retired`` of them were of retired operations.

    ``last`` is the minute (since the epoch) of the latest.
    """

    peer: str
    agent: str
    calls: int
    retired: int
    last: int


@attrs.frozen
class Inexact:
    """A field of an operation's answers that is not what it was, and in how many answers since the start."""

    operation: str
    field: str
    level: str
    answers: int


@attrs.frozen
class Error:
    """One kind of error: ``code`` is the gateway's own ``errorCode``, None where the answer is Atlas' own.

    ``type`` is that of Proxy-Status (RFC 9209); ``first`` and ``last`` are seconds since the epoch.
    """

    operation: str
    code: str | None
    status: int
    type: str
    calls: int
    first: float
    last: float


@attrs.frozen
class Last:
    """The latest call of a retired operation, in seconds since the epoch, and which side answered it, and why."""

    operation: str
    when: float
    route: str
    reason: str
    calls: int = 1


@attrs.frozen
class Shown:
    """When the certificate ends that a side is shown, in seconds since the epoch; ``refused`` as in the status."""

    side: str
    not_after: float
    refused: bool


@attrs.frozen
class Told:
    """All that one process tells, or several together."""

    minutes: tuple[Minute, ...] = ()
    callers: tuple[Caller, ...] = ()
    inexact: tuple[Inexact, ...] = ()
    errors: tuple[Error, ...] = ()
    lasts: tuple[Last, ...] = ()
    certificates: tuple[Shown, ...] = ()
    announced: tuple[Sighting, ...] = ()

    def to_json(self) -> list[Any]:
        """Return lists of lists."""
        return [[attrs.astuple(row) for row in rows] for rows in attrs.astuple(self, recurse=False)]

    @classmethod
    def from_json(cls, lists: Sequence[Any]) -> Told:
        """Return what ``to_json`` made lists of."""
        kinds: tuple[Callable[..., Any], ...] = (Minute, Caller, Inexact, Error, Last, Shown, Sighting)
        return cls(*(tuple(kind(*row) for row in rows) for kind, rows in zip(kinds, lists, strict=True)))


def message(metrics: bytes, told: Told) -> bytes:
    """Return what a worker says: its metrics as JSON, and what it tells here."""
    return b'{"metrics":%b,"board":%b}' % (metrics, json.dumps(told.to_json()).encode())


def add(tellings: Iterable[Told]) -> Told:
    """Add up what several processes told, within the same bounds."""
    minutes: Tally[tuple[int, str, str, int]] = Tally()
    inexact: Tally[tuple[str, str, str]] = Tally()
    callers: dict[tuple[str, str], Caller] = {}
    errors: dict[tuple[object, ...], Error] = {}
    lasts: dict[tuple[str, str], Last] = {}
    certificates: dict[str, Shown] = {}
    tellings = tuple(tellings)
    for told in tellings:
        for minute in told.minutes:
            minutes[minute.minute, minute.operation, minute.route, minute.hundred] += minute.calls
        for field in told.inexact:
            inexact[field.operation, field.field, field.level] += field.answers
        for caller in told.callers:
            before = callers.get((caller.peer, caller.agent))
            callers[caller.peer, caller.agent] = caller if before is None else both_callers(before, caller)
        for error in told.errors:
            kind = (error.operation, error.code, error.status, error.type)
            other = errors.get(kind)
            errors[kind] = error if other is None else both_errors(other, error)
        for last in told.lasts:
            key = last.operation, last.route
            lasts[key] = both_lasts(lasts[key], last) if key in lasts else last
        for one in told.certificates:
            same = certificates.get(one.side, one)
            ends, refused = min(one.not_after, same.not_after), one.refused or same.refused
            certificates[one.side] = Shown(one.side, ends, refused)
    newest = max((minute for minute, *_ in minutes), default=0)
    return Told(
        minutes=tuple(Minute(*key, calls) for key, calls in sorted(minutes.items()) if key[0] > newest - HOUR - 1),
        callers=kept_callers(callers.values()),
        inexact=tuple(Inexact(*key, answers) for key, answers in sorted(inexact.items())),
        errors=kept_errors(errors.values()),
        lasts=tuple(lasts[key] for key in sorted(lasts)),
        certificates=tuple(certificates.values()),
        announced=together(told.announced for told in tellings),
    )


def both_callers(one: Caller, other: Caller) -> Caller:
    """Return the sum of a caller's calls."""
    calls, retired = one.calls + other.calls, one.retired + other.retired
    return Caller(one.peer, one.agent, calls, retired, max(one.last, other.last))


def both_lasts(one: Last, other: Last) -> Last:
    """Return the later one, with the sum of calls."""
    return attrs.evolve(one if one.when >= other.when else other, calls=one.calls + other.calls)


def both_errors(one: Error, other: Error) -> Error:
    """Return the sum of one kind of error."""
    calls, first, last = one.calls + other.calls, min(one.first, other.first), max(one.last, other.last)
    return attrs.evolve(one, calls=calls, first=first, last=last)


def kept_callers(callers: Iterable[Caller], most: int = CALLERS) -> tuple[Caller, ...]:
    """Return the callers that called last and those that call most, so many of each; the latest first."""
    latest = sorted(callers, key=lambda one: (one.last, one.retired, one.calls), reverse=True)
    if len(latest) <= most:
        return tuple(latest)
    busiest = sorted(latest, key=lambda one: (one.retired, one.calls), reverse=True)[:most]
    return tuple(_first_of((*latest[:most], *busiest), latest))


def _first_of(wanted: Iterable[_Row], order: Iterable[_Row]) -> list[_Row]:
    found = set(wanted)
    return [one for one in order if one in found]


def kept_errors(errors: Iterable[Error], most: int = ERRORS) -> tuple[Error, ...]:
    """Return the latest kinds of errors, so many of them."""
    return tuple(sorted(errors, key=lambda one: one.last, reverse=True)[:most])
