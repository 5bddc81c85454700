"""Certificates for one run: a root whose key is discarded at once, and one leaf for Atlas' host."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import ssl
import sys
import tempfile
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = dt.timedelta(days=365)
"""The longest run: the leaf can't be renewed, since the root's key is discarded."""

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Files in which Linux distributions and macOS keep their roots."""


_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def make_certificates(host: str) -> tuple[bytes, ssl.SSLContext]:
    """Make a root, sign a leaf for ``host`` with it, and discard the root's key.

    Returns the root as PEM, and the TLS context with the leaf, which alone holds the leaf's key.
    """
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("atlas-shim run", host))
    usage = dict.fromkeys(_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}  # RFC 5280: any root has it
    root = (
        _builder(issuer, issuer, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    leaf = (
        _builder(subject, issuer, leaf_key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(authority, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = root.public_bytes(serialization.Encoding.PEM)
    key = leaf_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, _context(leaf.public_bytes(serialization.Encoding.PEM) + pem, key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _context(chain: bytes, key: bytes) -> ssl.SSLContext:
    """Return a server's context; ``ssl`` reads keys from files only, so the key goes through an unnamed file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    with tempfile.TemporaryFile() if sys.platform != "linux" else os.fdopen(os.memfd_create("leaf"), "wb") as file:
        file.write(chain + key)
        file.flush()
        context.load_cert_chain(f"/dev/fd/{file.fileno()}")
    return context


def system_bundle() -> bytes:
    """Return this system's trusted roots as PEM, empty if no file has them."""
    paths = (ssl.get_default_verify_paths().openssl_cafile, *SYSTEM_BUNDLES)
    return next((Path(path).read_bytes() for path in paths if Path(path).is_file()), b"")


def java_store(bundle: bytes) -> bytes:
    """Return a trust store that a JVM opens without a password, with all certificates of a PEM bundle."""
    named = []
    for pem in re.findall(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", bundle, re.DOTALL):
        # Some old roots have serial numbers that RFC 5280 forbids; a JVM does not need a root that can't be read.
        with warnings.catch_warnings(), contextlib.suppress(ValueError):
            warnings.simplefilter("ignore")
            one = x509.load_pem_x509_certificate(pem)
            named.append(pkcs12.PKCS12Certificate(one, one.fingerprint(hashes.SHA256()).hex().encode()))
    return pkcs12.serialize_java_truststore(named, serialization.NoEncryption())
