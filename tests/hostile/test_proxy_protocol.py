"""The caller's address from trusted proxies: PROXY protocol v2, and X-Forwarded-For."""

import asyncio
from typing import Any

import pytest

from shim.gateway.options import Options
from shim.gateway.run import loop_factory
from shim.gateway.server import Gateway
from tests.gateway.http1.test_peers import (
    ALICE,
    BOB,
    LOCAL,
    TCP4,
    TRUSTED,
    V4,
    V6,
    header,
    tcp,
)
from tests.gateway.tls.worlds import certified
from tests.hostile.crowds import (
    OTHER,
    behind,
    busy,
    count_ended,
    crowd,
    gets_in,
)
from tests.peers.raw import Peer, replying, until
from tests.peers.raw import reply as whole
from tests.peers.served import LOOPBACK, ask, calling, connect, gateway, get, status_of

OWN = header(LOCAL, TCP4, bytes(12))
"""The header of a connection that the balancer makes for itself."""


@pytest.fixture(scope="module")
def site():
    """One gateway behind a proxy."""
    with behind(proxy_protocol=True) as (upstream, served):
        yield upstream, served


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 50000 443\r\n",
        header(0x22, TCP4, V4[16:]),
        V4 + V4,
    ],
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
def test_header_that_does_not_come(size):
    """It has a deadline, after which the connection ends without a word."""
    with (
        gateway(
            "http://127.0.0.1:1", proxy_protocol=True, client_timeout=0.5
        ) as served,
        calling(served) as peer,
    ):
        peer.send(V4[:size])
        assert not peer.rest()


def test_header_that_nobody_expects():
    """Without the option it is a bad request like any other."""
    with behind() as (upstream, served), calling(served) as peer:
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
    with behind(proxy_protocol=True, peer_requests=1) as (upstream, served):
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
    options: dict[str, Any] = {
        "keepalive_timeout": 60.0,
        "client_timeout": 60.0,
        "peer_connections": 2,
    }
    with (
        behind(proxy_protocol=True, **options) as (_, served),
        crowd(served, 10, sending=V4) as many,
        crowd(served, 2, sending=V6) as few,
    ):
        until(lambda: count_ended(many) >= 8, "the end of those beyond the limit")
        assert answered(served, tcp("203.0.113.9"))[1] == b"/x"
        assert count_ended(few) == 0


def test_those_that_come_together_are_counted_like_others():
    """A limit holds for connections that arrive at once, and for those that come while these are set up."""

    async def come() -> None:
        options: dict[str, Any] = {
            "listen": LOOPBACK,
            "admin": None,
            "upstream": "http://127.0.0.1:9",
            "proxy_protocol": True,
            "drain": 0.0,
        }
        served = Gateway(Options(**options))
        await served.start()
        served.metrics.server.most_of_peer = 2
        with crowd(
            served, 5, sending=V4
        ) as first:  # the loop turns only when all of them have come
            await asyncio.sleep(0)
            with crowd(served, 5, sending=V4) as second:
                await asyncio.to_thread(
                    until,
                    lambda: count_ended(first + second) >= 8,
                    "the end of all but two",
                )
        await served.stop()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(come())


def test_header_before_tls(tmp_path):
    """The header comes before the handshake, and is not encrypted."""
    certificate = certified(tmp_path)
    with (
        replying(whole()) as upstream,
        gateway(upstream.origin, proxy_protocol=True, **certificate.options) as served,
    ):
        plain = connect(served)
        plain.send(V4)
        peer: Peer = certificate.wrapped(plain)
        for _ in range(2):
            peer.send(get("/x"))
            assert status_of(peer.message()[0]) == 200
        peer.close()


STRANGER = "127.0.0.100"
"""A peer that is not a proxy."""


def forwarded(who: str) -> str:
    """Return the field as a proxy adds it to what its caller made up."""
    return f"X-Forwarded-For: {BOB}, {who}"


def test_each_request_of_a_connection_has_its_peer():
    """A proxy sends many callers' requests over one connection: each is counted for its own caller."""
    with (
        behind(trusted_proxies=TRUSTED, peer_requests=1) as (upstream, served),
        calling(served) as first,
        calling(served, OTHER) as second,
    ):
        for who in (ALICE, BOB, ALICE):
            first.send(get("/x", forwarded(who)))
            assert first.message()[1] == b"/x"
        first.send(get("/hold", forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        second.send(get("/x", forwarded(BOB)))
        assert second.message()[1] == b"/x"
        second.send(get("/x", forwarded(ALICE)))
        assert busy(*second.message())
        gets_in(STRANGER, served, get("/x", forwarded(ALICE)), b"/x")


def test_field_is_not_believed():
    """Without a proxy that is trusted nobody escapes the own limit by it, and nobody gets another's."""
    with (
        behind(peer_requests=1) as (upstream, served),
        calling(served, STRANGER) as peer,
    ):
        peer.send(get("/hold", forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask(served, get("/x", forwarded(BOB)), STRANGER))
        gets_in("127.0.0.1", served, get("/x", forwarded(ALICE)), b"/x")


def test_connections_of_a_proxy_are_not_a_peers():
    """A trusted proxy needs as many connections as it has callers: no share of them limits it."""
    options: dict[str, Any] = {
        "trusted_proxies": TRUSTED,
        "peer_connections": 2,
        "max_connections": 50,
    }
    with (
        behind(**options) as (upstream, served),
        calling(served, OTHER) as a,
        calling(served, OTHER) as b,
        calling(served, OTHER) as c,
    ):
        for number, peer in enumerate((a, b, c)):
            peer.send(get("/hold", forwarded(f"203.0.113.{number}")))
        until(lambda: len(upstream.held) == 3, "three in flight")
        upstream.go_on.set()
        assert [peer.message()[1] for peer in (a, b, c)] == [b"/hold"] * 3


def test_proxy_behind_a_balancer():
    """The peer that a PROXY header names may be a trusted proxy, and then the field counts."""
    options: dict[str, Any] = {
        "proxy_protocol": True,
        "trusted_proxies": TRUSTED,
        "peer_requests": 1,
    }
    with behind(**options) as (upstream, served), calling(served) as peer:
        peer.send(tcp("10.1.2.3") + get("/hold", forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask(served, tcp("10.9.9.9") + get("/x", forwarded(ALICE))))
        gets_in("127.0.0.1", served, tcp("10.1.2.3") + get("/x", forwarded(BOB)), b"/x")
        gets_in("127.0.0.1", served, tcp(BOB) + get("/x", forwarded(ALICE)), b"/x")
