"""The gateway's own answers: Atlas' error shape, and the reason as Proxy-Status (RFC 9209)."""

from __future__ import annotations

import json

import attrs

from shim.core.messages import Headers, reason_phrase
from shim.gateway.fields import PSEUDONYM, VIA, now
from shim.gateway.structured import string, token


@attrs.frozen
class Refusal(Exception):  # noqa: N818 - named for what it is to the caller, an answer
    """An answer that the gateway gives in place of upstream's.

    ``code`` starts with ``SHIM_``; ``error`` is a type of RFC 9209, 2.3, None when no hop failed;
    ``said`` goes to the log and not to the caller; ``close`` ends the connection.
    """

    status: int
    code: str
    detail: str
    error: str | None = None
    said: str = ""
    headers: Headers = ()
    close: bool = False


def content(refusal: Refusal) -> bytes:
    """Return the body, in Atlas' own order of keys on one line."""
    members = {
        "detail": refusal.detail,
        "error": refusal.status,
        "errorCode": refusal.code,
        "parameters": [],
        "reason": reason_phrase(refusal.status),
    }
    return json.dumps(members, separators=(",", ":")).encode("ascii")


def lines(refusal: Refusal) -> list[tuple[str, str]]:
    """Return the field lines, without Content-Length."""
    fields = [("Content-Type", "application/json"), *refusal.headers, ("Date", now()), VIA]
    if refusal.error is not None:
        details = string(refusal.detail)
        fields.append(("Proxy-Status", f"{PSEUDONYM}; error={token(refusal.error)}; details={details}"))
    return fields


def bad_request(detail: str) -> Refusal:
    """A request that the gateway won't pass on; its connection is closed."""
    return Refusal(400, "SHIM_BAD_REQUEST", detail, error="http_request_error", close=True)


def unreachable(error: str, detail: str, said: str) -> Refusal:
    """No connection to upstream, so that nothing was sent."""
    return Refusal(502, "SHIM_UPSTREAM_UNREACHABLE", detail, error=error, said=said)


def unreadable(error: str, detail: str, said: str = "") -> Refusal:
    """Upstream's reply can't be made out, or ended early."""
    return Refusal(502, "SHIM_UPSTREAM_UNREADABLE", detail, error=error, said=said)


def too_slow(error: str, detail: str) -> Refusal:
    """Upstream, or the whole exchange, took longer than the configured time."""
    return Refusal(504, "SHIM_UPSTREAM_TIMEOUT", detail, error=error)


def internal() -> Refusal:
    """A defect of the gateway; what happened is in its log."""
    return Refusal(
        500,
        "SHIM_INTERNAL_ERROR",
        "atlas-shim failed on this call; its log says where.",
        error="proxy_internal_error",
        close=True,
    )
