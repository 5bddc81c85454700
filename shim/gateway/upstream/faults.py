"""Answers to calls that get no reply; ``tests/gateway_hostile/faults.md`` is the table of all faults."""

from __future__ import annotations

import errno
import socket
import ssl

from shim.gateway.errors import Refusal, too_slow, unreachable, unreadable

_UNROUTABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def broken(error: BaseException | None) -> Refusal:
    """Return the answer for a connection that broke before the reply's head was whole; None is an end without error."""
    detail = "Upstream closed the connection without an answer; whether it executed the call is unknown."
    said = "closed" if error is None else type(error).__name__
    return unreadable("connection_terminated", detail, said)


def unconnected(error: OSError, *, tls: bool, through_proxy: bool) -> Refusal:
    """Return the answer for a connection that did not come about."""
    no_tls = "tls_protocol_error", "No TLS connection to upstream came about."
    match error:  # the types of RFC 9209, 2.3
        case TimeoutError():
            return too_slow("No connection to upstream in the configured time.", "connection_timeout")
        case socket.gaierror():
            kind, detail = "dns_error", "Upstream's name can't be resolved."
        case ssl.SSLCertVerificationError():
            kind, detail = "tls_certificate_error", "Upstream's certificate can't be trusted."
        case ssl.SSLError():
            kind, detail = no_tls
        case _ if through_proxy:
            kind, detail = "destination_unavailable", "The proxy on the way to upstream refuses."
        case ConnectionRefusedError():
            kind, detail = "connection_refused", "Upstream refuses connections."
        case OSError(errno=number) if number in _UNROUTABLE:
            kind, detail = "destination_ip_unroutable", "No route leads to upstream."
        case ConnectionError() if tls:
            kind, detail = no_tls
        case _:
            kind, detail = "destination_unavailable", "Upstream can't be connected to."
    return unreachable(kind, detail, type(error).__name__ if error.errno else str(error))
