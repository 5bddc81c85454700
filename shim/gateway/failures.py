"""Whose fault it is that a call did not fare well: the caller's, the gateway's own, or Atlas'."""

from __future__ import annotations

from typing import Literal

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

_OWN_LIMITS = frozenset({"SHIM_HOST_NOT_LISTED", "SHIM_TOO_MANY_PAGES"})
"""Answers with a gateway's status that are no fault of whoever is behind it."""


def failure_of(refusal: Refusal) -> Failure:
    """Return what a refusal counts as, an answer of the gateway's own."""
    return refusal.code, refusal.status, refusal.error or "none"


def answered_by_atlas(status: int) -> Failure:
    """Return what an answer of Atlas' own with a status from 400 on counts as."""
    return None, status, str(status) if status < 600 else "other"


def origin_of(failure: Failure) -> Origin:
    """Return whose fault it is.

    Atlas', with the way there: 502 and 504 of the gateway, and what Atlas itself answers from 500 on. The caller's:
    all answers below 500. The gateway's: its own 500, 503 and 508, and its limits.
    """
    code, status, _ = failure
    if status < 500:
        return "caller"
    if code is None:
        return "atlas"
    return "atlas" if status in {502, 504} and code not in _OWN_LIMITS else "shim"


USUAL = (
    *map(failure_of, (bad_request(""), too_late(""), unknown_host(), busy(""), internal())),
    *map(failure_of, (unreachable("connection_refused", "", ""), unreadable("connection_terminated", ""))),
    *map(failure_of, (too_slow("connection_timeout", ""), too_slow("http_response_timeout", ""))),
    *map(answered_by_atlas, (401, 404, 429, 500, 503)),
)
"""The failures whose series exist before they happen: ``rate()`` ignores the first sample of a new series."""
