"""The certificates that the gateway accepts from upstream, directly and through a proxy."""

import contextlib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from shim.errors import SettingsError
from tests.gateway.tls.worlds import Caller, pems
from tests.peers.raw import Peer, raw_upstream, reply
from tests.peers.served import ask, calling, gateway, get, status_of
from tests.peers.within import Within


@pytest.fixture
def context(authority) -> ssl.SSLContext:
    """Return the TLS context of an upstream."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def secured(context) -> Callable[[Peer], None]:
    """Return the script of an upstream that answers all calls of a connection."""

    def script(peer: Peer) -> None:
        try:
            carrier: Any = Within(peer.socket, context)
        except ssl.SSLError:  # the certificate is refused
            return
        inner = Peer(carrier)
        while True:
            inner.message()
            inner.send(reply(b"secured"))

    return script


@pytest.fixture(autouse=True)
def roots(tmp_path, authority, monkeypatch):
    """Write the file of roots that the environment names; return upstream's authority."""
    path = tmp_path / "roots.pem"
    path.write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return path


def https(origin: str) -> str:
    """Return the origin with the certificate's name."""
    return origin.replace("http://127.0.0.1", "https://localhost")


def call(served) -> tuple[int, bytes]:
    """Make one call; return status and content."""
    head, content = ask(served, get("/x"))
    return status_of(head), content


@pytest.mark.usefixtures("loop")
def test_roots_of_the_environment_are_trusted(secured):
    """They replace the system's."""
    with raw_upstream(secured) as upstream, gateway(https(upstream.origin)) as served:
        assert [call(served) for _ in range(2)] == [(200, b"secured")] * 2
        assert upstream.connections == 1


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"", "no certificates in PEM")]
)
def test_unusable_roots_at_the_start_are_an_error(roots, content, said):
    """They would trust no upstream."""
    roots.unlink() if content is None else roots.write_bytes(content)
    with (
        pytest.raises(SettingsError, match=f"SSL_CERT_FILE: {roots}: {said}"),
        gateway("https://localhost"),
    ):
        pass


def test_a_common_name_is_not_enough(tmp_path, roots):
    """A host must be a subject alternative name (RFC 9525, 6.3)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ends = datetime(2100, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC), ends
    )
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (tmp_path / "both").write_bytes(
        pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both")

    def script(peer: Peer) -> None:
        with (
            contextlib.suppress(OSError),
            context.wrap_socket(peer.socket, server_side=True) as inner,
        ):
            Peer(inner).message()

    roots.write_bytes(pem)
    with raw_upstream(script) as upstream, gateway(https(upstream.origin)) as served:
        assert b"Upstream's certificate is not trusted" in call(served)[1]


def test_other_certificates_are_refused(secured, roots):
    """An upstream with an unknown authority gets no call."""
    roots.write_bytes(trustme.CA().cert_pem.bytes())
    with raw_upstream(secured) as upstream, gateway(https(upstream.origin)) as served:
        head, content = ask(served, get("/x"))
    assert status_of(head) == 502
    assert b"Upstream's certificate is not trusted" in content
    assert b"tls_certificate_error" in head


@pytest.mark.usefixtures("loop")
def test_calls_go_through_a_proxy(context, monkeypatch):
    """One tunnel carries the calls, with upstream's TLS inside."""

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        wrapped: Any = Within(peer.socket, context)
        inner = Peer(wrapped)
        while True:
            inner.message()
            inner.send(reply(b"secured"))

    with raw_upstream(script) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin)
        monkeypatch.setenv("no_proxy", "")
        with gateway("https://localhost") as served:
            assert [call(served) for _ in range(2)] == [(200, b"secured")] * 2
        assert proxy.connections == 1


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("clean", [True, False])
def test_a_response_that_ends_with_the_connection(context, clean):
    """It is complete after close_notify. A bare TCP end may be forged (RFC 9112, 9.8), and truncates it."""

    def script(peer: Peer) -> None:
        with context.wrap_socket(peer.socket, server_side=True) as inner:
            Peer(inner).message()
            inner.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
            if clean:
                inner.unwrap()

    with (
        raw_upstream(script) as upstream,
        gateway(https(upstream.origin)) as served,
        calling(served) as peer,
    ):
        peer.send(get("/x", "Connection: close"))
        assert peer.rest().endswith(b"0\r\n\r\n") is clean


def test_tls_on_both_sides(secured, authority, tmp_path):
    """The gateway keeps the two apart."""
    cert = tmp_path / "listener.pem"
    cert.write_bytes(b"".join(pems(authority.issue_cert("127.0.0.1"))))
    with (
        raw_upstream(secured) as upstream,
        gateway(https(upstream.origin), tls_cert=str(cert)) as served,
    ):
        assert Caller(authority).ask(served) == 200
