"""TLS made of options, towards callers and upstream; when its files change it is made anew for new connections."""

from __future__ import annotations

import logging
import os
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from shim.errors import SettingsError
from shim.gateway.options import Options
from shim.gateway.watch import Watched

log = logging.getLogger("shim.gateway.certificate")

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

_VALIDITY = re.compile(rb"\x30[\x1e\x20\x22](?:\x17\x0d|\x18\x0f\d\d)\d{12}Z(?:\x17\x0d|\x18\x0f)(\d{12,14}Z)")
"""The two times of a certificate (RFC 5280, 4.1.2.5) in DER: a year has two digits, or four."""


class Certificates:
    """The TLS of both sides; raises SettingsError when files are of no use.

    ``listener`` has the last good context towards callers, and when its certificate ends, in seconds since the epoch;
    it is None if callers don't speak TLS. A certificate that has ended may be used at the start: not every caller looks
    at it. ``watched`` are the sides that have files, which may change.
    """

    def __init__(self, options: Options, watched: list[Watched[Any]]) -> None:
        self.listener: Watched[tuple[ssl.SSLContext, float | None]] | None = None
        self.watched: dict[str, Watched[Any]] = {}
        if (cert := options.tls_cert) is not None:
            files = [path for path in (cert, options.tls_key, options.tls_client_ca) if path is not None]
            read = lambda: (listener_context(options), expiry_of(cert))  # noqa: E731 - as long as the files are of use
            self.listener = Watched("files of the listener", lambda: files, read, partial(_check_end, cert))
            self.watched["listener"] = self.listener
            if self.expires is not None and self.expires <= time.time():
                log.warning("tls_cert: %s: has expired; callers that look at it are not served", cert)
        roots = [options.upstream_ca] if options.upstream_ca is not None else []
        self.upstream = Watched("files of the upstream", lambda: roots, partial(upstream_context, options))
        if roots:
            self.watched["upstream"] = self.upstream
        watched += self.watched.values()

    @property
    def expires(self) -> float | None:
        """When the listener's certificate ends, None without one."""
        return None if self.listener is None else self.listener.value[1]


def _check_end(cert: str, new: tuple[ssl.SSLContext, float | None]) -> Sequence[str]:
    """Return what is new; raises SettingsError if the certificate has ended."""
    if (ends := new[1]) is not None and ends <= time.time():
        raise SettingsError(f"{cert}: has expired")
    return [] if ends is None else [f"the certificate ends {datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%MZ}"]


def listener_context(options: Options) -> ssl.SSLContext:
    """Return the callers' side; raises SettingsError that names the option and the file.

    With ``tls_client_ca`` a caller's certificate has to lead to one of the file's, be that a root or not.
    """
    assert options.tls_cert is not None, "there is no TLS without a certificate"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)  # OPENSSL_CONF may ask for more
    context.set_alpn_protocols(["http/1.1"])
    _load(context, options.tls_cert, options.tls_key)
    if options.tls_client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        _believe(context, options.tls_client_ca, "tls_client_ca")
    return context


def _load(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    """Load a chain with its key; raises SettingsError that says which of them is wrong, and how."""
    asked: list[bool] = []

    def password() -> bytes:  # else it would be asked for on the terminal
        asked.append(True)
        return b""

    name, file = ("tls_cert", cert) if key is None else ("tls_key", key)
    try:
        context.load_cert_chain(cert, key, password)
    except (OSError, ValueError) as error:
        if asked:
            said = f"has a password; write it without one, as by: openssl pkey -in {file} -out NEW"
            raise SettingsError(f"{name}: {file}: {said}") from None
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            raise SettingsError(f"{name}: {file}: is not the key of the first certificate in {cert}") from None
        with _of_use("tls_cert", cert if key is None else f"{cert} and {key}", "no certificate with its key in PEM"):
            raise


def upstream_context(options: Options) -> ssl.SSLContext:
    """Return upstream's side; raises SettingsError that names the option and the file."""
    if options.upstream_ca is None:
        return system_context()
    context = _client(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    _believe(context, options.upstream_ca, "upstream_ca")
    return context


def system_context() -> ssl.SSLContext:
    """Return the TLS of a client that trusts the system's roots, or ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.

    Raises SettingsError for a file that can't be read, which OpenSSL takes for one without roots.
    """
    path = os.environ.get("SSL_CERT_FILE")
    if path:
        with _of_use("SSL_CERT_FILE", path, ""):
            Path(path).open("rb").close()
    context = _client(ssl.create_default_context())
    if path and not os.environ.get("SSL_CERT_DIR") and not context.cert_store_stats()["x509"]:
        raise SettingsError(f"SSL_CERT_FILE: {path}: no certificates in PEM")
    return context


def _client(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return a client's context, for HTTP/1.1, and for certificates with a subject alternative name (RFC 9525, 6.3)."""
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = False
    return context


def _believe(context: ssl.SSLContext, path: str, name: str) -> None:
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with _of_use(name, path, "no certificates in PEM"):
        context.load_verify_locations(path)


@contextmanager
def _of_use(name: str, files: str, why: str) -> Iterator[None]:
    """Raise SettingsError for files that can't be used: what OpenSSL says names nothing that helps."""
    try:
        yield
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            why = error.strerror or why
        raise SettingsError(f"{name}: {files}: {why}") from None


def why(error: OSError) -> str:
    """Return a sentence for the operator on why a caller's handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the caller's certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return (error.reason or type(error).__name__).lower().replace("_", " ")
    return "it did not come in time" if isinstance(error, TimeoutError) else str(error)


def expiry_of(path: str) -> float | None:
    """Return when the first certificate of a PEM file ends, in seconds since the epoch; None if it is unreadable."""
    try:
        text = Path(path).read_text("ascii", errors="replace")
        return min(_ends(ssl.PEM_cert_to_DER_cert(block)) for block in _BLOCK.findall(text))
    except (OSError, ValueError):
        return None


def _ends(der: bytes) -> float:
    if (found := _VALIDITY.search(der)) is None:
        raise ValueError("no certificate")
    text = found[1].decode("ascii")
    year = "%y" if len(text) == len("YYmmddHHMMSSZ") else "%Y"
    return datetime.strptime(text, f"{year}%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
