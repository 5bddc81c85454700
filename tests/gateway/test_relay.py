"""Content in both directions: streamed, bounded, honest about its end."""

import os
import resource
import threading

import pytest

from tests.peers.raw import Peer, raw_upstream, reply, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

PIECE = os.urandom(1 << 16)
BIG = 64 << 20
"""Bytes of a body that has no business in memory."""


def peak() -> int:
    """Return the most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("chunked", [False, True])
def test_content_arrives_framed_as_it_was(method, chunked):
    """Content reaches upstream whole, with its length when it had one, in chunks when not."""
    if chunked:
        request = get("/x", "Transfer-Encoding: chunked", method=method) + b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
    else:
        request = get("/x", "Content-Length: 5", method=method) + b"abcde"
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, request)
        assert upstream.contents == [b"abcde"]
        framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "5")
        assert value_of(upstream.heads[0], framing[0]) == framing[1]
        other = "Content-Length" if chunked else "Transfer-Encoding"
        assert value_of(upstream.heads[0], other) is None


def test_request_coding_is_left_alone():
    """A compressed upload arrives as compressed as it was."""
    request = get("/x", "Content-Length: 4", "Content-Encoding: gzip", method="PUT") + b"\x1f\x8b\x08\x00"
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, request)[0]) == 200
        assert upstream.contents == [b"\x1f\x8b\x08\x00"]


def test_large_upload_and_download_take_little_memory():
    """Bodies of 64 MiB pass in both directions without being held."""

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        left = BIG - len(peer.seen)
        peer.seen = b""
        while left > 0:
            left -= len(peer.some())
            peer.seen = b""
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
        for _ in range(BIG // len(PIECE)):
            peer.send(PIECE)

    def upload(peer: Peer) -> None:
        for _ in range(BIG // len(PIECE)):
            peer.send(PIECE)

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        before = peak()
        peer.send(get("/x", f"Content-Length: {BIG}", method="PUT"))
        sender = threading.Thread(target=upload, args=(peer,))
        sender.start()
        head = peer.take(b"\r\n\r\n")
        sender.join()
        assert value_of(head, "Content-Length") == str(BIG)
        got = len(peer.seen)
        while got < BIG:
            peer.seen = b""
            got += len(peer.some())
        assert got == BIG
        assert peak() - before < 24 << 20


def test_slow_caller_holds_upstream_back():
    """A caller that doesn't read makes upstream wait, and not the gateway's memory grow."""
    sent = [0]

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
        for _ in range(BIG // len(PIECE)):
            peer.send(PIECE)
            sent[0] += len(PIECE)

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        before = peak()
        peer.send(get("/x"))
        peer.take(b"\r\n\r\n")
        until(lambda: sent[0] > 1 << 20, "upstream sends")
        got = len(peer.seen)
        while got < BIG:
            peer.seen = b""
            got += len(peer.some())
        assert peak() - before < 24 << 20


def test_each_piece_is_handed_on_as_it_comes():
    """A reply that comes in pieces is not held back until it is whole."""
    gates = [threading.Event() for _ in range(3)]

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, gate in enumerate(gates):
            gate.wait(10)
            peer.send(b"1\r\n%d\r\n" % number)
        peer.send(b"0\r\n\r\n")

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("/x"))
        peer.take(b"\r\n\r\n")
        for number, gate in enumerate(gates):
            gate.set()
            assert peer.take(b"\r\n") == b"1\r\n"
            assert peer.take(b"\r\n") == b"%d\r\n" % number
        assert peer.take(b"\r\n\r\n") == b"0\r\n\r\n"


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n",
    ],
)
def test_cut_reply_is_cut_for_the_caller(start):
    """When upstream breaks off in the middle, the caller sees no clean end."""
    seen = threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        head, _, rest = start.partition(b"\r\n\r\n")
        peer.send(head + b"\r\n\r\n")
        seen.wait(10)
        peer.send(rest)

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("/x"))
        peer.take(b"\r\n\r\n")
        seen.set()
        rest = peer.rest()
    assert not rest.endswith(b"0\r\n\r\n")
    assert len(rest) < 10


def test_continue_is_asked_for_once_upstream_is_there():
    """A caller that expects 100-continue gets it, and then its reply."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("/x", "Content-Length: 3", "Expect: 100-continue", method="PUT"))
        assert peer.take(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.send(b"abc")
        assert peer.message()[1] == b"hi"
        assert upstream.contents == [b"abc"]
        assert value_of(upstream.heads[0], "Expect") is None


def test_continue_is_not_asked_for_without_upstream():
    """With nobody to send it to, the caller is spared the upload."""
    with gateway("http://127.0.0.1:1") as served, calling(served) as peer:
        peer.send(get("/x", "Content-Length: 3", "Expect: 100-continue", method="PUT"))
        assert status_of(peer.take(b"\r\n\r\n")) == 502


def test_early_reply_ends_the_upload():
    """A reply before the content's end is handed on, and the connections are not used again."""

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        peer.send(reply(b"too large", status="413 Content Too Large"))
        peer.some()

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("/x", "Content-Length: 1000000", method="PUT"))
        head, content = peer.message()
        assert (status_of(head), content) == (413, b"too large")
        until(lambda: served.in_flight.count == 0, "the request is over")


def test_broken_upload_is_the_callers_fault():
    """Chunks that are none are answered with 400, and upstream never sees an end of them."""
    whole = []

    def script(peer: Peer) -> None:
        whole.append(peer.message())

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("/x", "Transfer-Encoding: chunked", method="PUT") + b"3\r\nabc\r\n")
        until(lambda: upstream.connections, "the call arrived")
        peer.send(b"nonsense\r\n\r\n")
        assert status_of(peer.take(b"\r\n\r\n")) == 400
    assert not whole


def test_upload_that_breaks_off_does_not_look_whole():
    """A caller that leaves in the middle of its content leaves upstream without the content's end."""
    whole = []
    arrived = threading.Event()

    def script(peer: Peer) -> None:
        peer.take(b"abc")
        arrived.set()
        peer.rest()
        whole.append(peer.seen)

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x", "Content-Length: 10", method="PUT") + b"abc")
            assert arrived.wait(10)
        until(lambda: whole, "upstream's connection ends")


def test_many_calls_at_once():
    """Calls in parallel get their own replies."""

    def script(peer: Peer) -> None:
        while True:
            head, _ = peer.message()
            peer.send(reply(head.split(b" ")[1]))

    failures: list[bytes] = []

    def call(number: int) -> None:
        with calling(served) as peer:
            for turn in range(10):
                peer.send(get(f"/{number}/{turn}"))
                if (content := peer.message()[1]) != f"/{number}/{turn}".encode():
                    failures.append(content)

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        threads = [threading.Thread(target=call, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures


def test_pipelined_calls_are_answered_in_order():
    """Requests sent without waiting get their replies one after the other."""

    def script(peer: Peer) -> None:
        while True:
            head, _ = peer.message()
            peer.send(reply(head.split(b" ")[1]))

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(b"".join(get(f"/{number}") for number in range(5)))
        assert [peer.message()[1] for _ in range(5)] == [f"/{number}".encode() for number in range(5)]


def test_caller_that_leaves_a_download_ends_it():
    """Who hangs up in the middle ends upstream's side, too, and leaves no trace but that."""
    ended = threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                peer.send(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
        except OSError:
            ended.set()

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            peer.take(b"\r\n\r\n")
            peer.reset()
        assert ended.wait(10)
        until(lambda: served.in_flight.count == 0, "the request is over")
