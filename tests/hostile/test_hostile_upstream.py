"""An upstream that sends too much, or replies that were not requested."""

import gzip
import itertools
import threading

import pytest

from tests.hostile.calls import CALLS
from tests.hostile.crowds import answer_for, asked_by
from tests.hostile.faults import CONTENT, JSON, head, message
from tests.peers.raw import PATIENCE, Peer, raw_upstream, replying, until
from tests.peers.served import ask, calling, cross, gateway, get, status_of


def final(peer: Peer) -> tuple[bytes, bytes]:
    """Return head and content of the first reply that is not informational."""
    while True:
        reply = peer.take(b"\r\n\r\n")
        if reply[9:10] != b"1":
            peer.seen = reply + peer.seen
            return peer.message()


@pytest.mark.parametrize("kind", ["GET", "retired GET", "POST", "retired POST"])
@pytest.mark.parametrize(
    "status", ["100 Continue", "102 Processing", "103 Early Hints", "199 What"]
)
def test_endless_informational_replies_are_limited(status, kind):
    """The caller gets 502, and the upstream connection is closed."""

    def script(peer: Peer) -> None:
        peer.message()
        while True:
            peer.send(head("Link: </a>", status=status) * 100)

    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin, deadline=60.0) as served,
    ):
        with calling(served) as peer:
            peer.send(CALLS[kind])
            assert status_of(final(peer)[0]) == 502
        until(lambda: upstream.left, "the end of upstream's connection")


def test_short_content_that_is_compressed_twice_waits_for_its_turn(monkeypatch):
    """A few hundred bytes expand to many million, so such replies are decoded one after the other."""
    turns = []

    async def turn(_: object) -> None:
        turns.append(1)

    monkeypatch.setattr("shim.gateway.upstream.connection.turn", turn)
    packed = gzip.compress(gzip.compress(bytes(1 << 24)))
    assert len(packed) < 1024
    crossed = cross(
        CALLS["retired GET"], message(packed, JSON, "Content-Encoding: gzip, gzip")
    )
    assert crossed.status == 502
    assert turns == [1]


def test_a_reply_whose_length_exceeds_the_limit_is_not_read():
    """The caller gets its reply at once, before any content has arrived."""
    crossed = cross(
        CALLS["retired GET"], head(JSON, "Content-Length: 99999999999"), deadline=60.0
    )
    assert crossed.status == 502
    assert b"larger than" in crossed.content


@pytest.mark.parametrize(
    "lines",
    [[", ".join(["gzip"] * 200)], ["gzip"] * 100],
    ids=["one field", "many fields"],
)
def test_content_with_many_codings_is_limited(lines):
    """It is 502 if the gateway has to decode it, and passes unchanged otherwise. Other calls are served meanwhile."""
    content = CONTENT
    for _ in range(len(lines[0].split()) * len(lines)):
        content = gzip.compress(content, 0)
    reply = message(content, JSON, *(f"Content-Encoding: {line}" for line in lines))
    with (
        replying(reply, reply, message(b"mine")) as upstream,
        gateway(upstream.origin) as served,
    ):
        assert status_of(ask(served, CALLS["retired GET"])[0]) == 502
        assert ask(served, CALLS["GET"])[1] == content
        assert ask(served, get("/other"))[1] == b"mine"


@pytest.mark.parametrize("kind", ["GET", "retired GET"])
@pytest.mark.parametrize(
    "what", ["fields", "a field", "a chunk's size", "a chunk's extension", "trailers"]
)
def test_endless_heads_and_trailers_are_limited(what, kind):
    """So is a chunk's first line. The upstream connection is closed."""
    chunks = head("Transfer-Encoding: chunked", JSON)
    starts = {
        "fields": (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 1000),
        "a field": (b"HTTP/1.1 200 OK\r\nX: ", b"a" * 6000),
        "a chunk's size": (chunks, b"0" * 6000),
        "a chunk's extension": (chunks + b"1;", b"a" * 6000),
        "trailers": (chunks + b"1\r\na\r\n0\r\n", b"X: a\r\n" * 1000),
    }

    def script(peer: Peer) -> None:
        peer.message()
        first, more = starts[what]
        for piece in itertools.chain([first], itertools.repeat(more)):
            peer.send(piece)

    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin, deadline=60.0) as served,
    ):
        with calling(served) as peer:
            peer.send(CALLS[kind])
            status = status_of(peer.take(b"\r\n\r\n"))
            if status != 502:  # a part of it was with the caller already, and is cut
                assert status == 200
                assert kind == "GET"
                assert not peer.rest().endswith(b"0\r\n\r\n")
        until(lambda: upstream.left, "the end of upstream's connection")


ALICE, BOB, CAROL = (letter * 24 for letter in (b"a", b"b", b"c"))

UNASKED = {
    "a reply": message(CONTENT, JSON),
    "a timeout": message(b"", "Connection: close", status="408 Request Timeout"),
    "a reply in chunks": head("Transfer-Encoding: chunked", JSON)
    + b"1\r\na\r\n0\r\n\r\n",
    "an informational reply": head(status="103 Early Hints"),
    "the start of a reply": b"HTTP/1.1 200 OK\r\nX-",
    "no HTTP": b"\0\0\0\0",
}


def own_answers(served) -> None:
    """Check that Bob and Carol each get their own reply, with passed and translated calls in turn."""
    for name in ("GET", "retired GET", "POST", "retired POST"):
        for who in (BOB, CAROL):
            reply, content = ask(served, asked_by(who, CALLS[name]))
            assert status_of(reply) in {200, 202}
            assert who in content


def careless(then):
    """Run an upstream whose first call gets the reply ``then``."""
    calls = itertools.count()

    def script(peer: Peer) -> None:
        while True:
            start, _ = peer.message()
            peer.send(answer_for(start)) if next(calls) else then(peer, start)

    return raw_upstream(script)


@pytest.mark.parametrize("unasked", UNASKED)
@pytest.mark.parametrize("name", [*CALLS, "HEAD"])
def test_bytes_after_a_reply_reach_no_other_caller(name, unasked):
    """They come in the reply's segment. Alice gets her reply, the rest is discarded, and the connection is closed."""

    def then(peer: Peer, start: bytes) -> None:
        answer = answer_for(start)
        peer.send(
            (
                answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                if name == "HEAD"
                else answer
            )
            + UNASKED[unasked]
        )

    with (
        careless(then) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):
        peer.send(asked_by(ALICE, CALLS.get(name, get("/x", method="HEAD"))))
        reply = peer.take(b"\r\n\r\n")
        assert status_of(reply) in {200, 202}
        if name != "HEAD":
            peer.seen = reply + peer.seen
            assert ALICE in peer.message()[1]
        until(lambda: upstream.left, "the end of that connection")
        peer.send(asked_by(BOB, CALLS["GET"]))
        assert BOB in peer.message()[1]
        assert not peer.seen
        own_answers(served)


@pytest.mark.parametrize("unasked", UNASKED)
def test_bytes_on_an_idle_connection_close_it(unasked):
    """They come long after the reply, and no later request uses the connection."""
    late = threading.Event()

    def then(peer: Peer, start: bytes) -> None:
        peer.send(answer_for(start))
        late.wait(PATIENCE)
        peer.send(UNASKED[unasked])

    with careless(then) as upstream, gateway(upstream.origin) as served:
        assert ALICE in ask(served, asked_by(ALICE, CALLS["GET"]))[1]
        late.set()
        until(lambda: upstream.left, "the end of that connection")
        own_answers(served)
