"""The gateway's own errors, in Atlas' shape, with the reason as Proxy-Status (RFC 9209)."""

from __future__ import annotations

from typing import Literal

import attrs

from shim.core.content import dumps
from shim.core.messages import Headers, Record, Reply, reason_phrase
from shim.core.responses import error_body, help_link
from shim.gateway.fields import PSEUDONYM, VIA, string, token
from shim.gateway.http1.date import now

_SHOWN = 100
"""Characters of a path that an error quotes."""

Challenged = Literal["unsigned", "stale"]


@attrs.frozen
class Refusal(Exception):  # noqa: N818 - named for what it is to the caller, an answer
    """An answer that the gateway gives in place of upstream's.

    ``code`` starts with ``SHIM_``; ``error`` is a type of RFC 9209, 2.3, None when no hop failed;
    ``said`` goes to the log and not to the caller; ``close`` ends the connection. ``challenged`` says why the
    answer is only a step on the way to a signature: the caller gave no signature, or its nonce is stale.
    """

    status: int
    code: str
    detail: str
    error: str | None = None
    said: str = ""
    headers: Headers = ()
    close: bool = False
    challenged: Challenged | None = None


_ERRORS = {
    "SHIM_UPSTREAM_REDIRECTED": "http_protocol_error",
    "SHIM_UPSTREAM_UNREADABLE": "http_protocol_error",
    "SHIM_TOO_MANY_PAGES": "http_response_body_size",
    "SHIM_DEADLINE_EXCEEDED": "http_response_timeout",
    "SHIM_NO_SUCCESSOR": "destination_not_found",
    "SHIM_HOST_NOT_LISTED": "destination_not_found",
}
"""What RFC 9209, 2.3, calls the core's errors."""


def reply_of(refusal: Refusal) -> Reply:
    """Return the answer: Atlas' members in Atlas' order on one line, and no Content-Length yet."""
    body = dumps(error_body(refusal.status, refusal.code, refusal.detail))
    lines = [("Content-Type", "application/json"), *help_link(refusal.code), *refusal.headers, VIA]
    if refusal.error is not None:
        details = string(refusal.detail)
        lines.append(("Proxy-Status", f"{PSEUDONYM}; error={token(refusal.error)}; details={details}"))
    return Reply(refusal.status, tuple(lines), body)


def error_type(code: str, status: int, fault: str | None) -> str:
    """Return what RFC 9209 calls an error of the core's own.

    ``fault`` is why upstream's content could not be had, None when it could.
    """
    if code == "SHIM_UPSTREAM_UNREADABLE" and fault is not None:
        return "http_response_body_size" if "larger" in fault else "http_response_content_coding"
    return _ERRORS.get(code, "http_request_error" if status < 500 else "proxy_internal_response")


def proxy_status(error: str, code: str, record: Record) -> tuple[str, str]:
    """Return the field that says why the core answers with an error of its own.

    ``received-status`` is what upstream said last (RFC 9209, 2.1.5).
    """
    received = record.sent[-1].status if record.sent else None
    said = "" if received is None else f" received-status={received};"
    return ("Proxy-Status", f"{PSEUDONYM}; error={token(error)};{said} details={string(code)}")


def raw(refusal: Refusal) -> bytes:
    """Return a whole reply for a connection that ends with it, where no request is there to reply to."""
    reply = reply_of(refusal)
    body = reply.body or b""
    head = [f"HTTP/1.1 {reply.status} {reason_phrase(reply.status)}"]
    head += [f"{name}: {value}" for name, value in reply.headers]
    head += [f"Date: {now()}", f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def bad_request(detail: str, status: int = 400) -> Refusal:
    """A request that the gateway won't pass on; its connection is closed."""
    return Refusal(status, "SHIM_BAD_REQUEST", detail, error="http_request_error", close=True)


def too_many_fields() -> Refusal:
    """More fields, or more bytes of them, than the gateway takes (RFC 6585, 5)."""
    return bad_request("The request has too many fields.", 431)


def unknown_host() -> Refusal:
    """A call by a name that isn't the gateway's (RFC 9110, 15.5.20), as a rebound DNS name would be."""
    return Refusal(
        421,
        "SHIM_HOST_UNKNOWN",
        "The Host of this call is not the gateway's. Call it by the address it listens on, or start it with "
        "--public-url (ATLAS_SHIM_PUBLIC_URL) and the URL that callers use.",
        error="http_request_denied",
        close=True,
    )


def unknown_base_path(prefix: str) -> Refusal:
    """A path of Atlas' below another one: nothing at Atlas is called so."""
    return Refusal(
        404,
        "SHIM_BASE_PATH_UNKNOWN",
        f"The path has {prefix[:_SHOWN]} before /api/, and Atlas' paths begin with /api/. Let the proxy in front of "
        "the gateway cut that off, or start the gateway with --public-url (ATLAS_SHIM_PUBLIC_URL) and the URL that "
        "callers use, its path included.",
        error="http_request_error",
    )


def too_late(detail: str) -> Refusal:
    """A request that did not arrive in time (RFC 9110, 15.5.9); its connection is closed."""
    return Refusal(408, "SHIM_REQUEST_TIMEOUT", detail, error="http_request_error", close=True)


def too_large(limit: int) -> Refusal:
    """A request with more content than is taken (RFC 9110, 15.5.14)."""
    detail = f"The request is larger than {limit} bytes."
    return Refusal(413, "SHIM_REQUEST_TOO_LARGE", detail, error="http_request_error", close=True)


def busy(detail: str, *, close: bool = False) -> Refusal:
    """More at once than the gateway takes (RFC 9110, 15.6.4); nothing was sent."""
    return Refusal(
        503,
        "SHIM_BUSY",
        detail,
        error="connection_limit_reached",
        headers=(("Retry-After", "1"),),
        close=close,
    )


def crowded() -> Refusal:
    """More connections than the gateway takes."""
    return busy("The gateway has as many connections as it takes.", close=True)


def unreachable(error: str, detail: str, said: str) -> Refusal:
    """No connection to upstream, so that nothing was sent."""
    return Refusal(502, "SHIM_UPSTREAM_UNREACHABLE", detail, error=error, said=said)


def unreadable(error: str, detail: str, said: str = "") -> Refusal:
    """Upstream's reply can't be made out, or ended early."""
    return Refusal(502, "SHIM_UPSTREAM_UNREADABLE", detail, error=error, said=said)


def executed() -> Refusal:
    """No room for the reply to a write: what was sent must not be sent again."""
    detail = "Upstream's reply is larger than the memory that is left for it; the call was executed."
    return unreadable("http_response_body_size", detail)


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
