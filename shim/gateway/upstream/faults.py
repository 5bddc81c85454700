"""The answer to each fault between gateway and upstream; ``tests/gateway_hostile/faults.md`` is the table of them."""

from __future__ import annotations

import errno
import socket
import ssl

from shim.gateway import errors
from shim.gateway.errors import Refusal

_UNROUTABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def unanswered(said: str) -> Refusal:
    """A connection broke before the reply's head was whole."""
    detail = "Upstream closed the connection without an answer; whether it executed the call is unknown."
    return errors.unreadable("connection_terminated", detail, said)


def broken(error: BaseException | None) -> Refusal:
    """A connection broke before the reply's head was whole, by this error or by a plain end.

    With TLS 1.3 upstream rejects the gateway's certificate after the handshake, and not by HTTP.
    """
    if isinstance(error, ssl.SSLError) and _is_about_ours(error):
        return _unknown_to_upstream(error)
    return unanswered("closed" if error is None else type(error).__name__)


def _is_about_ours(error: ssl.SSLError) -> bool:
    reason = error.reason or ""
    return "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason)


def _unknown_to_upstream(error: ssl.SSLError) -> Refusal:
    detail = "Upstream wants a certificate of the gateway's, or another one (--upstream-cert)."
    return errors.unreachable("tls_alert_received", detail, error.reason.lower().replace("_", " "))


def silent() -> Refusal:
    """Upstream says, or takes, nothing."""
    return errors.too_slow("Upstream fell silent for the configured time.")


def ended_early(said: str) -> Refusal:
    """A connection ended before the content did."""
    return errors.unreadable("http_response_incomplete", "Upstream's reply ended early.", said)


def malformed(said: str) -> Refusal:
    """Something that is no reply of HTTP/1.1."""
    return errors.unreadable("http_protocol_error", "Upstream's reply is not well-formed HTTP.", said)


def large_head() -> Refusal:
    """A reply's head that is larger than is taken."""
    return errors.unreadable("http_response_header_section_size", "Upstream's reply has too large a head.")


def switched() -> Refusal:
    """A 101 that nobody asked for."""
    return errors.unreadable("http_protocol_error", "Upstream switched protocols unasked.")


def proxy_refused(said: str) -> Refusal:
    """The proxy of the environment makes no tunnel."""
    return errors.unreachable("destination_unavailable", "The proxy on the way to upstream refuses.", said)


def unconnected(error: OSError, *, tls: bool, through_proxy: bool) -> Refusal:
    """Return the answer for a connection that did not come about."""
    said = type(error).__name__
    match error:
        case TimeoutError():
            return errors.too_slow("No connection to upstream in the configured time.", "connection_timeout")
        case socket.gaierror():
            kind, detail = "dns_error", "Upstream's name can't be resolved."
        case ssl.SSLCertVerificationError():
            kind, detail = "tls_certificate_error", "Upstream's certificate can't be trusted."
        case ssl.SSLError() if _is_about_ours(error):
            return _unknown_to_upstream(error)
        case ssl.SSLError():
            kind, detail = "tls_protocol_error", "No TLS connection to upstream came about."
        case _ if through_proxy:
            return proxy_refused(said)
        case ConnectionRefusedError():
            kind, detail = "connection_refused", "Upstream refuses connections."
        case OSError(errno=number) if number in _UNROUTABLE:
            kind, detail = "destination_ip_unroutable", "No route leads to upstream."
        case ConnectionError() if tls:
            kind, detail = "tls_protocol_error", "No TLS connection to upstream came about."
        case _:
            kind, detail = "destination_unavailable", "Upstream can't be connected to."
    return errors.unreachable(kind, detail, said)
