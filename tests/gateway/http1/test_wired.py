"""Connection states that need exact timing of bytes, the one timer, and the pool."""

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
    """Return the connection of the last call."""
    await wired.settle()
    return wired.made[-1]


async def answered(wired: Wired) -> bytes:
    """Let upstream answer, and return the caller's response."""
    upstream = await upstream_of(wired)
    upstream.read(1 << 20)
    upstream.say(1 << 20)
    await wired.settle()
    return wired.caller.take(1 << 20)


async def test_a_long_head_after_a_request_is_read_to_its_end(wiring):
    """Reading pauses behind a request with much data, and resumes if the data is part of a head."""
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


async def test_an_upstream_that_answers_early_and_stalls_is_late(wiring):
    """The response's time starts with its head, even if upstream still reads the request's content."""
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


async def test_an_informational_response_does_not_start_upstreams_time(wiring):
    """While the caller is sending, upstream is not late."""
    wired = wiring(upstream_timeout=60.0)
    wired.caller.deliver(request_of(0, "upload")[:1000])
    upstream = await upstream_of(wired)
    upstream.wire.deliver(b"HTTP/1.1 100 Continue\r\n\r\n")
    await wired.settle()
    assert upstream.wire.protocol.due == NEVER


@pytest.fixture
def passes(monkeypatch):
    """Return a function that advances the loop's clock."""

    async def passes(wired: Wired, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time() + seconds
        monkeypatch.setattr(loop, "time", lambda: now)
        await wired.settle()

    return passes


@pytest.mark.parametrize("early", [0, 60_000])
async def test_steady_content_may_exceed_the_deadline(wiring, passes, early):
    """Content at a sufficient rate is not slow, even after a burst."""
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


async def test_an_upstream_that_reads_slowly_does_not_count_against_the_caller(
    wiring, passes
):
    """The deadline counts only time spent waiting for the caller."""
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


async def test_the_last_response_is_not_overtaken_by_a_reset(wiring):
    """While requests are unread, a closing response is followed by a half-close."""
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


async def test_the_last_response_to_a_caller_that_has_reset_is_finished(
    wiring, monkeypatch
):
    """Asyncio's transport raises if a reset is unread; the connection still ends in time."""
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


async def test_a_connection_closed_by_the_loop_counts_as_disconnected(
    wiring, monkeypatch, caplog
):
    """The loop raises RuntimeError for a connection that it has not reported yet; this is not logged as a defect."""
    wired = wiring()
    monkeypatch.setattr(
        wired.caller, "write", Mock(side_effect=RuntimeError("the handler is closed"))
    )
    wired.caller.deliver(b"GET /a/../b HTTP/1.1\r\nHost: shim.test\r\n\r\n")
    await wired.settle()
    assert wired.caller.closing
    assert "unhandled" not in caplog.text


async def test_a_defect_in_an_abandoned_call_is_logged_once(
    wiring, monkeypatch, caplog
):
    """There is no caller to answer, and the loop reports no second error."""
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


async def test_a_closing_connection_accepts_no_request(wiring):
    """TLS may still deliver data while the connection is being closed."""
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


async def test_a_refusal_while_draining_closes_its_connection(wiring):
    """So the caller's next call goes to another gateway."""
    wired = wiring(memory=1)
    wired.server.draining = True
    wired.caller.deliver(request_of(0, "length"))
    await wired.settle()
    assert b"\r\nConnection: close\r\n" in wired.caller.take(1 << 20)


async def test_a_response_without_content_has_no_length(wiring):
    """A 204 has no Content-Length (RFC 9110, 8.6). If upstream sends one, its connection is closed."""
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


async def test_cached_heads_follow_the_current_state(wiring):
    """A call that is waiting when draining begins gets ``Connection: close``."""
    wired = wiring(lambda _: (reply(b'{"results":[{"id":"a"}],"totalCount":1}'), False))
    wired.caller.deliver(RETIRED)
    assert b"\r\nConnection: close\r\n" not in await answered(wired)
    assert wired.gateway._handler.repeats._known
    wired.caller.deliver(RETIRED)
    await wired.settle()
    wired.server.draining = True
    assert b"\r\nConnection: close\r\n" in await answered(wired)


async def test_a_call_is_bounded_by_its_deadline_and_a_streamed_response_is_not(
    wiring,
):
    """While streaming, only upstream's silence counts."""
    wired = wiring(deadline=5.0, upstream_timeout=60.0)
    wired.caller.deliver(RETIRED)
    upstream = await upstream_of(wired)
    protocol = upstream.wire.protocol
    assert protocol.due - asyncio.get_running_loop().time() <= 5.0
    upstream.wire.deliver(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nhalf")
    await wired.settle()
    assert protocol.due - asyncio.get_running_loop().time() > 50.0
    assert wired.caller.take(1 << 20).endswith(b"half")


async def test_a_timed_out_call_stops_reading_from_upstream(wiring):
    """It gets 504, and upstream's connection is closed."""
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


async def test_a_deadline_moved_by_another_is_not_missed():
    """Of two late calls, the first may free resources for the second."""

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


async def test_an_interrupted_connection_leaves_nothing(wiring, monkeypatch):
    """A caller may disconnect just after connecting; uvloop then closes silently."""
    wired = wiring()

    async def interrupted(factory, *_: object) -> None:
        Wire(factory())
        raise asyncio.CancelledError

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", interrupted)
    with pytest.raises(asyncio.CancelledError):
        await Upstream.connect(wired.upstream)
    assert not wired.upstream._pool._open
