"""TLS to upstream, directly and through a proxy, on either loop."""

import ssl
import sys
from typing import Any

import pytest
import trustme

from tests.peers.raw import Peer, raw_upstream, reply
from tests.peers.served import ask, calling, gateway, get
from tests.peers.within import Within


@pytest.fixture(params=["uvloop", "asyncio"], autouse=True)
def loop(request, monkeypatch):
    """Run the gateway on each of the loops."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    else:
        monkeypatch.setitem(sys.modules, "uvloop", None)


@pytest.fixture
def tls(monkeypatch, tmp_path):
    """The TLS side of an upstream called localhost, which the gateway trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_tunnel_carries_several_calls(tls, monkeypatch, scheme):
    """Calls to an https upstream go through a proxy's tunnel, one after the other through the same."""

    def script(peer: Peer) -> None:
        carrier: Any = peer.socket if scheme == "http" else Within(peer.socket, tls)
        Peer(carrier).take(b"\r\n\r\n")
        carrier.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        wrapped: Any = Within(carrier, tls)
        inner = Peer(wrapped)
        while True:
            inner.message()
            inner.send(reply(b"through"))

    with raw_upstream(script) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin.replace("http://127.0.0.1", f"{scheme}://localhost"))
        monkeypatch.setenv("no_proxy", "")
        with gateway("https://localhost") as served:
            assert [ask(served, get("/x"))[1] for _ in range(2)] == [b"through", b"through"]
        assert proxy.connections == 1


@pytest.mark.parametrize("clean", [True, False])
def test_reply_that_ends_with_the_connection(tls, clean):
    """Whole is what ends with TLS' own farewell; a bare end may be anybody's doing (RFC 9112, 9.8), and cuts it."""

    def script(peer: Peer) -> None:
        with tls.wrap_socket(peer.socket, server_side=True) as secured:
            Peer(secured).message()
            secured.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
            if clean:
                secured.unwrap()

    with raw_upstream(script) as upstream:
        origin = upstream.origin.replace("http://127.0.0.1", "https://localhost")
        with gateway(origin) as served, calling(served) as peer:
            peer.send(get("/x", "Connection: close"))
            assert peer.rest().endswith(b"0\r\n\r\n") is clean
