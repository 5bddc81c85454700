"""One budget of memory for the process: beyond it callers are told to come again, and none gets half an answer."""

import contextlib
import json
import threading
from typing import Any

import attrs
import pytest

from tests.gateway_attacks.apart import MIB, apart, reads_proc
from tests.gateway_attacks.crowds import busy, connect
from tests.gateway_hostile.calls import BACKUP, CALLS, JOB, LINES
from tests.gateway_hostile.faults import CONTENT, JSON, head, message
from tests.gateway_hostile.rows import GROUP, post
from tests.peers.raw import PATIENCE, Peer, raw_upstream, until
from tests.peers.served import ask, gateway, get, status_of

pytestmark = reads_proc

BUDGET = 4 * MIB
MANY = 40
V2 = "Accept: application/vnd.atlas.2023-01-01+json"
ITEM = (
    '{"id": "%024x", "startTime": "2026-06-01T00:00:00Z", "status": "COMPLETED", "expiration": "2027-01-01T00:00:00Z"}'
)
ITEMS = MIB // len(ITEM % 0)
PAGE = f'{{"results": [{", ".join(ITEM % n for n in range(ITEMS))}], "totalCount": {ITEMS}}}'.encode()
"""About 1 MiB of snapshots."""
OPTIONS: dict[str, Any] = {
    "memory": BUDGET,
    "max_requests": 400,
    "max_peer_requests": 400,
    "send_timeout": 600.0,
    "deadline": 60.0,
    "idle_timeout": 600.0,
}


def retired(number: int) -> bytes:
    """Return a call that no other one is like, so that none shares another's answer."""
    return get(f"/api/atlas/v2/groups/{GROUP}/serverless/orders{number}/backup/snapshots", V2)


@attrs.define
class Outcome:
    """What came of many calls at once."""

    whole: int = 0
    refused: int = 0
    broken: list[str] = attrs.field(factory=list)

    def note(self, peer: Peer, request: bytes, size: int) -> None:
        """Make a call and note what came of it: a whole 200, or 503 with Retry-After; all else is broken."""
        try:
            with contextlib.suppress(OSError):  # the answer may come before the request has gone
                peer.send(request)
            peer.socket.settimeout(6 * PATIENCE)
            reply, content = peer.message()
            if status_of(reply) in {200, 202} and len(content) >= size:
                self.whole += 1
            elif busy(reply, content):
                self.refused += 1
            else:
                self.broken.append(f"{reply!r}: {len(content)} bytes")
        except (OSError, AssertionError, ValueError) as error:
            self.broken.append(repr(error)[:200])


def at_once(served, requests: list[bytes], size: int) -> Outcome:
    """Make all calls at once, each on its own connection, and return what came of them."""
    outcome = Outcome()
    peers = [connect(served) for _ in requests]
    threads = [
        threading.Thread(target=outcome.note, args=(peer, request, size))
        for peer, request in zip(peers, requests, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for peer in peers:
        peer.close()
    return outcome


def recovers(served) -> None:
    """A call of each kind is served again."""
    for request in (get("/small"), CALLS["retired GET"], CALLS["retired POST"]):
        until(lambda: status_of(ask(served, request)[0]) in {200, 202}, "an answer as before")  # noqa: B023 - asked here


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_translated_replies_beyond_the_budget(framing):
    """Forty pages of 1 MiB that are all nearly there: some callers come again, and none gets a part of one."""
    last = threading.Event()

    def script(peer: Peer) -> None:
        while True:
            start, _ = peer.message()
            if b"/orders/" in start or b"/small" in start:
                peer.send(message(CONTENT, JSON))
            elif framing == "length":
                peer.send(head(f"Content-Length: {len(PAGE)}", JSON) + PAGE[:-1])
                last.wait(6 * PATIENCE)
                peer.send(PAGE[-1:])
            else:
                peer.send(head("Transfer-Encoding: chunked", JSON) + b"%x\r\n%b\r\n" % (len(PAGE), PAGE))
                last.wait(6 * PATIENCE)
                peer.send(b"0\r\n\r\n")

    outcome = Outcome()
    with raw_upstream(script) as upstream, apart(upstream.origin, **OPTIONS) as served:
        recovers(served)
        before = served.peak()
        peers = [connect(served) for _ in range(MANY)]
        threads = [
            threading.Thread(target=outcome.note, args=(peer, retired(number), 10_000))
            for number, peer in enumerate(peers)
        ]
        for thread in threads:
            thread.start()
        try:
            until(lambda: outcome.refused or outcome.broken, "a caller that is told to come again")
            assert status_of(ask(served.admin, get("/livez"))[0]) == 200
        finally:
            last.set()
        for thread in threads:
            thread.join()
        for peer in peers:
            peer.close()
        assert not outcome.broken
        assert outcome.refused >= MANY // 2
        assert outcome.whole >= 1
        assert served.peak() - before < 64 * MIB
        recovers(served)


def test_translated_replies_one_after_the_other():
    """What is given back can be had again: forty pages of 1 MiB in turn are all answered."""

    def script(peer: Peer) -> None:
        while True:
            peer.message()
            peer.send(message(PAGE, JSON))

    with raw_upstream(script) as upstream, apart(upstream.origin, **OPTIONS) as served:
        for number in range(MANY):
            outcome = at_once(served, [retired(number)], 10_000)
            assert (outcome.whole, outcome.broken) == (1, [])


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_slow_readers_of_large_replies(framing):
    """Sixty callers that don't read 8 MiB each hold little: each has all of it in the end, or comes again."""
    many, large = 60, bytes(8 * MIB)
    chunks = head("Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large)
    reply = message(large) if framing == "length" else chunks
    asked: list[bytes] = []

    def script(peer: Peer) -> None:
        while True:
            start, _ = peer.message()
            asked.append(start)
            peer.send(reply if b"/large" in start else message(CONTENT, JSON))

    outcome = Outcome()
    with raw_upstream(script) as upstream, apart(upstream.origin, **OPTIONS) as served:
        recovers(served)
        before, prior = served.peak(), len(asked)
        peers = [connect(served) for _ in range(many)]
        for peer in peers:
            peer.send(get("/large"))
        answers = 0
        for peer in peers:  # a head each: then all are served, or were told to come again
            peer.socket.settimeout(6 * PATIENCE)
            peer.seen = peer.take(b"\r\n\r\n") + peer.seen
            answers += status_of(peer.seen) == 200
        assert answers >= 1
        assert len(asked) - prior >= answers
        assert status_of(ask(served.admin, get("/livez"))[0]) == 200
        for peer in peers:
            outcome.note(peer, b"", len(large))
            peer.close()
        assert not outcome.broken
        assert outcome.whole == answers
        assert served.peak() - before < 64 * MIB
        recovers(served)


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_requests_that_are_collected(framing):
    """Contents of retired calls count: two hundred of 64 KB at once are answered or told to come again."""
    content = JOB.encode() + b" " * (64_000 - len(JOB))
    target = f"{BACKUP}/restoreJobs"
    if framing == "length":
        request = post(*LINES, f"Content-Length: {len(content)}", content=content, target=target)
    else:
        coded = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
        request = post(*LINES, "Transfer-Encoding: chunked", content=coded, target=target)

    def script(peer: Peer) -> None:
        while True:
            peer.message()
            peer.send(message(CONTENT, JSON))

    with raw_upstream(script) as upstream, apart(upstream.origin, **OPTIONS) as served:
        recovers(served)
        before = served.peak()
        outcome = at_once(served, [request] * 200, 1)
        assert not outcome.broken
        assert outcome.whole >= 1
        assert served.peak() - before < 64 * MIB
        recovers(served)


def test_pages_that_are_collected():
    """All pages of one list count: a list that is larger than the budget is an error, and never held whole."""
    more = json.loads(PAGE)
    more["links"] = [{"rel": "next", "href": "https://cloud.mongodb.com/next"}]
    more["totalCount"] = 100 * ITEMS
    page = json.dumps(more).encode()

    def script(peer: Peer) -> None:
        while True:
            start, _ = peer.message()
            peer.send(
                message(CONTENT if b"/small" in start or b"POST" in start or b"/orders/" in start else page, JSON)
            )

    with raw_upstream(script) as upstream, apart(upstream.origin, page_cap=100, **OPTIONS) as served:
        recovers(served)
        before = served.peak()
        reply, _ = ask(served, retired(1))
        assert status_of(reply) in {502, 503}
        assert served.peak() - before < 64 * MIB
        recovers(served)


def test_idle_connections_hold_little():
    """Eight hundred connections that have asked once hold a few KiB each."""

    def script(peer: Peer) -> None:
        while True:
            peer.message()
            peer.send(message(CONTENT, JSON))

    options: dict[str, Any] = {
        **OPTIONS,
        "max_connections": 2000,
        "max_peer_connections": 2000,
        "keepalive_timeout": 60.0,
    }
    with raw_upstream(script) as upstream, apart(upstream.origin, **options) as served:
        recovers(served)
        before = served.peak()
        peers = [connect(served) for _ in range(800)]
        for peer in peers:
            peer.send(get("/small"))
            assert status_of(peer.message()[0]) == 200
        assert served.peak() - before < 24 * MIB
        for peer in peers:
            peer.close()


@pytest.mark.parametrize(("kind", "status"), [("retired POST", 502), ("retired GET", 503)])
def test_write_that_was_executed_is_not_told_to_come_again(kind, status):
    """Where a reply finds no room, a read may be made again; a write was executed, and is told so."""

    def script(peer: Peer) -> None:
        while True:
            peer.message()
            peer.send(message(b'{"id": "' + b"a" * 300_000 + b'"}', JSON))

    with raw_upstream(script) as upstream, gateway(upstream.origin, memory=300_000) as served:
        reply, content = ask(served, CALLS[kind])
    assert status_of(reply) == status
    assert (b"Retry-After" in reply) == (status == 503)
    assert (b"was executed" in content) == (status == 502)
