"""TLS made of options, towards callers, towards upstream and towards a proxy; and what the log says of a caller's."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shim.errors import SettingsError
from shim.gateway.options import Options

_KINDS = ("URI", "DNS", "email", "IP Address")
"""Alternative names (RFC 5280, 4.2.1.6), the most telling first: a workload, a host, a person, an address."""

_SAID = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the caller showed no certificate, which --tls-client-ca asks for",
    "UNSUPPORTED_PROTOCOL": "the caller speaks no TLS that is new enough, 1.2 or later",
}


def check_listener(options: Options) -> None:
    """Raise SettingsError for options that need another one."""
    if options.tls_cert is None:
        for name in ("tls_key", "tls_client_ca"):
            if getattr(options, name) is not None:
                raise SettingsError(f"{name}: is of no use without tls_cert")


def listener_context(options: Options) -> ssl.SSLContext:
    """Return the callers' side; raises SettingsError that names the option and the file.

    With ``tls_client_ca`` a caller's certificate has to lead to one of the file's, be that a root or not.
    """
    assert options.tls_cert is not None, "there is no TLS without a certificate"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)  # OPENSSL_CONF may ask for more
    context.set_alpn_protocols(["http/1.1"])
    _present(context, options.tls_cert, options.tls_key, "tls_cert")
    if options.tls_client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        _believe(context, options.tls_client_ca, "tls_client_ca")
    return context


def check_upstream(options: Options) -> None:
    """Raise SettingsError for options that need another one, or an upstream with TLS."""
    if options.upstream_key is not None and options.upstream_cert is None:
        raise SettingsError("upstream_key: is of no use without upstream_cert")
    for name in ("upstream_ca", "upstream_cert"):
        if getattr(options, name) is not None and not options.upstream.startswith("https:"):
            raise SettingsError(f"{name}: is of no use with {options.upstream}, which is called without TLS")


def upstream_context(options: Options) -> ssl.SSLContext:
    """Return the side that upstream sees; raises SettingsError that names the option and the file.

    ``upstream_ca`` takes the place of the system's roots.
    """
    if options.upstream_ca is None:
        context = system_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.set_alpn_protocols(["http/1.1"])
        _believe(context, options.upstream_ca, "upstream_ca")
    if options.upstream_cert is not None:
        _present(context, options.upstream_cert, options.upstream_key, "upstream_cert")
    return context


def system_context() -> ssl.SSLContext:
    """Return a client's side that believes the system's roots, or ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.

    Raises SettingsError for a file that can't be read, which OpenSSL takes for one without roots.
    """
    if path := os.environ.get("SSL_CERT_FILE"):
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise SettingsError(f"SSL_CERT_FILE: {path}: {error.strerror}") from None
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _present(context: ssl.SSLContext, cert: str, key: str | None, name: str) -> None:
    """Show a certificate to the other side."""
    try:
        # A key with a password would be asked for on the terminal.
        context.load_cert_chain(cert, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        files = cert if key is None else f"{cert} and {key}"
        why = _strerror(error) or "no certificate with its private key, without a password, in PEM"
        raise SettingsError(f"{name}: {files}: {why}") from None


def _believe(context: ssl.SSLContext, path: str, name: str) -> None:
    """Believe certificates that lead to one of a file's."""
    try:
        context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{name}: {path}: {_strerror(error) or 'no certificates in PEM'}") from None


def _strerror(error: Exception) -> str | None:
    """Return what the system says; what OpenSSL says names nothing that helps."""
    return error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None


def name_in(certificate: Mapping[str, Any] | None) -> str | None:
    """Return a name of a caller's certificate, as ``SSLSocket.getpeercert`` gives it; None if it has no name."""
    if not certificate:
        return None
    found = dict(reversed(certificate.get("subjectAltName", ())))
    for kind in _KINDS:
        if kind in found:
            return str(found[kind])
    subject = dict(pair for part in certificate.get("subject", ()) for pair in part)
    return subject.get("commonName") or subject.get("organizationalUnitName")


def why(error: ssl.SSLError) -> str:
    """Return a sentence for the operator on why a caller's handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the caller's certificate is not good: {error.verify_message}"
    reason = getattr(error, "reason", None) or type(error).__name__
    return _SAID.get(reason, reason.lower().replace("_", " "))
