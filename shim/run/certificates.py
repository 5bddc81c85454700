"""Create the certificate of one run, and the bundles and stores that programs trust."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import ssl
import sys
import tempfile
import warnings
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from shim.gateway.tls import listener_context

LIFE = dt.timedelta(days=365)
"""The longest validity of a run's certificate."""

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""The files of the trusted roots on Linux distributions and macOS."""


def make_certificate(
    host: str, hooks_name: str
) -> tuple[bytes, ssl.SSLContext, ssl.SSLContext]:
    """Create a certificate for ``host``, its subdomains and 127.0.0.1.

    It can't sign other certificates. Returns it as PEM, and two TLS contexts with it,
    the only places of its key. If ``hooks_name`` is not ``host``, the second context
    accepts only callers that ask for that name.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names = [
        x509.DNSName(host),
        x509.DNSName(f"*.{host}"),
        x509.IPAddress(IPv4Address("127.0.0.1")),
    ]
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    of_proxy = _context(pem, private)
    of_hooks = _context(pem, private)
    if hooks_name != host:
        refused = ssl.ALERT_DESCRIPTION_ACCESS_DENIED
        of_hooks.sni_callback = lambda _, name, __: (
            None if name == hooks_name else refused
        )
    return pem, of_proxy, of_hooks


def _context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Return a server's TLS context.

    ssl reads keys only from files, so the key goes through a file without a name.
    """
    # without /proc this does not work
    is_unnamed = sys.platform == "linux" and Path("/dev/fd/0").exists()
    with (
        os.fdopen(os.memfd_create("leaf"), "wb")
        if is_unnamed
        else tempfile.NamedTemporaryFile() as file
    ):
        file.write(certificate + key)
        file.flush()
        return listener_context(
            f"/dev/fd/{file.fileno()}" if is_unnamed else file.name, None
        )


def system_bundle() -> bytes:
    """Return the system's trusted roots as PEM, empty if no file has them."""
    paths = (ssl.get_default_verify_paths().openssl_cafile, *SYSTEM_BUNDLES)
    return next(
        (Path(path).read_bytes() for path in paths if Path(path).is_file()), b""
    )


def java_store(bundle: bytes) -> bytes:
    """Return a trust store with the certificates of a PEM bundle.

    A JVM opens it without a password.
    """
    named = []
    for pem in re.findall(
        rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", bundle, re.DOTALL
    ):
        # Some old roots have serial numbers that RFC 5280 forbids; a JVM does not need
        # a root that can't be read.
        with warnings.catch_warnings(), contextlib.suppress(ValueError):
            warnings.simplefilter("ignore")
            one = x509.load_pem_x509_certificate(pem)
            named.append(
                pkcs12.PKCS12Certificate(
                    one, one.fingerprint(hashes.SHA256()).hex().encode()
                )
            )
    return pkcs12.serialize_java_truststore(named, serialization.NoEncryption())
