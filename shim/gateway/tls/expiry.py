"""Until when the certificates of a file are good, read from the certificates themselves.

The ssl module gives it for authorities and peers, but not for one's own certificate.
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from pathlib import Path

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

_VERSION, _UTC_TIME = 0xA0, 0x17
"""Tags of the version's wrapper and of a time with two digits of its year (X.690, 8.1.2; RFC 5280, 4.1)."""


def expiry_of(path: str) -> float | None:
    """Return when the first certificate of a PEM file ends that does, in seconds since the epoch.

    None where nothing is readable as a certificate.
    """
    try:
        text = Path(path).read_text("ascii", errors="replace")
        return min(not_after(ssl.PEM_cert_to_DER_cert(block)) for block in _BLOCK.findall(text))
    except (OSError, ValueError, IndexError):
        return None


def not_after(der: bytes) -> float:
    """Return ``notAfter`` of a certificate (RFC 5280, 4.1.2.5) in seconds since the epoch; raises ValueError."""
    _, certificate, _ = _element(der, 0)
    _, at, _ = _element(der, certificate)
    tag, _, end = _element(der, at)
    for _ in range(4 if tag == _VERSION else 3):  # past version, serial number, algorithm and issuer
        at = end
        _, validity, end = _element(der, at)
    _, _, at = _element(der, validity)
    tag, start, end = _element(der, at)
    text = der[start:end].decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text >= "5" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Return the tag of what stands at a place, and where its content begins and ends."""
    tag, size, start = der[at], der[at + 1], at + 2
    if size >= 0x80:
        count = size & 0x7F
        start, size = start + count, int.from_bytes(der[start : start + count], "big")
    return tag, start, start + size
