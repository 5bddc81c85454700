"""One address can't use up the shared capacity, and idle connections are closed first."""

import contextlib
from typing import Any

import pytest

from tests.hostile.crowds import (
    OTHER,
    behind,
    busy,
    count_ended,
    crowd,
    ended,
    gets_in,
)
from tests.peers.raw import PATIENCE, Held, raw_upstream, until
from tests.peers.served import ask, calling, connect, gateway, get, value_of

PATIENT: dict[str, Any] = {"client_timeout": 60.0, "keepalive_timeout": 60.0}
ME = "127.0.0.1"
IDLE = {
    "never asked": b"",
    "within a head": b"GET /x HTTP/1.1\r\nHos",
    "asked once": get("/x"),
}


@pytest.mark.parametrize("kind", IDLE)
def test_idle_connections_make_room(kind):
    """If one peer has all connections and they are idle, another peer is served, on a persistent connection."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 20, "peer_connections": 20}
    with (
        behind(**options) as (_, served),
        crowd(served, 20, sending=IDLE[kind]) as idle,
    ):
        if kind == "asked once":
            for peer in idle:
                peer.message()
        with calling(served, ME) as peer:
            for _ in range(3):
                peer.send(get("/mine"))
                assert peer.message()[1] == b"/mine"
            until(lambda: count_ended(idle) >= 1, "room for the newcomer")
            assert count_ended(idle) < 20


def test_the_longest_idle_connection_closes_first():
    """It makes room for a new one."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 4, "peer_connections": 4}
    with behind(**options) as (_, served), crowd(served, 4) as idle:
        # Read each reply before the next request.
        for peer in (
            idle[1],
            idle[0],
            idle[3],
            idle[2],
        ):
            peer.send(get("/x"))
            peer.message()
        with calling(served, ME) as peer:
            peer.send(get("/mine"))
            assert peer.message()[1] == b"/mine"
            until(lambda: ended(idle[1]), "the end of the longest idle one")
            idle[2].send(get("/again"))
            assert idle[2].message()[1] == b"/again"


def test_the_peer_with_most_connections_makes_room():
    """A peer with one connection keeps it, however long it has been idle."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 6, "peer_connections": 6}
    with (
        behind(**options) as (_, served),
        crowd(served, 1, "127.0.0.3") as few,
        crowd(served, 5) as many,
    ):
        assert ask(served, get("/mine"), ME)[1] == b"/mine"
        until(lambda: count_ended(many) == 1, "the end of one of many")
        assert not ended(few[0])


def test_idle_connections_of_one_peer_are_limited():
    """A peer keeps its share; as many more of a burst wait for a 503. It can still make calls."""
    with behind(**PATIENT, peer_connections=4) as (_, served):
        with crowd(served, 20) as idle:
            until(
                lambda: count_ended(idle) >= 12,
                "the end of those beyond the limit, and as many again",
            )
            assert ask(served, get("/mine"), ME)[1] == b"/mine"
        gets_in(OTHER, served, get("/mine"), b"/mine")


def test_a_peer_that_left_can_return():
    """Its count starts at zero again, however often it reaches its limit."""
    with behind(peer_requests=1) as (upstream, served):
        for number in range(20):
            peer = connect(served, OTHER)
            peer.send(get("/hold"))
            until(lambda: len(upstream.held) == number + 1, "a call in flight")  # noqa: B023 - it is asked here
            assert busy(*ask(served, get("/x"), OTHER))
            peer.reset()
            until(
                lambda: not busy(*ask(served, get("/x"), OTHER)),
                "room for the same peer",
            )


def test_the_default_limit_of_a_peer_is_three_quarters():
    """That applies to requests and connections, and is at least one."""
    for connections, expected in ((16, (8, 6, 12)), (1, (1, 1, 1))):
        with behind(max_connections=connections) as (_, served):
            limits = served.limits
            of_peer = served.metrics.server.most_of_peer
            assert (limits.most, limits.most_of_peer, of_peer) == expected


def test_connections_beyond_the_limit_get_503():
    """The reply has Retry-After, if no connection is idle. Calls in progress are finished."""
    options: dict[str, Any] = {
        **PATIENT,
        "max_connections": 2,
        "peer_connections": 2,
        "max_requests": 2,
    }
    with behind(**options) as (upstream, served):
        with crowd(served, 2, sending=get("/hold")) as working:
            until(lambda: len(upstream.held) == 2, "two in flight")
            with calling(served, ME) as third:
                third.send(get("/x"))
                head, content = third.message()
                assert busy(head, content)
                assert (value_of(head, "Proxy-Status") or "").startswith(
                    "atlas-shim; error=connection_limit_reached"
                )
                assert not third.rest()
            upstream.go_on.set()
            assert [peer.message()[1] for peer in working] == [b"/hold"] * 2
        gets_in(ME, served, get("/mine"), b"/mine")


def test_connections_far_beyond_the_limit_are_dropped():
    """They get no reply and use no resources for long."""
    with (
        behind(max_connections=2, max_requests=2) as (upstream, served),
        contextlib.ExitStack() as stack,
    ):
        peers = [stack.enter_context(calling(served, ME)) for _ in range(2)]
        for peer in peers:
            peer.send(get("/hold"))
        until(lambda: len(upstream.held) == 2, "two in flight")
        for _ in range(6):
            # It is dropped before connecting has returned.
            with contextlib.suppress(ConnectionResetError):
                peers.append(stack.enter_context(calling(served, ME)))
        assert all(not peer.rest() for peer in peers[2:])
        upstream.go_on.set()
        assert [peer.message()[1] for peer in peers[:2]] == [b"/hold"] * 2


@pytest.mark.parametrize(("options", "sources", "next_one"), [
    ({"peer_requests": 2}, (OTHER, OTHER), OTHER), ({"max_requests": 2}, (ME, OTHER), "127.0.0.3"),
])  # fmt: skip
def test_requests_beyond_a_limit_get_503(options, sources, next_one):
    """The limit is a peer's or the total. They aren't sent upstream, and succeed later; other calls aren't affected."""
    with behind(**options) as (upstream, served), contextlib.ExitStack() as stack:
        working = [stack.enter_context(calling(served, source)) for source in sources]
        for peer in working:
            peer.send(get("/hold"))
        until(lambda: len(upstream.held) == 2, "two in flight")
        assert busy(*ask(served, get("/x"), next_one))
        assert "max_requests" in options or ask(served, get("/mine"), ME)[1] == b"/mine"
        upstream.go_on.set()
        assert [peer.message()[1] for peer in working] == [b"/hold"] * 2
        gets_in(next_one, served, get("/mine"), b"/mine")
        assert not any(b"/x" in head for head in upstream.arrivals.heads)


def test_a_disconnect_behind_unread_requests_is_noticed():
    """The gateway reads no more from such a caller, so it must watch for the end to free the slot and the call."""
    held = Held()
    with raw_upstream(held) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x") * 3000)
            assert held.arrived.wait(PATIENCE)
        until(lambda: not served.limits.count, "the end of its call")
        held.answer.set()
