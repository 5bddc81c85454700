"""Fairness: the requests, chunks and bytes that one connection may process at a time."""

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


async def test_pipelined_requests_wait_for_other_callers(wiring):
    """Of two hundred requests one is answered in each turn, and another caller's in between."""
    wired = wiring()
    wired.caller.deliver(AT_ONCE_ANSWERED * 200)
    other = Wire(Connection(wired.server, "192.0.2.2", "http"))
    other.deliver(AT_ONCE_ANSWERED)
    for _ in range(10):
        await asyncio.sleep(0)
    assert b"HTTP/1.1 400" in other.unsent
    assert 1 < wired.caller.unsent.count(b"HTTP/1.1 400") <= 10
    other.reset()


async def test_endless_pipelined_requests_wait_in_the_socket(wiring):
    """Each turn handles one received request, and does not read another 64 KiB."""
    wired = wiring()
    connection: Any = wired.caller.protocol
    most = 0
    for _ in range(300):
        wired.caller.deliver(AT_ONCE_ANSWERED * 500)
        await asyncio.sleep(0)
        wired.caller.take(1 << 20)
        most = max(most, len(connection._rest))
    assert WAITING < most <= WAITING + 65536


async def test_an_upload_in_tiny_chunks_is_read_in_turns(wiring):
    """Reading pauses meanwhile, and in the end all chunks have arrived."""
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


async def test_a_response_in_tiny_chunks_is_passed_on_in_turns(wiring):
    """The caller gets the chunks of each turn together."""
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


async def test_turns_end_with_the_connection(wiring):
    """A caller that disconnects amid its chunks leaves no task behind."""
    wired = wiring()
    wired.caller.deliver(START + CHUNKS)
    connection: Any = wired.caller.protocol
    assert connection._turn is not None
    await wired.end()
    assert connection._turn is None


async def test_long_work_is_done_one_piece_at_a_time():
    """One of three waiting tasks starts in each turn; abandoned ones are skipped."""
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
