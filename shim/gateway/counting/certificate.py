"""When a certificate ends, read from its file.

The standard library tells it of a peer's certificate that it has verified, and of authorities' (``get_ca_certs``,
which leaves out whatever is no authority), but not of one that a server itself shows; its decoder is private. An X.509
library is much for one date that stands at a fixed place (RFC 5280, 4.1), and which is walked to here.
"""

from __future__ import annotations

import binascii
import re
import ssl
from datetime import UTC, datetime

_BLOCK = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

_VERSION = 0xA0
_UTC_TIME = 0x17


def not_after(path: str) -> float | None:
    """Return the end of the first certificate of a chain (PEM) to end, in seconds since the epoch.

    None when the file can't be read, or one of its certificates is not to be made out: whoever loads it for TLS says
    why.
    """
    try:
        with open(path, encoding="latin-1") as file:  # noqa: PTH123 - a path that may be a descriptor's, as OpenSSL's
            blocks = _BLOCK.findall(file.read())
        return min((_end(ssl.PEM_cert_to_DER_cert(block)) for block in blocks), default=None)
    except (OSError, ValueError, IndexError, binascii.Error):
        return None


def _end(der: bytes) -> float:
    """Return notAfter; raises ValueError or IndexError."""
    _, start, _ = _value(der, 0)  # Certificate
    _, start, _ = _value(der, start)  # TBSCertificate
    tag, _, end = _value(der, start)
    if tag == _VERSION:
        start = end
    for _ in range(3):  # serialNumber, signature, issuer
        _, _, start = _value(der, start)
    _, start, _ = _value(der, start)  # Validity
    _, _, start = _value(der, start)  # notBefore
    tag, start, end = _value(der, start)
    text = der[start:end].decode("ascii")
    if tag == _UTC_TIME:  # of two digits of a year, those from 50 on are of the last century (RFC 5280, 4.1.2.5.1)
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _value(der: bytes, at: int) -> tuple[int, int, int]:
    """Return the tag at a place, and where its value starts and ends (X.690, 8.1)."""
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[start : start + size], "big")
        start += size
    return tag, start, start + length
