"""Roots of the gateway's own towards upstream, directly and through a proxy."""

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
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.gateway_tls.worlds import Caller, pems
from tests.peers.raw import Peer, raw_upstream, reply, until
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


@pytest.fixture
def roots(tmp_path, authority):
    """Return a file with who vouches for upstream."""
    path = tmp_path / "roots.pem"
    path.write_bytes(authority.cert_pem.bytes())
    return path


def https(origin: str) -> str:
    """Return the origin by the name that the certificate has."""
    return origin.replace("http://127.0.0.1", "https://localhost")


def call(served) -> tuple[int, bytes]:
    """Call once; return status and content."""
    head, content = ask(served, get("/x"))
    return status_of(head), content


@pytest.mark.usefixtures("loop")
def test_roots_of_the_file_are_believed(secured, roots):
    """Upstream's certificate leads to them, and to none of the system's."""
    with raw_upstream(secured) as upstream, gateway(https(upstream.origin), upstream_ca=str(roots)) as served:
        assert call(served) == (200, b"secured")
        assert call(served) == (200, b"secured")
        assert upstream.connections == 1


def test_a_name_that_is_only_common_is_none(tmp_path):
    """A certificate names hosts as subject alternative names (RFC 9525, 6.3), and is not believed without one."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    ends = datetime(2100, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC), ends)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (tmp_path / "both").write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both")

    def script(peer: Peer) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(peer.socket, server_side=True) as inner:
            Peer(inner).message()

    roots = str(tmp_path / "both")
    with raw_upstream(script) as upstream, gateway(https(upstream.origin), upstream_ca=roots) as served:
        assert b"Upstream's certificate can't be trusted" in call(served)[1]


def test_new_roots_are_believed(secured, roots, tmp_path, authority):
    """Roots take the place of the system's, and are replaced while the gateway runs; broken ones are refused."""
    roots.write_bytes(trustme.CA().cert_pem.bytes())
    with raw_upstream(secured) as upstream, gateway(https(upstream.origin), upstream_ca=str(roots)) as served:
        head, content = ask(served, get("/x"))
        assert status_of(head) == 502
        assert b"Upstream's certificate can't be trusted" in content
        assert b"tls_certificate_error" in head
        other = tmp_path / "other.pem"
        other.write_bytes(authority.cert_pem.bytes())
        other.rename(roots)
        until(lambda: call(served) == (200, b"secured"), "the new roots")
        roots.write_bytes(b"")
        until(lambda: served.certificates.upstream.reloads.problems, "the refusal of a file without roots")
        assert call(served) == (200, b"secured")


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_through_a_proxy(context, roots, monkeypatch, tmp_path, scheme):
    """One tunnel carries the calls; the system's roots vouch for the proxy, and the file's for upstream."""
    proxies = trustme.CA()
    proxies.cert_pem.write_to_path(tmp_path / "system.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    of_proxy = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    proxies.issue_cert("localhost").configure_cert(of_proxy)

    def script(peer: Peer) -> None:
        carrier: Any = Within(peer.socket, of_proxy) if scheme == "https" else peer.socket
        Peer(carrier).take(b"\r\n\r\n")
        carrier.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        wrapped: Any = Within(carrier, context)
        inner = Peer(wrapped)
        while True:
            inner.message()
            inner.send(reply(b"secured"))

    with raw_upstream(script) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin.replace("http://127.0.0.1", f"{scheme}://localhost"))
        monkeypatch.setenv("no_proxy", "")
        with gateway("https://localhost", upstream_ca=str(roots)) as served:
            assert [call(served) for _ in range(2)] == [(200, b"secured")] * 2
        assert proxy.connections == 1


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("clean", [True, False])
def test_reply_that_ends_with_the_connection(context, roots, clean):
    """Whole is what ends with TLS' own farewell; a bare end may be anybody's doing (RFC 9112, 9.8), and cuts it."""

    def script(peer: Peer) -> None:
        with context.wrap_socket(peer.socket, server_side=True) as inner:
            Peer(inner).message()
            inner.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
            if clean:
                inner.unwrap()

    with (
        raw_upstream(script) as upstream,
        gateway(https(upstream.origin), upstream_ca=str(roots)) as served,
        calling(served) as peer,
    ):
        peer.send(get("/x", "Connection: close"))
        assert peer.rest().endswith(b"0\r\n\r\n") is clean


def test_both_sides_at_once(secured, roots, authority, tmp_path):
    """A gateway with TLS on both sides keeps the two apart; one of them has a certificate that ends."""
    cert = tmp_path / "listener.pem"
    cert.write_bytes(b"".join(pems(authority.issue_cert("127.0.0.1"))))
    with (
        raw_upstream(secured) as upstream,
        gateway(https(upstream.origin), upstream_ca=str(roots), tls_cert=str(cert)) as served,
    ):
        assert Caller(authority).ask(served) == 200
        assert [*served.certificates.watched] == ["listener", "upstream"]
        assert served.certificates.expires is not None
