"""States of a connection that need exact timing of bytes, the one timer, and the pool."""

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest

from shim.core.messages import Reply
from shim.gateway.http1.connection import WAITING
from shim.gateway.http1.wire import EVERY, NEVER, Wires
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.connection import UpstreamConnection
from tests.gateway.http1.wires import FakeUpstream, Wire, Wired, request_of
from tests.peers.raw import reply


async def upstream_of(wired: Wired) -> FakeUpstream:
    """Return the connection that a call has just made."""
    await wired.settle()
    return wired.made[-1]


async def answered(wired: Wired) -> bytes:
    """Let upstream answer, and return what the caller gets."""
    upstream = await upstream_of(wired)
    upstream.read(1 << 20)
    upstream.say(1 << 20)
    await wired.settle()
    return wired.caller.take(1 << 20)


async def test_long_head_behind_a_request_is_read_to_its_end(wiring):
    """Reading stops while a request is answered and much waits behind it; it goes on when that is a part of a head."""
    wired = wiring()
    fields = "".join(f"X-{n}: {'x' * 8000}\r\n" for n in range(8))
    target = "/1/length?" + "y" * 8000
    late = f"GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode()
    assert len(late) > WAITING + 1000
    wired.caller.deliver(request_of(0, "length"))
    late = late[wired.caller.deliver(late[: WAITING + 100]) :]
    late = late[wired.caller.deliver(late[:100]) :]
    assert wired.caller.is_paused
    await answered(wired)
    assert not late[wired.caller.deliver(late) :]
    assert b"X-N: 1" in await answered(wired)


async def test_upstream_that_answers_early_and_stalls_is_late(wiring):
    """A reply's time counts from its head on, even when upstream takes the request's content again just then."""
    wired = wiring(upstream_timeout=60.0)
    wired.caller.deliver(request_of(0, "upload")[:70_000])
    upstream = await upstream_of(wired)
    wired.caller.deliver(b"c" * 60_000)
    await wired.settle()
    assert upstream.wire.is_full
    upstream.wire.deliver(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    upstream.wire.take(1 << 20)
    await wired.settle()
    protocol = upstream.wire.protocol
    assert protocol.due - asyncio.get_running_loop().time() < 61
    protocol.late()
    await wired.settle()
    assert wired.caller.closing


async def test_informational_reply_does_not_start_upstreams_time(wiring):
    """While the caller is still sending, it isn't upstream that is silent."""
    wired = wiring(upstream_timeout=60.0)
    wired.caller.deliver(request_of(0, "upload")[:1000])
    upstream = await upstream_of(wired)
    upstream.wire.deliver(b"HTTP/1.1 100 Continue\r\n\r\n")
    await wired.settle()
    assert upstream.wire.protocol.due == NEVER


@pytest.fixture
def passes(monkeypatch):
    """Return a function that lets seconds pass on the loop's clock."""

    async def passes(wired: Wired, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time() + seconds
        monkeypatch.setattr(loop, "time", lambda: now)
        await wired.settle()

    return passes


@pytest.mark.parametrize("early", [0, 60_000])
async def test_content_that_moves_on_may_take_longer(wiring, passes, early):
    """Content at a fair rate is not a slow one, though it takes longer than the deadline, also after a burst."""
    wired = wiring(client_timeout=1.0)
    head = (
        f"POST /0/length HTTP/1.1\r\nHost: a\r\nContent-Length: {early + 8000}\r\n\r\n"
    )
    wired.caller.deliver(head.encode() + bytes(early))
    upstream = await upstream_of(wired)
    for _ in range(8):
        upstream.read(1 << 20)
        await passes(wired, 0.9)
        assert wired.caller.deliver(bytes(1000)) == 1000
        await wired.settle()
    assert b"HTTP/1.1 200 " in await answered(wired)


async def test_upstream_that_is_slow_to_take_content_is_not_the_callers_fault(
    wiring, passes
):
    """The deadline counts waiting for the caller, and not what upstream takes."""
    wired = wiring(client_timeout=1.0)
    left = request_of(0, "upload")
    left = left[wired.caller.deliver(left) :]
    upstream = await upstream_of(wired)
    while size := wired.caller.deliver(left):
        left = left[size:]
        await wired.settle()
    assert left
    assert upstream.wire.is_full
    await passes(wired, 30.0)
    while not upstream.waiting:
        upstream.read(1 << 20)
        await wired.settle()
        left = left[wired.caller.deliver(left) :]
    assert b"HTTP/1.1 200 " in await answered(wired)


async def test_last_reply_before_unread_requests_is_not_overtaken_by_a_reset(wiring):
    """A reply that ends its connection is followed by an end in one direction while requests wait behind it."""
    wired = wiring()
    wired.caller.deliver(
        b"GET /0/length HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        + request_of(1, "length")
    )
    await wired.settle()
    wired.made[-1].read(1 << 20)
    wired.made[-1].say(1 << 20)
    await wired.settle()
    assert wired.caller.ended is True
    assert wired.caller.closing is False
    assert wired.caller.deliver(b"more")


async def test_last_reply_to_a_caller_that_has_reset_its_connection_has_an_end(
    wiring, monkeypatch
):
    """Asyncio's own transport raises where a reset has arrived and is not read yet; the connection ends in its time."""
    wired = wiring()
    connection: Any = wired.caller.protocol
    monkeypatch.setattr(
        wired.caller, "write_eof", Mock(side_effect=OSError(107, "not connected"))
    )
    wired.caller.deliver(b"GET / HTTP/0.9\r\n\r\n")
    assert connection.due < NEVER
    connection.late()
    wired.caller.take(1 << 20)
    assert wired.caller.closing


async def test_a_connection_that_the_loop_has_closed_is_one_whose_caller_left(
    wiring, monkeypatch, caplog
):
    """The loop raises RuntimeError for one that it has not made known yet: no defect, and no line of one."""
    wired = wiring()
    monkeypatch.setattr(
        wired.caller, "write", Mock(side_effect=RuntimeError("the handler is closed"))
    )
    wired.caller.deliver(b"GET /a/../b HTTP/1.1\r\nHost: shim.test\r\n\r\n")
    await wired.settle()
    assert wired.caller.closing
    assert "unhandled" not in caplog.text


async def test_defect_of_a_call_whose_caller_leaves_is_logged_once(
    wiring, monkeypatch, caplog
):
    """There is nobody to tell of it, and the loop hears of no second one."""
    wired = wiring()

    async def broken(_: object) -> Reply:
        wired.caller.write(b"x")
        wired.caller.eof()
        raise RuntimeError("broken")

    monkeypatch.setattr(wired.server, "handler", broken)
    wired.caller.deliver(request_of(0, "length"))
    await wired.settle()
    await wired.end()
    assert [record.message for record in caplog.records] == ["unhandled RuntimeError"]


async def test_nothing_is_taken_from_a_connection_that_ends(wiring):
    """What TLS still hands over while a connection is being closed is not a request any more."""
    wired = wiring()
    wired.caller.write(b"x")
    protocol = wired.caller.protocol
    protocol.late()
    assert wired.caller.closing
    request = request_of(0, "length")
    protocol.get_buffer(-1)[: len(request)] = request
    protocol.buffer_updated(len(request))
    await wired.settle()
    assert not wired.made
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_refusal_while_draining_ends_its_connection(wiring):
    """A refusal says, too, that the caller's next call goes elsewhere."""
    wired = wiring(memory=1)
    wired.server.draining = True
    wired.caller.deliver(request_of(0, "length"))
    await wired.settle()
    assert b"\r\nConnection: close\r\n" in wired.caller.take(1 << 20)


async def test_reply_without_content_has_no_length(wiring):
    """A 204 says nothing of a length to the caller (RFC 9110, 8.6), and ends upstream's connection if it has one."""
    wired = wiring(
        lambda _: (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", False)
    )
    wired.caller.deliver(request_of(0, "204"))
    assert b"Content-Length" not in await answered(wired)
    assert wired.made[-1].wire.closing


RETIRED = (
    f"GET /api/atlas/v2/groups/{'6' * 24}/serverless/i/backup/snapshots HTTP/1.1\r\n"
    "Host: localhost\r\n\r\n".encode()
)


async def test_what_is_remembered_answers_as_the_moment_wants(wiring):
    """A call that waits for upstream while the end begins says that its connection ends."""
    wired = wiring(lambda _: (reply(b'{"results":[{"id":"a"}],"totalCount":1}'), False))
    wired.caller.deliver(RETIRED)
    assert b"\r\nConnection: close\r\n" not in await answered(wired)
    assert wired.gateway._handler.repeats._known
    wired.caller.deliver(RETIRED)
    await wired.settle()
    wired.server.draining = True
    assert b"\r\nConnection: close\r\n" in await answered(wired)


async def test_a_call_is_bounded_by_its_deadline_and_a_reply_that_is_handed_on_is_not(
    wiring,
):
    """Upstream's silence counts for what is streamed; before that the whole call's time does."""
    wired = wiring(deadline=5.0, upstream_timeout=60.0)
    wired.caller.deliver(RETIRED)
    upstream = await upstream_of(wired)
    protocol = upstream.wire.protocol
    assert protocol.due - asyncio.get_running_loop().time() <= 5.0
    upstream.wire.deliver(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nhalf")
    await wired.settle()
    assert protocol.due - asyncio.get_running_loop().time() > 50.0
    assert wired.caller.take(1 << 20).endswith(b"half")


async def test_a_call_whose_time_is_over_gets_no_more_of_upstream(wiring):
    """It is answered 504, and upstream's connection ends with it."""
    wired = wiring(deadline=5.0, upstream_timeout=60.0)
    wired.caller.deliver(RETIRED)
    upstream = await upstream_of(wired)
    protocol = upstream.wire.protocol
    assert isinstance(protocol, UpstreamConnection)
    protocol.until = 0.0
    protocol.late()
    await wired.settle()
    assert wired.caller.take(1 << 20).startswith(b"HTTP/1.1 504 ")
    assert upstream.wire.lost


async def test_a_deadline_that_another_moved_is_not_missed():
    """Of two that are late, the first to be looked at may make room for the other."""

    class Late:
        due = 0.0
        others: tuple["Late", ...] = ()

        def late(self) -> None:
            seen.append(self)
            for one in (self, *self.others):
                one.due = NEVER

    seen: list[Late] = []
    first = Late()
    second = Late()
    first.others = (second,)
    second.others = (first,)
    wires: Any = Wires()
    for one in (first, second):
        wires.add(one)
    await asyncio.sleep(4 * EVERY)
    for one in (first, second):
        wires.discard(one)
    assert len(seen) == 1


async def test_connection_that_is_interrupted_leaves_nothing(wiring, monkeypatch):
    """A caller may leave when a connection was just made; uvloop then ends it, and tells nobody."""
    wired = wiring()

    async def interrupted(factory, *_: object) -> None:
        Wire(factory())
        raise asyncio.CancelledError

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", interrupted)
    with pytest.raises(asyncio.CancelledError):
        await Upstream.connect(wired.upstream)
    assert not wired.upstream._pool._open
