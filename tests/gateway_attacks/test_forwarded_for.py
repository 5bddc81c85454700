"""X-Forwarded-For: believed from trusted proxies alone, from its right end on; never without them."""

import ipaddress
from typing import Any

import pytest

from tests.gateway_attacks.crowds import OTHER, ask_from, busy, calling_from, gets_in, holding
from tests.gateway_attacks.test_proxy_protocol import tcp
from tests.peers.raw import until
from tests.peers.served import gateway, get

TRUSTED = (ipaddress.ip_network("127.0.0.0/28"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
ALICE, BOB = "203.0.113.5", "203.0.113.6"
STRANGER = "127.0.0.100"
"""A peer that is none of the proxies."""


def forwarded(*values: str) -> tuple[str, ...]:
    """Return the field as so many lines."""
    return tuple(f"X-Forwarded-For: {value}" for value in values)


ALICES = {
    "alone": forwarded(ALICE),
    "behind what she made up": forwarded(f"{BOB}, {ALICE}"),
    "behind much that she made up": forwarded(", ".join([BOB] * 50 + [ALICE])),
    "before a proxy": forwarded(f"{ALICE}, 10.1.2.3"),
    "before two proxies": forwarded(f"{BOB}, {ALICE}, 10.1.2.3, fd00::1"),
    "in two lines": forwarded(BOB, ALICE),
    "in two lines, the second a proxy's": forwarded(f"{BOB}, {ALICE}", "10.1.2.3"),
    "without spaces": forwarded(f"{BOB},{ALICE}"),
    "with empty elements": forwarded(f"{BOB}, , {ALICE},"),
    "in lower case": (f"x-forwarded-for: {ALICE}",),
    "within IPv6": forwarded(f"::ffff:{ALICE}"),
    "behind junk": forwarded(f"junk, {ALICE}"),
}
BOBS = {
    "alone": forwarded(BOB),
    "behind what he made up": forwarded(f"{ALICE}, {BOB}"),
    "before a proxy": forwarded(f"{ALICE}, {BOB}, 127.0.0.1"),
    "in two lines": forwarded(ALICE, BOB),
    "an IPv6 address": forwarded("2001:db8::7"),
}
NOBODYS = {
    "none": (),
    "empty": forwarded(""),
    "junk": forwarded("junk"),
    "junk at the right end": forwarded(f"{ALICE}, junk"),
    "a name": forwarded("localhost"),
    "proxies alone": forwarded("127.0.0.1, 10.1.2.3"),
    "another field": (f"X-Real-IP: {ALICE}", f"Forwarded: for={ALICE}"),
}


@pytest.fixture(scope="module")
def held():
    """A gateway that trusts proxies, with a call of alice's in flight, which is as many as anybody may have."""
    with (
        holding() as upstream,
        gateway(upstream.origin, trusted_proxies=TRUSTED, max_peer_requests=1) as served,
        calling_from("127.0.0.1", served) as peer,
    ):
        peer.send(get("/hold", *forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        yield served


@pytest.mark.parametrize("proxy", ["127.0.0.1", OTHER])
@pytest.mark.parametrize("name", ALICES)
def test_the_right_most_that_is_no_proxy_counts(held, name, proxy):
    """However alice spells it, and whichever proxy she comes through, she is at her limit."""
    assert busy(*ask_from(proxy, held, get("/x", *ALICES[name])))


@pytest.mark.parametrize("name", BOBS)
def test_somebody_else_is_somebody_else(held, name):
    """Others have their own limits, though they come through the same proxy, and name alice."""
    gets_in("127.0.0.1", held, get("/x", *BOBS[name]), b"/x")


@pytest.mark.parametrize("name", NOBODYS)
def test_nobody_is_named(held, name):
    """Where no address is named the proxy itself is the peer."""
    gets_in("127.0.0.1", held, get("/x", *NOBODYS[name]), b"/x")


@pytest.mark.parametrize("name", NOBODYS)
def test_nobody_has_a_limit_as_well(name):
    """Calls that name nobody count as the proxy's own."""
    with (
        holding() as upstream,
        gateway(upstream.origin, trusted_proxies=TRUSTED, max_peer_requests=1) as served,
        calling_from("127.0.0.1", served) as peer,
    ):
        peer.send(get("/hold"))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask_from("127.0.0.1", served, get("/x", *NOBODYS[name])))


def test_a_stranger_is_not_believed(held):
    """Whoever is no proxy is who it is: it neither gets alice's limit, nor escapes its own."""
    gets_in(STRANGER, held, get("/x", *forwarded(ALICE)), b"/x")


@pytest.mark.parametrize("trusted", [(), TRUSTED[1:]], ids=["no proxies", "other proxies"])
def test_field_is_not_believed(trusted):
    """Without a proxy that is trusted the field means nothing."""
    options: dict[str, Any] = {"trusted_proxies": trusted} if trusted else {}
    with (
        holding() as upstream,
        gateway(upstream.origin, max_peer_requests=1, **options) as served,
        calling_from(STRANGER, served) as peer,
    ):
        peer.send(get("/hold", *forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask_from(STRANGER, served, get("/x", *forwarded(BOB))))
        gets_in("127.0.0.1", served, get("/x", *forwarded(ALICE)), b"/x")


def test_each_request_of_a_connection_has_its_peer():
    """A proxy sends many callers' requests over one connection: each is counted for its own caller."""
    with (
        holding() as upstream,
        gateway(upstream.origin, trusted_proxies=TRUSTED, max_peer_requests=1) as served,
        calling_from("127.0.0.1", served) as first,
        calling_from("127.0.0.1", served) as second,
    ):
        for who in (ALICE, BOB, ALICE):
            first.send(get("/x", *forwarded(who)))
            assert first.message()[1] == b"/x"
        first.send(get("/hold", *forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        second.send(get("/x", *forwarded(BOB)))
        assert second.message()[1] == b"/x"
        second.send(get("/x", *forwarded(ALICE)))
        assert busy(*second.message())


def test_connections_of_a_proxy_are_not_a_peers():
    """A trusted proxy needs as many connections as it has callers: no share of them limits it."""
    options: dict[str, Any] = {"trusted_proxies": TRUSTED, "max_peer_connections": 2, "max_connections": 50}
    with (
        holding() as upstream,
        gateway(upstream.origin, **options) as served,
        calling_from(OTHER, served) as a,
        calling_from(OTHER, served) as b,
        calling_from(OTHER, served) as c,
    ):
        for number, peer in enumerate((a, b, c)):
            peer.send(get("/hold", *forwarded(f"203.0.113.{number}")))
        until(lambda: len(upstream.held) == 3, "three in flight")
        upstream.go_on.set()
        assert [peer.message()[1] for peer in (a, b, c)] == [b"/hold"] * 3


def test_proxy_behind_a_balancer():
    """The peer that a PROXY header names may be a trusted proxy, and then the field counts."""
    options: dict[str, Any] = {"proxy_protocol": True, "trusted_proxies": TRUSTED, "max_peer_requests": 1}
    with (
        holding() as upstream,
        gateway(upstream.origin, **options) as served,
        calling_from("127.0.0.1", served) as peer,
    ):
        peer.send(tcp("10.1.2.3") + get("/hold", *forwarded(ALICE)))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*ask_from("127.0.0.1", served, tcp("10.9.9.9") + get("/x", *forwarded(ALICE))))
        gets_in("127.0.0.1", served, tcp("10.1.2.3") + get("/x", *forwarded(BOB)), b"/x")
        gets_in("127.0.0.1", served, tcp(BOB) + get("/x", *forwarded(ALICE)), b"/x")


def test_field_stays_here():
    """It is no business of upstream's, believed or not."""
    with holding() as upstream, gateway(upstream.origin, trusted_proxies=TRUSTED) as served:
        ask_from("127.0.0.1", served, get("/x", *forwarded(ALICE)))
        assert b"203.0.113" not in upstream.arrivals.heads[0]
