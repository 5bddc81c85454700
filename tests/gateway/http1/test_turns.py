"""Fairness: how much one connection may do at a time, in requests, chunks and bytes."""

import asyncio
from itertools import pairwise
from typing import Any

from shim.gateway.http1.body import AT_ONCE
from shim.gateway.http1.connection import WAITING, Connection
from shim.gateway.http1.wire import turn
from tests.gateway.http1.wires import Wire, request_of

ELSEWHERE = "GET /api/atlas/v2/groups/{}/serverless/i/backup/snapshots?pageNum=x HTTP/1.1\r\nHost: localhost\r\n\r\n"
AT_ONCE_ANSWERED = ELSEWHERE.format("6" * 24).encode()
CHUNKS = b"1\r\na\r\n" * (4 * AT_ONCE) + b"0\r\n\r\n"
START = b"POST /0/length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_a_request_that_was_sent_ahead_waits_for_others(wiring):
    """Of two hundred that are answered without waiting one is answered a turn, and another caller's in between."""
    wired = wiring()
    wired.caller.deliver(AT_ONCE_ANSWERED * 200)
    other = Wire(Connection(wired.server, "192.0.2.2", "http"))
    other.deliver(AT_ONCE_ANSWERED)
    for _ in range(10):
        await asyncio.sleep(0)
    assert b"HTTP/1.1 400" in other.unsent
    assert 1 < wired.caller.unsent.count(b"HTTP/1.1 400") <= 10
    other.reset()


async def test_requests_that_are_sent_ahead_for_ever_wait_outside(wiring):
    """Each turn takes one request from what has arrived, and not another 64 KiB to it."""
    wired = wiring()
    connection: Any = wired.caller.protocol
    most = 0
    for _ in range(300):
        wired.caller.deliver(AT_ONCE_ANSWERED * 500)
        await asyncio.sleep(0)
        wired.caller.take(1 << 20)
        most = max(most, len(connection._rest))
    assert WAITING < most <= WAITING + 65536


async def test_an_upload_in_very_small_chunks_is_taken_a_part_a_turn(wiring):
    """No more is read meanwhile, and in the end all of it has arrived."""
    wired = wiring()
    connection: Any = wired.caller.protocol
    wired.caller.deliver(START + CHUNKS)
    body = connection._body
    taken = [0]
    while not body.is_complete:
        taken.append(body.size)
        assert wired.caller.is_paused
        await asyncio.sleep(0)
    assert max(after - before for before, after in pairwise(taken)) == AT_ONCE
    assert len(taken) >= 4
    assert not wired.caller.is_paused


async def test_a_reply_in_very_small_chunks_is_taken_a_part_a_turn(wiring):
    """The caller gets it piece by piece, each with what came in one turn."""
    wired = wiring()
    wired.caller.deliver(request_of(0, "length"))
    await wired.settle()
    upstream = wired.made[-1]
    connection: Any = upstream.wire.protocol
    upstream.wire.deliver(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS
    )
    assert connection._response.size <= AT_ONCE
    assert upstream.wire.is_paused
    await wired.settle()
    assert wired.caller.take(1 << 20).count(b"a" * AT_ONCE) == 4
    assert not upstream.wire.is_paused
    assert not upstream.wire.closing


async def test_what_is_taken_in_turns_ends_with_its_connection(wiring):
    """A caller that leaves within its chunks leaves nothing that goes on."""
    wired = wiring()
    wired.caller.deliver(START + CHUNKS)
    connection: Any = wired.caller.protocol
    assert connection._turn is not None
    await wired.end()
    assert connection._turn is None


async def test_long_work_is_done_one_piece_at_a_time():
    """Of three that wait one begins in a turn, and whoever has given up is passed over."""
    lock = asyncio.Lock()
    begun = []

    async def work(name: str) -> None:
        await turn(lock)
        begun.append(name)

    tasks = [asyncio.ensure_future(work(name)) for name in "abcd"]
    await asyncio.sleep(0)
    assert begun == ["a"]
    tasks[1].cancel()
    seen = [list(begun)]
    while len(begun) < 3:
        await asyncio.sleep(0)
        if begun != seen[-1]:
            seen.append(list(begun))
    assert seen == [["a"], ["a", "c"], ["a", "c", "d"]]
    await asyncio.gather(*tasks, return_exceptions=True)
