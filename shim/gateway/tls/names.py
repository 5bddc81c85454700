"""Whose a caller's certificate is, in a word for the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KINDS = ("URI", "DNS", "email", "IP Address")
"""Alternative names (RFC 5280, 4.2.1.6), the most telling first: a workload, a host, a person, an address."""


def name_in(certificate: Mapping[str, Any] | None) -> str | None:
    """Return a name of a certificate, as ``SSLSocket.getpeercert`` tells it; None where there is none."""
    if not certificate:
        return None
    found = dict(reversed(certificate.get("subjectAltName", ())))
    for kind in _KINDS:
        if kind in found:
            return str(found[kind])
    subject = dict(pair for part in certificate.get("subject", ()) for pair in part)
    return subject.get("commonName") or subject.get("organizationalUnitName")
