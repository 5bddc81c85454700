"""Whose fault it is that a call did not fare well: the caller's, the gateway's own, or Atlas'."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from typing import Literal

from prometheus_client.core import Metric

from shim.gateway.counting.families import counter
from shim.gateway.errors import (
    Refusal,
    bad_request,
    busy,
    internal,
    too_late,
    too_slow,
    unknown_host,
    unreachable,
    unreadable,
)

Failure = tuple[str | None, int, str]
"""``errorCode`` of the gateway (None where the answer is Atlas' own), status, and type.

The type is Proxy-Status' (RFC 9209, 2.3); of an answer of Atlas' own it is the status, as in OpenTelemetry's
``error.type``.
"""

Origin = Literal["caller", "shim", "atlas"]

_OWN_LIMITS = frozenset({"SHIM_TOO_MANY_PAGES"})
"""Answers with a gateway's status that are no fault of whoever is behind it."""


def failure_of(refusal: Refusal) -> Failure:
    """Return what a refusal counts as, an answer of the gateway's own."""
    return refusal.code, refusal.status, refusal.error or "none"


def answered_by_atlas(status: int) -> Failure:
    """Return what an answer of Atlas' own with a status from 400 on counts as."""
    return None, status, str(status) if status < 600 else "other"


def origin_of(failure: Failure) -> Origin:
    """Tell whose fault it is.

    Atlas', with the way there: 502 and 504 of the gateway, and what Atlas itself answers from 500 on. The caller's:
    all answers below 500. The gateway's: its own 500, 503 and 508, and its limits.
    """
    code, status, _ = failure
    if status < 500:
        return "caller"
    if code is None:
        return "atlas"
    return "atlas" if status in {502, 504} and code not in _OWN_LIMITS else "shim"


def none_yet() -> Tally[Failure]:
    """Return a tally in which the usual failures are zero: a rate needs a series that is there before."""
    usual = (
        *(bad_request(""), too_late(""), unknown_host(), busy(""), internal()),
        *(unreachable("connection_refused", "", ""), unreadable("connection_terminated", "")),
        *(too_slow("connection_timeout", ""), too_slow("http_response_timeout", "")),
    )
    return Tally(dict.fromkeys((*map(failure_of, usual), *map(answered_by_atlas, (401, 404, 429, 500, 503))), 0))


def families(failures: Tally[Failure]) -> Iterator[Metric]:
    """Yield errors by origin and type, and the gateway's own answers by their ``errorCode``."""
    by_type: Tally[tuple[str, ...]] = Tally()
    by_code: Tally[str] = Tally()
    for failure, count in failures.items():
        by_type[origin_of(failure), failure[2]] += count
        if failure[0] is not None:
            by_code[failure[0]] += count
    yield counter(
        "atlas_shim_errors",
        "Calls that ended in an error, by whose it is (caller, shim, atlas) and its Proxy-Status type; "
        "for an answer of Atlas' own the type is its status.",
        ("origin", "type"),
        by_type,
    )
    refusals = "Errors that the gateway itself answered with, by their errorCode."
    yield counter("atlas_shim_refusals", refusals, ("code",), by_code)
