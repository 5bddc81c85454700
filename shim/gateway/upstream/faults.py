"""The answer to each fault between gateway and upstream; ``docs/faults.md`` is the table of them."""

from __future__ import annotations

import errno

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from shim.gateway import errors

_UNROUTABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


class Unanswered(Exception):  # noqa: N818 - see ``client.once``
    """A connection broke before the reply's head; the cause says how."""


def refusal_of(error: BaseException) -> errors.Refusal:
    """Return the answer for what went wrong between gateway and upstream."""
    said = type(error).__name__
    if isinstance(error.__cause__, errors.Refusal):
        return error.__cause__  # the caller's content broke while it was sent on
    if isinstance(error, Unanswered):
        return errors.unreadable(
            "connection_terminated",
            "Upstream closed the connection without an answer; whether it executed the call is unknown.",
            type(error.__cause__).__name__,
        )
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)):
        return errors.unreachable(*_unconnected(error), said)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return errors.too_slow("connection_timeout", "No connection to upstream in the configured time.")
    if isinstance(error, TimeoutError):
        return errors.too_slow("http_response_timeout", "Upstream fell silent for the configured time.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return errors.unreadable("http_response_incomplete", "Upstream's reply ended early.", said)
    if isinstance(error, (aiohttp.ClientConnectionError, OSError)):
        return errors.unreadable("connection_terminated", "The connection to upstream broke.", said)
    if _is_large_head(error):
        return errors.unreadable("http_response_header_section_size", "Upstream's reply has too large a head.", said)
    return errors.unreadable("http_protocol_error", "Upstream's reply is not well-formed HTTP.", said)


def _is_large_head(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, LineTooLong) or "Too many headers" in str(error):
            return True
        error = error.__cause__
    return False


def _unconnected(error: aiohttp.ClientError) -> tuple[str, str]:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "dns_error", "Upstream's name can't be resolved."
        case aiohttp.ClientConnectorCertificateError():
            return "tls_certificate_error", "Upstream's certificate can't be trusted."
        case aiohttp.ClientSSLError():
            return "tls_protocol_error", "No TLS connection to upstream came about."
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return "destination_unavailable", "The proxy on the way to upstream refuses."
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return "connection_refused", "Upstream refuses connections."
        case aiohttp.ClientConnectorError(os_error=OSError(errno=number)) if number in _UNROUTABLE:
            return "destination_ip_unroutable", "No route leads to upstream."
        case _:
            return "destination_unavailable", "Upstream can't be connected to."
