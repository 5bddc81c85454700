"""The versions of TLS that callers may be held to."""

from __future__ import annotations

from enum import StrEnum

from shim.errors import SettingsError


class TlsVersion(StrEnum):
    """A version of TLS; older ones than 1.2 are nobody's any more (RFC 8996)."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


def parse_tls_version(text: str, name: str) -> TlsVersion:
    """Parse a version; raises SettingsError."""
    try:
        return TlsVersion(text)
    except ValueError:
        raise SettingsError(f"{name}: {text!r} is not one of {', '.join(TlsVersion)}") from None
