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
"""The header of a connection that the balancer opens for its own checks."""


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
def test_an_invalid_header_closes_the_connection(site, start):
    """Nothing is sent upstream, and the next caller is served."""
    upstream, served = site
    upstream.arrivals.heads.clear()
    with calling(served) as peer:
        peer.send(start + get("/bad"))
        said = peer.rest()
        assert not said or status_of(said) == 400
    assert not upstream.arrivals.heads
    assert answered(served, V4)[1] == b"/x"


@pytest.mark.parametrize("size", [0, 20])
def test_a_missing_header_has_a_deadline(size):
    """Then the connection closes without a reply."""
    with (
        gateway(
            "http://127.0.0.1:1", proxy_protocol=True, client_timeout=0.5
        ) as served,
        calling(served) as peer,
    ):
        peer.send(V4[:size])
        assert not peer.rest()


def test_an_unexpected_header_is_a_bad_request():
    """Without the option the gateway treats it like other malformed input."""
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
def test_request_limits_apply_to_the_named_peer(start):
    """The proxy's own address doesn't count, and other peers have their own limits."""
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


def test_connection_limits_apply_to_the_named_peer():
    """A peer with too many connections loses idle ones; others lose none."""
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


def test_simultaneous_connections_are_counted():
    """A limit covers connections that arrive at once, and those that come while these are set up."""

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


def test_the_header_comes_before_tls(tmp_path):
    """It is not encrypted."""
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
    """Return the field as a proxy extends it, after a value that its caller invented."""
    return f"X-Forwarded-For: {BOB}, {who}"


def test_each_request_counts_for_its_own_caller():
    """A proxy sends many callers' requests over one connection."""
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


def test_an_untrusted_field_is_ignored():
    """Without a trusted proxy a caller can neither escape its limit nor use another peer's."""
    with (
        behind(peer_requests=1) as (upstream, served),
        calling(served, STRANGER) as peer,
    ):
        peer.send(get("/hold", forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask(served, get("/x", forwarded(BOB)), STRANGER))
        gets_in("127.0.0.1", served, get("/x", forwarded(ALICE)), b"/x")


def test_a_trusted_proxy_has_no_connection_share():
    """It needs as many connections as it has callers."""
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


def test_a_trusted_proxy_may_stand_behind_a_balancer():
    """If the PROXY header names a trusted proxy, its field applies."""
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
