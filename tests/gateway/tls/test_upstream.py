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
    """Return the TLS of an upstream."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def secured(context) -> Callable[[Peer], None]:
    """Return the script of an upstream that answers all calls of a connection."""

    def script(peer: Peer) -> None:
        try:
            carrier: Any = Within(peer.socket, context)
        except ssl.SSLError:  # it is not believed
            return
        inner = Peer(carrier)
        while True:
            inner.message()
            inner.send(reply(b"secured"))

    return script


@pytest.fixture(autouse=True)
def roots(tmp_path, authority, monkeypatch):
    """Return the file of roots that the environment names, with who vouches for upstream."""
    path = tmp_path / "roots.pem"
    path.write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return path


def https(origin: str) -> str:
    """Return the origin by the name that the certificate has."""
    return origin.replace("http://127.0.0.1", "https://localhost")


def call(served) -> tuple[int, bytes]:
    """Call once; return status and content."""
    head, content = ask(served, get("/x"))
    return status_of(head), content


@pytest.mark.usefixtures("loop")
def test_roots_of_the_environment_are_believed(secured):
    """Upstream's certificate leads to them, and to none of the system's."""
    with raw_upstream(secured) as upstream, gateway(https(upstream.origin)) as served:
        assert [call(served) for _ in range(2)] == [(200, b"secured")] * 2
        assert upstream.connections == 1


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"", "no certificates in PEM")]
)
def test_roots_of_no_use_are_named_at_the_start(roots, content, said):
    """They would trust nobody."""
    roots.unlink() if content is None else roots.write_bytes(content)
    with (
        pytest.raises(SettingsError, match=f"SSL_CERT_FILE: {roots}: {said}"),
        gateway("https://localhost"),
    ):
        pass


def test_a_name_that_is_only_common_is_none(tmp_path, roots):
    """A certificate names hosts as subject alternative names (RFC 9525, 6.3), and is not believed without one."""
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
        assert b"Upstream's certificate can't be trusted" in call(served)[1]


def test_others_are_not_believed(secured, roots):
    """An upstream whose certificate nobody vouches for gets no call."""
    roots.write_bytes(trustme.CA().cert_pem.bytes())
    with raw_upstream(secured) as upstream, gateway(https(upstream.origin)) as served:
        head, content = ask(served, get("/x"))
    assert status_of(head) == 502
    assert b"Upstream's certificate can't be trusted" in content
    assert b"tls_certificate_error" in head


@pytest.mark.usefixtures("loop")
def test_through_a_proxy(context, monkeypatch):
    """One tunnel carries the calls, and upstream's TLS is within it."""

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
def test_reply_that_ends_with_the_connection(context, clean):
    """Whole is what ends with TLS' own farewell; a bare end may be anybody's doing (RFC 9112, 9.8), and cuts it."""

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


def test_both_sides_at_once(secured, authority, tmp_path):
    """A gateway with TLS on both sides keeps the two apart."""
    cert = tmp_path / "listener.pem"
    cert.write_bytes(b"".join(pems(authority.issue_cert("127.0.0.1"))))
    with (
        raw_upstream(secured) as upstream,
        gateway(https(upstream.origin), tls_cert=str(cert)) as served,
    ):
        assert Caller(authority).ask(served) == 200
