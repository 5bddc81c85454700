"""The gateway's own errors, in Atlas's shape, the reason as Proxy-Status (RFC 9209), and whose fault an error is."""

from __future__ import annotations

from functools import partial
from typing import Literal

import attrs

from shim.core.content import dumps
from shim.core.messages import Headers, Record, Reply, reason_phrase
from shim.core.responses import error_body, help_link
from shim.gateway.fields import PSEUDONYM, VIA, http_date, string, token

Failure = tuple[str | None, int, str]
"""``errorCode`` of the gateway (None where the answer is Atlas's own), status, and type.

The type is Proxy-Status' (RFC 9209, 2.3); of an answer of Atlas's own it is the status,
as in OpenTelemetry's ``error.type``.
"""

Challenged = Literal["unsigned", "stale"]

_OWN_LIMIT = "SHIM_TOO_MANY_PAGES"  # not upstream's fault, as 502 and 504 are

_ERRORS = {
    "SHIM_UPSTREAM_REDIRECTED": "http_protocol_error",
    "SHIM_UPSTREAM_UNREADABLE": "http_protocol_error",
    "SHIM_TOO_MANY_PAGES": "http_response_body_size",
    "SHIM_DEADLINE_EXCEEDED": "http_response_timeout",
    "SHIM_NO_SUCCESSOR": "destination_not_found",
}
"""What RFC 9209, 2.3, calls the core's errors."""


@attrs.frozen
class Refusal(Exception):  # noqa: N818 - it is an answer to the caller, and not a defect
    """An answer that the gateway gives in place of upstream's."""

    status: int
    code: str
    """It starts with ``SHIM_``."""
    error: str | None
    """A type of RFC 9209, 2.3; None when no hop failed."""
    detail: str
    said: str = ""
    """For the log, and not for the caller."""
    headers: Headers = ()
    close: bool = False
    """Whether it ends the connection."""
    challenged: Challenged | None = None
    """Why it is only a step on the way to a signature: there was none, or its nonce is stale."""

    @property
    def failure(self) -> Failure:
        """The failure that it counts as."""
        return self.code, self.status, self.error or "none"

    def reply(self) -> Reply:
        """Return the answer: Atlas's members in Atlas's order on one line, and no Content-Length yet."""
        body = dumps(error_body(self.status, self.code, self.detail))
        lines = [
            ("Content-Type", "application/json"),
            *help_link(self.code),
            *self.headers,
            VIA,
        ]
        if self.error is not None:
            details = string(self.detail)
            lines.append(
                (
                    "Proxy-Status",
                    f"{PSEUDONYM}; error={token(self.error)}; details={details}",
                )
            )
        return Reply(self.status, tuple(lines), body)

    def last_bytes(self) -> bytes:
        """Return the whole reply for a connection that ends with it, where no request is there to reply to."""
        reply = self.reply()
        body = reply.body or b""
        head = [f"HTTP/1.1 {reply.status} {reason_phrase(reply.status)}"]
        head += [f"{name}: {value}" for name, value in reply.headers]
        head += [
            f"Date: {http_date()}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            "",
            "",
        ]
        return "\r\n".join(head).encode("latin-1") + body


def own_error(
    code: str, status: int, fault: str | None, record: Record
) -> tuple[Failure, tuple[str, str]]:
    """Return the kind that an error of the core counts as, and its Proxy-Status (RFC 9209).

    ``fault`` is why upstream's content could not be had, None when it could.
    """
    error = _ERRORS.get(
        code, "http_request_error" if status < 500 else "proxy_internal_response"
    )
    if code == "SHIM_UPSTREAM_UNREADABLE" and fault is not None:
        if "larger" in fault:
            error = "http_response_body_size"
        else:
            error = "http_response_content_coding"
    if record.sent:
        received = f" received-status={record.sent[-1].status};"
    else:
        received = ""
    field = (
        "Proxy-Status",
        f"{PSEUDONYM}; error={token(error)};{received} details={string(code)}",
    )
    return (code, status, error), field


def answered_by_atlas(status: int) -> Failure:
    """Return the kind that an error response of Atlas counts as."""
    return None, status, str(status) if status < 600 else "other"


def origin_of(failure: Failure) -> Literal["caller", "shim", "atlas"]:
    """Return whose fault a failure is.

    Atlas's, with the way there: 502 and 504 of the gateway, and what Atlas itself
    answers from 500 on. The caller's: all answers below 500. The gateway's: its own
    500, 503 and 508, and its limits.
    """
    code, status, _ = failure
    if status < 500:
        return "caller"
    is_theirs = code is None or (status in {502, 504} and code != _OWN_LIMIT)
    return "atlas" if is_theirs else "shim"


def bad_request(detail: str, status: int = 400) -> Refusal:
    """Refuse a request that can't be passed on; its connection is closed."""
    return Refusal(status, "SHIM_BAD_REQUEST", "http_request_error", detail, close=True)


too_slow = partial(Refusal, 504, "SHIM_UPSTREAM_TIMEOUT")
"""Refuses a call that took longer than the configured time, upstream or the whole exchange."""

overdue = partial(
    too_slow,
    "http_response_timeout",
    "No answer within the deadline (the option 'deadline').",
)
"""Refuses a call that is to be translated when its deadline passes."""

too_late = partial(
    Refusal, 408, "SHIM_REQUEST_TIMEOUT", "http_request_error", close=True
)
"""Refuses a request that did not arrive in time (RFC 9110, 15.5.9); its connection is closed."""

busy = partial(
    Refusal,
    503,
    "SHIM_BUSY",
    "connection_limit_reached",
    headers=(("Retry-After", "1"),),
)
"""Refuses calls beyond the gateway's limit (RFC 9110, 15.6.4); nothing was sent."""

unreachable = partial(Refusal, 502, "SHIM_UPSTREAM_UNREACHABLE")
"""Refuses a call for want of a connection to upstream; nothing was sent."""

unreadable = partial(Refusal, 502, "SHIM_UPSTREAM_UNREADABLE")
"""Refuses a call whose reply can't be read, or ended early."""

CROWDED = busy("The gateway has reached its limit of connections.", close=True)

NO_ROOM = "The gateway has reached its memory limit."

_DEFECT = "atlas-shim failed on this call; see its log."
INTERNAL = Refusal(
    500, "SHIM_INTERNAL_ERROR", "proxy_internal_error", _DEFECT, close=True
)

USUAL = (
    *(one.failure for one in (bad_request(""), too_late(""), busy(""), INTERNAL)),
    ("SHIM_HOST_UNKNOWN", 421, "http_request_denied"),
    unreachable("connection_refused", "", "").failure,
    unreadable("connection_terminated", "").failure,
    *(
        too_slow(error, "").failure
        for error in ("connection_timeout", "http_response_timeout")
    ),
    *map(answered_by_atlas, (401, 404, 429, 500, 503)),
)
"""The failures whose series exist before they happen: ``rate()`` ignores the first sample of a new series."""
