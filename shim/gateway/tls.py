"""TLS for callers, rebuilt for new connections when its files change, and for upstream."""

from __future__ import annotations

import logging
import os
import re
import ssl
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from shim.errors import SettingsError
from shim.gateway.options import Options
from shim.gateway.watch import Watched

log = logging.getLogger("shim.gateway.certificate")

_CERT = b"-----BEGIN CERTIFICATE-----"
_KEY = b"PRIVATE KEY-----"
_DER = b"\x30\x82"
"""The start of a certificate or key in DER: a sequence of more than 255 bytes."""
_BLOCK = re.compile(
    r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL
)

_VALIDITY = re.compile(
    rb"\x30[\x1e\x20\x22](?:\x17\x0d|\x18\x0f\d\d)\d{12}Z(?:\x17\x0d|\x18\x0f)(\d{12,14}Z)"
)
"""The two times of a certificate (RFC 5280, 4.1.2.5) in DER, with years of two or four
digits.
"""


Listening = Watched[tuple[ssl.SSLContext, float | None]]
"""The last good context for callers, and the end of its certificate.

The end is in seconds since the epoch, or None if unknown.
"""


def listening(options: Options) -> Listening | None:
    """Return the TLS for callers, or None if they don't use it.

    A certificate that has expired may be used at the start, because not every caller
    checks it. Raises SettingsError for unusable files.
    """
    if (cert := options.tls_cert) is None:
        return None
    files = [path for path in (cert, options.tls_key) if path is not None]
    read = lambda: (listener_context(cert, options.tls_key), expiry_of(cert))  # noqa: E731 - whenever the files change
    made = Watched(
        "files of the listener", lambda: files, read, partial(_check_end, cert)
    )
    if (ends := made.value[1]) is not None and ends <= time.time():
        log.warning(
            "tls_cert: %s has expired; clients that verify certificates will refuse to connect",
            cert,
        )
    return made


def _check_end(cert: str, new: tuple[ssl.SSLContext, float | None]) -> None:
    """Raise SettingsError if the certificate has expired."""
    if (ends := new[1]) is not None and ends <= time.time():
        raise SettingsError(f"{cert}: has expired")


def listener_context(cert: str, key: str | None) -> ssl.SSLContext:
    """Return the context for callers.

    Raises SettingsError with the option and the file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # OPENSSL_CONF may require more
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    context.set_alpn_protocols(["http/1.1"])
    _load(context, cert, key)
    return context


def _load(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    """Load a chain with its key; raises SettingsError with the defect of either."""
    _check_kinds(cert, key)
    asked: list[bool] = []

    def password() -> bytes:  # else OpenSSL would ask for it on the terminal
        asked.append(True)
        return b""

    try:
        context.load_cert_chain(cert, key, password)
    except (OSError, ValueError) as error:
        if key is None:
            name = "tls_cert"
            file = cert
        else:
            name = "tls_key"
            file = key
        if asked:
            said = f"has a password; write it without one, as by: openssl pkey -in {file} -out NEW"
        elif getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            said = f"is not the key of the first certificate in {cert}"
        else:
            name = "tls_cert"
            file = cert if key is None else f"{cert} and {key}"
            said = f"OpenSSL can't read them ({getattr(error, 'reason', None) or 'PEM lib'}); create both again"
        raise SettingsError(f"{name}: {file}: {said}") from None


def _check_kinds(cert: str, key: str | None) -> None:
    """Raise SettingsError for a file that is unreadable, or has no PEM of its kind."""
    chain = _content_of("tls_cert", cert)
    if key is None:
        secret = chain
    else:
        secret = _content_of("tls_key", key)
    has_cert = _CERT in chain
    has_key = _KEY in secret
    if not has_cert and key is not None and _KEY in chain and _CERT in secret:
        raise SettingsError(
            f"tls_cert: {cert}: contains a key, and {key} a certificate; swap the two"
        )
    if not has_cert:
        said = f"is DER, not PEM; convert it, as by: openssl x509 -inform der -in {cert} -out NEW"
        if not chain.startswith(_DER):
            said = "has no certificate; it begins with -----BEGIN CERTIFICATE-----"
        raise SettingsError(f"tls_cert: {cert}: {said}")
    if has_key:
        return
    if key is None:
        raise SettingsError(
            f"tls_cert: {cert}: has no private key; name its file with --tls-key"
        )
    said = f"is DER, not PEM; convert it, as by: openssl pkey -inform der -in {key} -out NEW"
    if not secret.startswith(_DER):
        said = "has no private key; it begins with -----BEGIN PRIVATE KEY-----"
    raise SettingsError(f"tls_key: {key}: {said}")


def _content_of(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"{name}: {path}: {error.strerror}") from None


def system_context() -> ssl.SSLContext:
    """Return the context for upstream.

    It trusts the system's roots, or those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
    Raises SettingsError for a file that can't be read, which OpenSSL treats as one
    without roots.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = (
        False  # a certificate names hosts as alternative names (RFC 9525, 6.3)
    )
    if path := os.environ.get("SSL_CERT_FILE"):
        try:
            context.load_verify_locations(path)
        except OSError as error:
            said = error.strerror
            if isinstance(error, ssl.SSLError):
                said = "no certificates in PEM"
            raise SettingsError(f"SSL_CERT_FILE: {path}: {said}") from None
    return context


def expiry_of(path: str) -> float | None:
    """Return when the first certificate of a PEM file expires, or None.

    It is in seconds since the epoch, and None if the certificate is unreadable.
    """
    try:
        text = Path(path).read_text("ascii", errors="replace")
        return min(
            _ends(ssl.PEM_cert_to_DER_cert(block)) for block in _BLOCK.findall(text)
        )
    except (OSError, ValueError):
        return None


def _ends(der: bytes) -> float:
    if (found := _VALIDITY.search(der)) is None:
        raise ValueError("no certificate")
    text = found[1].decode("ascii")
    if len(text) == len("YYmmddHHMMSSZ"):
        year = "%y"
    else:
        year = "%Y"
    return datetime.strptime(text, f"{year}%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
