"""What a gateway has counted, as rows.

No row has an id, a query or a credential in it: operations and fields are words of the mapping documents, callers
are what the log shows of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import attrs

from shim.radar import Sighting

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
    """All that a gateway tells."""

    minutes: tuple[Minute, ...] = ()
    callers: tuple[Caller, ...] = ()
    inexact: tuple[Inexact, ...] = ()
    errors: tuple[Error, ...] = ()
    lasts: tuple[Last, ...] = ()
    certificates: tuple[Shown, ...] = ()
    announced: tuple[Sighting, ...] = ()


def both_lasts(one: Last, other: Last) -> Last:
    """Return the later one, with the sum of calls."""
    return attrs.evolve(one if one.when >= other.when else other, calls=one.calls + other.calls)


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
