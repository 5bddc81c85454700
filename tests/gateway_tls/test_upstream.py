"""Roots and a client certificate of the gateway's own towards upstream, directly and through a proxy."""

import ssl
from pathlib import Path
from typing import Any

import attrs
import pytest
import trustme

from tests.gateway_tls.worlds import Caller, Demanding, Mount, pems, serial_of
from tests.peers.raw import Peer, raw_upstream, until
from tests.peers.served import ask, calling, gateway, get, status_of
from tests.peers.within import Within


@attrs.frozen
class World:
    """An upstream that wants a certificate, and files of the gateway's towards it."""

    upstream: Demanding
    clients: trustme.CA
    roots: Path
    mount: Mount

    def options(self, **more: Any) -> dict[str, Any]:
        """Return the gateway's options for it."""
        mine = {"upstream_cert": self.mount.path("tls.crt"), "upstream_key": self.mount.path("tls.key")}
        return {"upstream_ca": str(self.roots), **mine, **more}


@pytest.fixture
def world(tmp_path, authority, mount):
    """Return both, with nothing in the mounted folder yet."""
    clients, roots = trustme.CA(), tmp_path / "roots.pem"
    roots.write_bytes(authority.cert_pem.bytes())
    return World(Demanding(authority, clients), clients, roots, mount)


def https(origin: str) -> str:
    """Return the origin by the name that the certificate has."""
    return origin.replace("http://127.0.0.1", "https://localhost")


def call(served) -> tuple[int, bytes]:
    """Call once; return status and content."""
    head, content = ask(served, get("/x"))
    return status_of(head), content


@pytest.mark.usefixtures("loop")
def test_both_sides_are_known_to_each_other(world):
    """Upstream gets the certificate, and its own leads to the roots of the file."""
    mine = world.clients.issue_cert("gateway")
    world.mount.turn_to(mine)
    with raw_upstream(world.upstream) as upstream, gateway(https(upstream.origin), **world.options()) as served:
        assert call(served) == (200, b"secured")
        assert call(served) == (200, b"secured")
    assert world.upstream.seen == [serial_of(mine)]


def test_new_connections_use_a_new_certificate(world, monkeypatch):
    """It is taken up without a restart; a connection that is kept goes on with the one before."""
    monkeypatch.setattr("shim.gateway.upstream.client.LONGEST", 0.001)
    first, second = (world.clients.issue_cert("gateway") for _ in range(2))
    world.mount.turn_to(first)
    with raw_upstream(world.upstream) as upstream, gateway(https(upstream.origin), **world.options()) as served:
        assert call(served) == (200, b"secured")
        world.mount.turn_to(second)
        until(lambda: call(served) == (200, b"secured") and world.upstream.seen[-1] == serial_of(second), "the new one")
        seen = len(world.upstream.seen)
        world.mount.turn(crt=pems(first)[0], key=pems(second)[1])
        until(lambda: served.certificates.upstream.problems, "the refusal of a broken pair")
        assert call(served) == (200, b"secured")
        assert set(world.upstream.seen[seen:]) == {serial_of(second)}
    assert set(world.upstream.seen) == {serial_of(first), serial_of(second)}


def test_new_roots_are_believed(world, tmp_path, authority):
    """Roots take the place of the system's, and are replaced while the gateway runs."""
    world.mount.turn_to(world.clients.issue_cert("gateway"))
    world.roots.write_bytes(world.clients.cert_pem.bytes())
    with raw_upstream(world.upstream) as upstream, gateway(https(upstream.origin), **world.options()) as served:
        head, content = ask(served, get("/x"))
        assert status_of(head) == 502
        assert b"Upstream's certificate can't be trusted" in content
        assert b"tls_certificate_error" in head
        other = tmp_path / "other.pem"
        other.write_bytes(authority.cert_pem.bytes())
        other.rename(world.roots)
        until(lambda: call(served) == (200, b"secured"), "the new roots")


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize(("kind", "version"), [("none", "TLSv1_3"), ("wrong", "TLSv1_3"), ("wrong", "TLSv1_2")])
def test_upstream_that_wants_another_certificate(world, kind, version):
    """Without the right certificate nothing arrives, and the caller is told that it is about TLS."""
    world.mount.turn_to(trustme.CA().issue_cert("gateway"))
    world.upstream.context.maximum_version = ssl.TLSVersion[version]
    options = {"upstream_ca": str(world.roots)} if kind == "none" else world.options()
    with raw_upstream(world.upstream) as upstream, gateway(https(upstream.origin), **options) as served:
        head, content = ask(served, get("/x"))
    assert status_of(head) == 502
    assert b"--upstream-cert" in content
    assert b"error=tls_alert_received" in head
    assert not world.upstream.seen


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_through_a_proxy(world, authority, monkeypatch, tmp_path, scheme):
    """One tunnel carries calls and the certificate; the proxy, which the system's roots vouch for, is shown none."""
    mine = world.clients.issue_cert("gateway")
    world.mount.turn_to(mine)
    proxies = trustme.CA()
    proxies.cert_pem.write_to_path(tmp_path / "system.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    of_proxy = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    proxies.issue_cert("localhost").configure_cert(of_proxy)
    world.clients.configure_trust(of_proxy)
    of_proxy.verify_mode = ssl.CERT_OPTIONAL
    shown: list[object] = []

    def script(peer: Peer) -> None:
        carrier: Any = peer.socket
        if scheme == "https":
            carrier = Within(peer.socket, of_proxy)
            shown.append(carrier.tls.getpeercert())
        Peer(carrier).take(b"\r\n\r\n")
        carrier.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        wrapped: Any = Within(carrier, world.upstream.context)
        world.upstream.seen.append(wrapped.tls.getpeercert()["serialNumber"])
        inner = Peer(wrapped)
        while True:
            inner.message()
            inner.send(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsecured")

    with raw_upstream(script) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin.replace("http://127.0.0.1", f"{scheme}://localhost"))
        monkeypatch.setenv("no_proxy", "")
        with gateway("https://localhost", **world.options()) as served:
            assert [call(served) for _ in range(2)] == [(200, b"secured")] * 2
    assert [int(str(one), 16) for one in world.upstream.seen] == [serial_of(mine)]
    assert not any(shown)


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("clean", [True, False])
def test_reply_that_ends_with_the_connection(world, authority, clean):
    """Whole is what ends with TLS' own farewell; a bare end may be anybody's doing (RFC 9112, 9.8), and cuts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def script(peer: Peer) -> None:
        with context.wrap_socket(peer.socket, server_side=True) as secured:
            Peer(secured).message()
            secured.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
            if clean:
                secured.unwrap()

    with (
        raw_upstream(script) as upstream,
        gateway(https(upstream.origin), upstream_ca=str(world.roots)) as served,
        calling(served) as peer,
    ):
        peer.send(get("/x", "Connection: close"))
        assert peer.rest().endswith(b"0\r\n\r\n") is clean


def test_both_sides_at_once(world, authority, tmp_path):
    """A gateway with TLS on both sides keeps the two apart."""
    world.mount.turn_to(world.clients.issue_cert("gateway"))
    cert = tmp_path / "listener.pem"
    cert.write_bytes(b"".join(pems(authority.issue_cert("127.0.0.1"))))
    with (
        raw_upstream(world.upstream) as upstream,
        gateway(https(upstream.origin), **world.options(tls_cert=str(cert))) as served,
    ):
        assert Caller(authority).ask(served) == 200
        assert [one.side for one in served.certificates.watched if one.expires] == ["listener", "upstream"]
