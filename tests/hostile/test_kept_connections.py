"""Upstream connections have a maximum age, and a read on a connection that closes is repeated once."""

import contextlib
import threading

import attrs
import pytest

from tests.hostile.calls import CALLS, call
from tests.hostile.faults import CONTENT, JSON, message
from tests.peers.raw import PATIENCE, Arrivals, Peer, raw_upstream, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

READS = {
    "GET": CALLS["GET"],
    "HEAD": call("HEAD", "/x"),
    "OPTIONS": call("OPTIONS", "/x"),
    "retired GET": CALLS["retired GET"],
}
WRITES = {
    "POST": CALLS["POST"], "PUT": CALLS["PUT"], "DELETE": CALLS["DELETE"], "PATCH": call("PATCH", "/x", "{}"),
    "POST without content": call("POST", "/x"), "retired POST": CALLS["retired POST"],
}  # fmt: skip


def lost(request: bytes) -> bytes:
    """Return a request that upstream ignores on a reused connection."""
    return request.replace(b"\r\n\r\n", b"\r\nX-Lost: yes\r\n\r\n", 1)


@attrs.define
class Flaky:
    """An upstream that closes a connection, in one way, at a lost request that isn't its first.

    With ``fresh``, the first request is lost too. ``asked`` lists the requests, each as
    its connection's number and its own number on that connection.
    """

    way: str
    fresh: bool = False
    asked: list[tuple[int, int]] = attrs.field(factory=list)
    together: threading.Barrier | None = None

    def script(self, peer: Peer, connection: int) -> None:
        """Serve one connection."""
        for number in range(100):
            start, _ = peer.message()
            self.asked.append((connection, number))
            if self.together is not None and b"/together" in start:
                self.together.wait(PATIENCE)
            if b"X-Lost" in start and (number or self.fresh):
                if "part" in self.way:
                    peer.send(b"HTTP/1.1 200 OK\r\nContent-")
                if "reset" in self.way:
                    peer.reset()
                return
            reply = message(CONTENT, JSON)
            peer.send(
                reply.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                if start.startswith(b"HEAD")
                else reply
            )


def flaky(state: Flaky) -> contextlib.AbstractContextManager[Arrivals]:
    count = iter(range(1000))
    return raw_upstream(lambda peer: state.script(peer, next(count)))


def status(served, request: bytes) -> int:
    with calling(served) as peer:
        peer.send(request)
        return status_of(peer.take(b"\r\n\r\n"))


ENDS = ["close", "reset"]
PARTS = ["close after a part", "reset after a part"]
ON_KEPT = [(0, 0), (0, 1)]
SENT_AGAIN = [*ON_KEPT, (1, 0)]
COURSES = (
    *((name, way, [False], 200, SENT_AGAIN) for name in READS for way in ENDS),
    *((name, way, [False, True], 502, SENT_AGAIN) for name in READS for way in ENDS),
    *((name, way, [False], 502, ON_KEPT) for name in READS for way in PARTS),
    *((name, way, [False], 502, ON_KEPT) for name in WRITES for way in ENDS),
    *(
        (name, way, [True], 502, [(0, 0)])
        for name in (*READS, *WRITES)
        for way in (*ENDS, *PARTS)
    ),
)
"""Calls whose connection closes: a reused one, a reused and a new one, or a new one."""


@pytest.mark.parametrize(("name", "way", "fresh", "then", "asked"), COURSES)
def test_only_a_read_on_a_reused_connection_is_repeated(name, way, fresh, then, asked):
    """It is repeated once, on a new connection, unless its reply had begun. Everything else is 502."""
    state = Flaky(way, fresh=fresh == [True])
    with flaky(state) as upstream, gateway(upstream.origin) as served:
        if not state.fresh:
            assert status(served, get("/x")) == 200
        state.fresh = fresh[-1]
        assert status(served, lost({**READS, **WRITES}[name])) == then
        assert state.asked == asked
        assert status(served, get("/x")) == 200


def test_the_repetition_uses_a_new_connection():
    """If several reused connections have closed, the second attempt doesn't meet another of them."""
    state = Flaky("close", together=threading.Barrier(3))
    with (
        flaky(state) as upstream,
        gateway(upstream.origin) as served,
        contextlib.ExitStack() as stack,
    ):
        callers = [stack.enter_context(calling(served)) for _ in range(3)]
        for peer in callers:
            peer.send(get("/together"))
        assert [status_of(peer.message()[0]) for peer in callers] == [200] * 3
        assert status(served, lost(get("/x"))) == 200
        assert len(state.asked) == 5
        assert state.asked[-1] == (3, 0)


def test_a_busy_connection_closes_at_its_maximum_age(monkeypatch):
    """So a frequent poller finds a new address of upstream."""
    monkeypatch.setattr("shim.gateway.upstream.pool.MAX_AGE", 0.5)
    with (
        replying(message(b"hi")) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):

        def polled() -> bool:
            peer.send(get("/x"))
            assert status_of(peer.message()[0]) == 200
            return upstream.connections >= 4

        until(polled, "a fourth connection")
        until(lambda: upstream.left >= 3, "the end of those before it")


def test_an_unused_connection_closes(monkeypatch):
    """After its idle time the next call opens a new one."""
    monkeypatch.setattr("shim.gateway.upstream.pool.KEEP", 0.5)
    with replying(message(b"hi")) as upstream, gateway(upstream.origin) as served:
        assert status(served, get("/x")) == 200
        until(lambda: upstream.left, "the end of an idle connection")
        assert status(served, get("/x")) == 200
        assert upstream.connections == 2


def test_age_cuts_no_reply(monkeypatch):
    """A reply slower than a connection's maximum age arrives complete, and the connection closes after it."""
    monkeypatch.setattr("shim.gateway.upstream.pool.MAX_AGE", 0.2)
    go_on = threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(message(b"a" * 10)[:-5])
        go_on.wait(PATIENCE)
        peer.send(b"a" * 5)
        peer.rest()

    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):
        peer.send(get("/x"))
        peer.take(b"aaaaa")
        threading.Event().wait(0.6)  # three times its age
        go_on.set()
        assert peer.count(5) == b"aaaaa"
        until(lambda: upstream.left, "the end behind it")


def test_a_connection_with_close_is_not_reused():
    """So no write meets the end of a connection that upstream has announced."""
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        start, _ = peer.message()
        seen.append(start)
        peer.send(message(b"hi", "Connection: close"))
        peer.rest()

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        for name in ("GET", "POST", "DELETE"):
            head, _ = ask(served, CALLS[name])
            assert status_of(head) == 200
            assert value_of(head, "Connection") is None
        assert len(seen) == 3
        assert upstream.connections == 3
