"""Request content: streamed, or translated."""

import json
import os
import resource
import threading

from tests.hostile.calls import CALLS
from tests.hostile.faults import CONTENT
from tests.peers.raw import PATIENCE, Peer, raw_upstream, reply, replying
from tests.peers.served import calling, cross, gateway, get, status_of, value_of

PIECE = os.urandom(1 << 16)
BIG = 64 << 20
"""Bytes of a body that must not be held in memory."""


def peak() -> int:
    """Return this process's peak memory, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def flood(peer: Peer) -> None:
    for _ in range(BIG // len(PIECE)):
        peer.send(PIECE)


def swallow(peer: Peer) -> None:
    """Read this many bytes without storing them."""
    left = BIG - len(peer.seen)
    while left > 0:
        peer.seen = b""
        left -= len(peer.some())
    peer.seen = b""
    assert left == 0


def test_large_content_needs_little_memory():
    """Bodies of 64 MiB pass in both directions, and upstream waits for a slow caller."""
    sent = threading.Event()

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        swallow(peer)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
        peer.send(PIECE)
        sent.set()
        flood(peer)

    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):
        before = peak()
        peer.send(get("/x", f"Content-Length: {BIG}", method="PUT"))
        sender = threading.Thread(target=flood, args=(peer,))
        sender.start()
        assert value_of(peer.take(b"\r\n\r\n"), "Content-Length") == str(BIG)
        sender.join()
        assert sent.wait(PATIENCE)
        swallow(peer)
        assert peak() - before < 24 << 20


def test_each_piece_is_passed_on_at_once():
    """A streamed response does not wait for its end."""
    gates = [threading.Event() for _ in range(3)]

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, gate in enumerate(gates):
            gate.wait(PATIENCE)
            peer.send(b"1\r\n%d\r\n" % number)
        peer.send(b"0\r\n\r\n")

    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):
        peer.send(get("/x"))
        peer.take(b"\r\n\r\n")
        for number, gate in enumerate(gates):
            gate.set()
            assert peer.take(b"\r\n") == b"1\r\n"
            assert peer.take(b"\r\n") == b"%d\r\n" % number
        assert peer.take(b"\r\n\r\n") == b"0\r\n\r\n"


def test_continue_is_not_sent_without_upstream():
    """So the caller need not upload content that can't be sent."""
    with gateway("http://127.0.0.1:1") as served, calling(served) as peer:
        peer.send(get("/x", "Content-Length: 3", "Expect: 100-continue", method="PUT"))
        assert status_of(peer.take(b"\r\n\r\n")) == 502


def test_a_body_is_translated_and_framed_again():
    """A restore's body reaches the successor in its format, with a new length and 100-continue."""
    start, _, order = CALLS["retired POST"].partition(b"\r\n\r\n")
    with (
        replying(reply(CONTENT)) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):
        peer.send(start + b"\r\nExpect: 100-continue\r\n\r\n")
        assert peer.take(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.send(order)
        head, content = peer.message()
    assert status_of(head) == 200
    assert json.loads(content)["deliveryType"] == "automated"
    sent = json.loads(upstream.contents[0])
    assert sent["targetDeploymentItemName"] == "other"
    assert value_of(upstream.heads[0], "Content-Length") == str(
        len(upstream.contents[0])
    )


def test_a_write_without_response_is_not_repeated():
    """A restore is sent once, and its caller gets an error with this information."""
    crossed = cross(CALLS["retired POST"], b"")
    assert crossed.status == 502
    assert len(crossed.upstream.heads) == 1
    assert "unknown" in crossed.json["detail"]
