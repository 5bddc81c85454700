"""PROXY protocol v2: whoever stands before the gateway says who calls, in a header that every connection begins with.

What a header is, and whom it names, is tried in ``gateway_http1/test_peers.py``.
"""

from typing import Any

import pytest

from tests.gateway_attacks.crowds import busy, count_ended, crowd, gets_in, holding
from tests.gateway_http1.test_peers import LOCAL, TCP4, V4, V6, header, tcp
from tests.gateway_tls.worlds import certified
from tests.peers.raw import Peer, replying, until
from tests.peers.raw import reply as whole
from tests.peers.served import calling, connect, gateway, get, status_of

OWN = header(LOCAL, TCP4, bytes(12))
"""The header of a connection that the balancer makes for itself."""


@pytest.fixture(scope="module")
def site():
    """One gateway behind a proxy."""
    with holding() as upstream, gateway(upstream.origin, proxy_protocol=True, client_timeout=1.0) as served:
        yield upstream, served


@pytest.mark.parametrize("size", [1, 20, 1000])
@pytest.mark.parametrize("start", [V4, V6, OWN], ids=["IPv4", "IPv6", "LOCAL"])
def test_header_and_requests(site, start, size):
    """Behind the header the connection is like any other, wherever segments end."""
    data = start + get("/x")
    with calling(site[1]) as peer:
        for place in range(0, len(data), size):
            peer.send(data[place : place + size])
        assert peer.message()[1] == b"/x"
        peer.send(get("/y"))
        assert peer.message()[1] == b"/y"


@pytest.mark.parametrize(
    "start", [b"", b"PROXY TCP4 203.0.113.7 192.0.2.1 50000 443\r\n", header(0x22, TCP4, V4[16:]), V4 + V4]
)
def test_header_that_is_none(site, start):
    """The connection ends; upstream hears of nothing, and the next caller is served."""
    upstream, served = site
    upstream.arrivals.heads.clear()
    with calling(served) as peer:
        peer.send(start + get("/bad"))
        said = peer.rest()
        assert not said or status_of(said) == 400
    assert not upstream.arrivals.heads
    assert answered(served, V4)[1] == b"/x"


@pytest.mark.parametrize("size", [0, 20])
def test_header_that_does_not_come(site, size):
    """It has a deadline, after which the connection ends without a word."""
    with calling(site[1]) as peer:
        peer.send(V4[:size])
        assert not peer.rest()


def test_header_that_nobody_expects():
    """Without the option it is a bad request like any other."""
    with holding() as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(V4 + get("/x"))
        assert status_of(peer.message()[0]) == 400
        assert not peer.rest()
        assert not upstream.arrivals.heads


def answered(served, start: bytes, source: str = "127.0.0.1") -> tuple[bytes, bytes]:
    with calling(served, source) as peer:
        peer.send(start + get("/x"))
        return peer.message()


@pytest.mark.parametrize("start", [V4, V6], ids=["IPv4", "IPv6"])
def test_limits_are_those_of_the_named_peer(start):
    """Who is named has its own limit, whoever stands before the gateway; others have theirs."""
    with holding() as upstream, gateway(upstream.origin, proxy_protocol=True, peer_requests=1) as served:
        with calling(served) as first:
            first.send(start + get("/hold"))
            until(lambda: upstream.held, "a call in flight")
            assert busy(*answered(served, start))
            assert busy(*answered(served, start, "127.0.0.9"))
            for other in ("203.0.113.8", "2001:db8:1::8"):
                assert answered(served, tcp(other))[1] == b"/x"
            upstream.go_on.set()
            assert first.message()[1] == b"/hold"
        gets_in("127.0.0.1", served, start + get("/x"), b"/x")


def test_connections_are_those_of_the_named_peer():
    """So are connections: one that is named too often loses idle ones, and nobody else does."""
    options: dict[str, Any] = {"keepalive_timeout": 60.0, "client_timeout": 60.0, "peer_connections": 2}
    with (
        holding() as upstream,
        gateway(upstream.origin, proxy_protocol=True, **options) as served,
        crowd(served, 10, sending=V4) as many,
        crowd(served, 2, sending=V6) as few,
    ):
        until(lambda: count_ended(many) >= 8, "the end of those beyond the limit")
        assert answered(served, tcp("203.0.113.9"))[1] == b"/x"
        assert count_ended(few) == 0


def test_header_before_tls(tmp_path):
    """The header comes before the handshake, and is not encrypted."""
    certificate = certified(tmp_path)
    with replying(whole()) as upstream, gateway(upstream.origin, proxy_protocol=True, **certificate.options) as served:
        plain = connect(served)
        plain.send(V4)
        peer: Peer = certificate.wrapped(plain)
        for _ in range(2):
            peer.send(get("/x"))
            assert status_of(peer.message()[0]) == 200
        peer.close()
