"""X-Forwarded-For: believed from trusted proxies alone; whom it names is tried in ``gateway_http1/test_peers.py``."""

from typing import Any

from tests.gateway_attacks.crowds import OTHER, busy, gets_in, holding
from tests.gateway_http1.test_peers import ALICE, BOB, TRUSTED, tcp
from tests.peers.raw import until
from tests.peers.served import ask, calling, gateway, get

STRANGER = "127.0.0.100"
"""A peer that is none of the proxies."""


def forwarded(who: str) -> str:
    """Return the field as a proxy adds it to what its caller made up."""
    return f"X-Forwarded-For: {BOB}, {who}"


def test_each_request_of_a_connection_has_its_peer():
    """A proxy sends many callers' requests over one connection: each is counted for its own caller."""
    with (
        holding() as upstream,
        gateway(upstream.origin, trusted_proxies=TRUSTED, peer_requests=1) as served,
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
        holding() as upstream,
        gateway(upstream.origin, peer_requests=1) as served,
        calling(served, STRANGER) as peer,
    ):
        peer.send(get("/hold", forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask(served, get("/x", forwarded(BOB)), STRANGER))
        gets_in("127.0.0.1", served, get("/x", forwarded(ALICE)), b"/x")


def test_connections_of_a_proxy_are_not_a_peers():
    """A trusted proxy needs as many connections as it has callers: no share of them limits it."""
    options: dict[str, Any] = {"trusted_proxies": TRUSTED, "peer_connections": 2, "max_connections": 50}
    with (
        holding() as upstream,
        gateway(upstream.origin, **options) as served,
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
    options: dict[str, Any] = {"proxy_protocol": True, "trusted_proxies": TRUSTED, "peer_requests": 1}
    with (
        holding() as upstream,
        gateway(upstream.origin, **options) as served,
        calling(served) as peer,
    ):
        peer.send(tcp("10.1.2.3") + get("/hold", forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask(served, tcp("10.9.9.9") + get("/x", forwarded(ALICE))))
        gets_in("127.0.0.1", served, tcp("10.1.2.3") + get("/x", forwarded(BOB)), b"/x")
        gets_in("127.0.0.1", served, tcp(BOB) + get("/x", forwarded(ALICE)), b"/x")


def test_field_stays_here():
    """It is no business of upstream's, believed or not."""
    with holding() as upstream, gateway(upstream.origin, trusted_proxies=TRUSTED) as served:
        ask(served, get("/x", forwarded(ALICE)))
        assert b"203.0.113" not in upstream.arrivals.heads[0]
