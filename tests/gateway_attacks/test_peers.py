"""Row 14: one peer can't take what is there for all, and idle connections go first."""

import contextlib
from typing import Any

import pytest

from tests.gateway_attacks.crowds import (
    OTHER,
    ask_from,
    busy,
    calling_from,
    connect,
    count_ended,
    crowd,
    ended,
    gets_in,
    holding,
    rest_of,
)
from tests.peers.raw import until
from tests.peers.served import At, ask, gateway, get, status_of

PATIENT: dict[str, Any] = {"header_timeout": 60.0, "keepalive_timeout": 60.0}
ME = "127.0.0.1"
IDLE = {"never asked": b"", "within a head": b"GET /x HTTP/1.1\r\nHos", "asked once": get("/x")}


@pytest.mark.parametrize("kind", IDLE)
def test_idle_connections_make_room(kind):
    """All connections are one peer's and idle: another peer is served, on a connection that it keeps."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 20, "max_peer_connections": 20}
    with (
        holding() as upstream,
        gateway(upstream.origin, **options) as served,
        crowd(served, 20, sending=IDLE[kind]) as idle,
    ):
        if kind == "asked once":
            for peer in idle:
                peer.message()
        with calling_from(ME, served) as peer:
            for _ in range(3):
                peer.send(get("/mine"))
                assert peer.message()[1] == b"/mine"
            until(lambda: count_ended(idle) >= 1, "room for the newcomer")
            assert count_ended(idle) < 20


def test_the_longest_idle_goes_first():
    """Room is made by the connection that has been idle the longest."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 4, "max_peer_connections": 4}
    with holding() as upstream, gateway(upstream.origin, **options) as served, crowd(served, 4) as idle:
        for peer in (idle[1], idle[0], idle[3], idle[2]):  # each answer before the next request
            peer.send(get("/x"))
            peer.message()
        with calling_from(ME, served) as peer:
            peer.send(get("/mine"))
            assert peer.message()[1] == b"/mine"
            until(lambda: ended(idle[1]), "the end of the longest idle one")
            idle[2].send(get("/again"))
            assert idle[2].message()[1] == b"/again"


def test_thousands_of_idle_connections():
    """More connections than the kernel queues for us: another peer is served all the time."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 50}
    with holding() as upstream, gateway(upstream.origin, **options) as served, contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(crowd(served, 50))
            assert ask_from(ME, served, get("/mine"))[1] == b"/mine"
            assert status_of(ask(At(served.admin_url or ""), get("/livez"))[0]) == 200


def test_calls_in_flight_are_not_cut_for_newcomers():
    """Where no connection is idle a newcomer is told that the gateway is busy; all in flight are answered."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 4, "max_peer_connections": 4, "max_requests": 100}
    with (
        holding() as upstream,
        gateway(upstream.origin, **options) as served,
        crowd(served, 4, sending=get("/hold")) as working,
    ):
        until(lambda: len(upstream.held) == 4, "four in flight")
        assert busy(*ask_from(ME, served, get("/mine")))
        upstream.go_on.set()
        assert [peer.message()[1] for peer in working] == [b"/hold"] * 4
        assert ask_from(ME, served, get("/mine"))[1] == b"/mine"


def test_connections_of_one_peer():
    """Beyond ``max_peer_connections`` a peer is told that it is busy, or cut; others, and its first ones, are not."""
    with (
        holding() as upstream,
        gateway(upstream.origin, **PATIENT, max_peer_connections=2) as served,
        crowd(served, 2, sending=get("/hold")) as working,
    ):
        until(lambda: len(upstream.held) == 2, "two in flight")
        with calling_from(OTHER, served) as third:
            with contextlib.suppress(OSError):
                third.send(get("/x"))
            said = rest_of(third)
            assert not said or status_of(said) == 503
        assert ask_from(ME, served, get("/mine"))[1] == b"/mine"
        upstream.go_on.set()
        assert [peer.message()[1] for peer in working] == [b"/hold"] * 2


def test_idle_connections_of_one_peer():
    """A peer keeps no more idle connections than it may have at all, and may still call."""
    with holding() as upstream, gateway(upstream.origin, **PATIENT, max_peer_connections=4) as served:
        with crowd(served, 20) as idle:
            until(lambda: count_ended(idle) >= 16, "the end of those beyond the limit")
            assert ask_from(ME, served, get("/mine"))[1] == b"/mine"
        gets_in(OTHER, served, get("/mine"), b"/mine")


def test_requests_of_one_peer():
    """Beyond ``max_peer_requests`` a peer is told that it is busy, and comes in again afterwards; others are served."""
    with holding() as upstream, gateway(upstream.origin, max_peer_requests=2) as served:
        with crowd(served, 2, sending=get("/hold")) as working:
            until(lambda: len(upstream.held) == 2, "two in flight")
            with calling_from(OTHER, served) as third:
                third.send(get("/x"))
                assert busy(*third.message())
            assert ask_from(ME, served, get("/mine"))[1] == b"/mine"
            upstream.go_on.set()
            assert [peer.message()[1] for peer in working] == [b"/hold"] * 2
        gets_in(OTHER, served, get("/mine"), b"/mine")
        assert len(upstream.arrivals.heads) == 4


def test_share_of_requests_without_an_option():
    """A peer has three quarters of ``max_requests`` when nothing else is said."""
    with (
        holding() as upstream,
        gateway(upstream.origin, max_requests=8) as served,
        crowd(served, 6, sending=get("/hold")),
    ):
        until(lambda: len(upstream.held) == 6, "six in flight")
        assert busy(*ask_from(OTHER, served, get("/x")))
        assert ask_from(ME, served, get("/mine"))[1] == b"/mine"


def test_share_of_connections_without_an_option():
    """A peer has three quarters of ``max_connections`` when nothing else is said."""
    with (
        holding() as upstream,
        gateway(upstream.origin, **PATIENT, max_connections=8) as served,
        crowd(served, 6, sending=get("/hold")),
    ):
        until(lambda: len(upstream.held) == 6, "six in flight")
        with calling_from(OTHER, served) as seventh:
            with contextlib.suppress(OSError):
                seventh.send(get("/x"))
            said = rest_of(seventh)
            assert not said or status_of(said) == 503
        assert ask_from(ME, served, get("/mine"))[1] == b"/mine"


def test_peers_are_forgotten():
    """A peer that was at its limit and left starts anew, again and again."""
    with holding() as upstream, gateway(upstream.origin, max_peer_requests=1) as served:
        for number in range(20):
            peer = connect(served, OTHER)
            peer.send(get("/hold"))
            until(lambda: len(upstream.held) == number + 1, "a call in flight")  # noqa: B023 - it is asked here
            assert busy(*ask_from(OTHER, served, get("/x")))
            peer.reset()
            until(lambda: not busy(*ask_from(OTHER, served, get("/x"))), "room for the same peer")


def test_admin_has_limits_of_its_own():
    """Idle sockets on the operator's listener don't keep probes from being answered, nor calls."""
    with holding() as upstream, gateway(upstream.origin, **PATIENT, max_connections=20) as served:
        admin = At(served.admin_url or "")
        with crowd(admin, 300):
            for source in (ME, OTHER):
                assert status_of(ask_from(source, admin, get("/livez"))[0]) == 200
            assert ask_from(ME, served, get("/mine"))[1] == b"/mine"


def test_admin_answers_while_all_places_are_taken():
    """Calls and connections at their limits are nothing to probes and metrics."""
    options: dict[str, Any] = {
        **PATIENT,
        "max_requests": 4,
        "max_peer_requests": 4,
        "max_connections": 4,
        "max_peer_connections": 4,
    }
    with (
        holding() as upstream,
        gateway(upstream.origin, **options) as served,
        crowd(served, 4, sending=get("/hold")),
    ):
        until(lambda: len(upstream.held) == 4, "four in flight")
        for target in ("/livez", "/readyz", "/metrics"):
            assert status_of(ask(At(served.admin_url or ""), get(target))[0]) == 200
