"""The gateway's errors, as Atlas writes them and as Proxy-Status (RFC 9209).

It also decides who is responsible for an error.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import attrs

from shim.core.content import dumps
from shim.core.messages import Headers, Record, Reply, reason_phrase
from shim.core.responses import error_body, help_link
from shim.gateway.fields import PSEUDONYM, VIA, http_date, string, token

Failure = tuple[str | None, int, str]
"""``errorCode`` of the gateway, status, and type.

``errorCode`` is None if the answer is from Atlas. The type is one of Proxy-Status (RFC
9209, 2.3). For an answer from Atlas it is the status, as in OpenTelemetry's
``error.type``.
"""

Challenged = Literal["unsigned", "stale"]

_OWN_LIMIT = "SHIM_TOO_MANY_PAGES"  # unlike 502 and 504, not upstream's responsibility

_ERRORS = {
    "SHIM_UPSTREAM_REDIRECTED": "http_protocol_error",
    "SHIM_UPSTREAM_UNREADABLE": "http_protocol_error",
    "SHIM_TOO_MANY_PAGES": "http_response_body_size",
    "SHIM_DEADLINE_EXCEEDED": "http_response_timeout",
    "SHIM_NO_SUCCESSOR": "destination_not_found",
}
"""The names of the core's errors in RFC 9209, 2.3."""


@attrs.frozen
class Refusal(Exception):  # noqa: N818 - it is an answer to the caller, and not a defect
    """An answer from the gateway instead of upstream."""

    status: int
    code: str
    """It starts with ``SHIM_``."""
    error: str | None
    """A type of RFC 9209, 2.3, or None if no hop failed."""
    detail: str
    said: str = ""
    """For the log, not for the caller."""
    headers: Headers = ()
    close: bool = False
    """Whether it closes the connection."""
    challenged: Challenged | None = None
    """Why it is only a step towards a signature: there was none, or its nonce is stale."""

    @property
    def failure(self) -> Failure:
        """The failure for the counters."""
        return self.code, self.status, self.error or "none"

    def reply(self) -> Reply:
        """Return the answer: Atlas's members in Atlas's order on one line.

        Content-Length is not set yet.
        """
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
        """Return the bytes of a reply, for a connection without a request.

        The connection is closed after it.
        """
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
    """Return the failure of an error of the core, and its Proxy-Status (RFC 9209).

    ``fault`` is why upstream's content could not be read, or None if it could.
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
    """Return the failure of an error response from Atlas."""
    return None, status, str(status) if status < 600 else "other"


def origin_of(failure: Failure) -> Literal["caller", "shim", "atlas"]:
    """Return who is responsible for a failure.

    Atlas and the network are responsible for the gateway's 502 and 504, and for Atlas's
    own answers from 500 on. The caller is responsible for all answers below 500. The
    gateway is responsible for its own 500, 503 and 508, and for its limits.
    """
    code, status, _ = failure
    if status < 500:
        return "caller"
    is_theirs = code is None or (status in {502, 504} and code != _OWN_LIMIT)
    return "atlas" if is_theirs else "shim"


def bad_request(detail: str, status: int = 400) -> Refusal:
    """Refuse a request that can't be forwarded, and close its connection."""
    return Refusal(status, "SHIM_BAD_REQUEST", "http_request_error", detail, close=True)


too_slow = partial(Refusal, 504, "SHIM_UPSTREAM_TIMEOUT")
"""Refuses a call that took longer than configured, upstream or in total."""

overdue = partial(
    too_slow,
    "http_response_timeout",
    "No answer within the deadline (the option 'deadline').",
)
"""Refuses a retired call when its deadline passes."""

too_late = partial(
    Refusal, 408, "SHIM_REQUEST_TIMEOUT", "http_request_error", close=True
)
"""Refuses a request that did not arrive in time (RFC 9110, 15.5.9).

Its connection is closed.
"""

busy = partial(
    Refusal,
    503,
    "SHIM_BUSY",
    "connection_limit_reached",
    headers=(("Retry-After", "1"),),
)
"""Refuses calls beyond the gateway's limit (RFC 9110, 15.6.4); nothing was sent."""

unreachable = partial(Refusal, 502, "SHIM_UPSTREAM_UNREACHABLE")
"""Refuses a call that got no connection to upstream; nothing was sent."""

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
"""The failures whose series exist from the start.

``rate()`` ignores the first sample of a new series.
"""
