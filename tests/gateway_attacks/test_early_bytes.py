"""Row 3: content that stops moving is ended after ``body_timeout``, however much of it came early."""

import contextlib
import threading

import pytest

from tests.gateway_attacks.crowds import ask_from, busy, connect, count_ended, ended
from tests.gateway_hostile.rows import RESTORES, post
from tests.peers.raw import Peer, raw_upstream, reply, replying, until
from tests.peers.served import calling, gateway, get, status_of

EARLY = 60_000
"""Bytes that are sent at once; at 256 a second they would buy four minutes. A retired call may have as many."""

MORE = EARLY + 4000
CHUNK = b"%x\r\n%b\r\n" % (EARLY, b"a" * EARLY)
KINDS = {
    "length": post(f"Content-Length: {MORE}", content=b"a" * EARLY),
    "16 MiB of a length": post(f"Content-Length: {(16 << 20) + 1}", content=bytes(16 << 20)),
    "chunks": post("Transfer-Encoding: chunked", content=CHUNK),
    "within a chunk": post("Transfer-Encoding: chunked", content=b"%x\r\n%b" % (MORE, b"a" * EARLY)),
    "within a chunk's size": post("Transfer-Encoding: chunked", content=CHUNK + b"ff"),
    "within the trailers": post("Transfer-Encoding: chunked", content=CHUNK + b"0\r\nX: a"),
    "length, retired": post(f"Content-Length: {MORE}", content=b"a" * EARLY, target=RESTORES),
    "chunks, retired": post("Transfer-Encoding: chunked", content=CHUNK, target=RESTORES),
}


@pytest.mark.parametrize("kind", KINDS)
def test_early_bytes_buy_no_time(kind):
    """Much at once and then silence is 408 and the end of the connection."""
    with replying(reply()) as upstream, gateway(upstream.origin, body_timeout=1.0) as served, calling(served) as peer:
        peer.send(KINDS[kind])
        assert status_of(peer.message()[0]) == 408
        assert not peer.rest()


@pytest.mark.parametrize("kind", ["length", "within a chunk", "length, retired"])
def test_early_bytes_buy_no_slow_ones(kind):
    """Much at once and then fewer than 256 bytes a second ends the same way."""
    with replying(reply()) as upstream, gateway(upstream.origin, body_timeout=1.0) as served, calling(served) as peer:
        peer.send(KINDS[kind])

        def dripped() -> bool:  # asked at most 200 times a second
            with contextlib.suppress(OSError):
                peer.send(b"a")
            return ended(peer)

        until(dripped, "the end of a connection that drips")
        # A byte that crosses the answer may turn the end into a reset.
        assert not peer.seen or status_of(peer.seen) == 408


def test_content_that_moves_on_after_a_burst():
    """Early bytes are no fault either: what goes on at a fair rate may take longer than ``body_timeout``."""
    pieces = 25
    with replying(reply()) as upstream, gateway(upstream.origin, body_timeout=1.0) as served, calling(served) as peer:
        peer.send(post(f"Content-Length: {EARLY + pieces * 1000}", content=b"a" * EARLY))
        for _ in range(pieces):
            threading.Event().wait(0.1)
            peer.send(b"a" * 1000)
        assert status_of(peer.message()[0]) == 200
        assert len(upstream.contents[0]) == EARLY + pieces * 1000


@pytest.mark.parametrize("kind", ["length", "chunks", "length, retired"])
def test_stalled_callers_free_their_places(kind):
    """Twenty callers that take all twenty places lose them, and everybody else is served again."""
    with replying(reply()) as upstream, gateway(upstream.origin, body_timeout=2.0, max_requests=20) as served:
        crowd = [connect(served, f"127.0.0.{number}") for number in range(2, 22)]
        try:
            for peer in crowd:
                peer.send(KINDS[kind])
            until(lambda: busy(*ask_from("127.0.0.1", served, get("/other"))), "all places taken")
            until(lambda: status_of(ask_from("127.0.0.1", served, get("/other"))[0]) == 200, "a place")
            until(lambda: count_ended(crowd) == 20, "the end of the crowd")
            assert {status_of(peer.seen) for peer in crowd} == {408}
        finally:
            for peer in crowd:
                peer.close()


def test_upstream_is_left_with_its_caller():
    """The upstream call of a stalled upload is cut, so that it isn't taken for whole."""
    left = threading.Event()
    tail: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        tail.append(peer.rest())
        left.set()

    with raw_upstream(script) as upstream, gateway(upstream.origin, body_timeout=1.0) as served:
        with calling(served) as peer:
            peer.send(KINDS["chunks"])
            assert status_of(peer.message()[0]) == 408
        assert left.wait(10)
        assert not tail[0].endswith(b"0\r\n\r\n")
