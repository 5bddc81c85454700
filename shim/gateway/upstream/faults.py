"""Answers to calls that get no reply; ``tests/gateway_hostile/faults.md`` is the table of all faults."""

from __future__ import annotations

import errno
import socket
import ssl

from shim.gateway.errors import Refusal, too_slow, unreachable, unreadable

_DETAILS = {
    "connection_refused": "Upstream refuses connections.",
    "destination_ip_unroutable": "No route leads to upstream.",
    "destination_unavailable": "Upstream can't be connected to.",
    "dns_error": "Upstream's name can't be resolved.",
    "tls_alert_received": "Upstream wants a client certificate, or another one (--upstream-cert).",
    "tls_certificate_error": "Upstream's certificate can't be trusted.",
    "tls_protocol_error": "No TLS connection to upstream came about.",
}
"""What is said of a failure by its type (RFC 9209, 2.3)."""

_UNROUTABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def broken(error: BaseException | None) -> Refusal:
    """Return the answer for a connection that broke before the reply's head was whole; None is an end without error."""
    if isinstance(error, ssl.SSLError) and (alert := _about_ours(error)):  # with TLS 1.3 after the handshake
        return unreachable("tls_alert_received", _DETAILS["tls_alert_received"], alert)
    detail = "Upstream closed the connection without an answer; whether it executed the call is unknown."
    return unreadable("connection_terminated", detail, "closed" if error is None else type(error).__name__)


def _about_ours(error: ssl.SSLError) -> str:
    """Return the alert by which upstream refuses the gateway's certificate, empty if it is another error."""
    reason = error.reason or ""
    is_about_ours = "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason)
    return reason.lower().replace("_", " ") if is_about_ours else ""


def unconnected(error: OSError, *, tls: bool, through_proxy: bool) -> Refusal:
    """Return the answer for a connection that did not come about."""
    said = type(error).__name__ if error.errno else str(error)
    match error:
        case TimeoutError():
            return too_slow("No connection to upstream in the configured time.", "connection_timeout")
        case socket.gaierror():
            kind = "dns_error"
        case ssl.SSLCertVerificationError():
            kind = "tls_certificate_error"
        case ssl.SSLError():
            alert = _about_ours(error)
            kind, said = ("tls_alert_received", alert) if alert else ("tls_protocol_error", said)
        case _ if through_proxy:
            return unreachable("destination_unavailable", "The proxy on the way to upstream refuses.", said)
        case ConnectionRefusedError():
            kind = "connection_refused"
        case OSError(errno=number) if number in _UNROUTABLE:
            kind = "destination_ip_unroutable"
        case ConnectionError() if tls:
            kind = "tls_protocol_error"
        case _:
            kind = "destination_unavailable"
    return unreachable(kind, _DETAILS[kind], said)
