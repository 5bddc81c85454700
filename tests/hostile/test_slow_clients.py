"""Slow callers: each has a deadline, and no other caller waits for them."""

import asyncio
import contextlib
import json
import threading
from typing import Any

import pytest

from shim.gateway.server import Gateway
from tests.hostile.crowds import (
    OTHER,
    behind,
    busy,
    count_ended,
    crowd,
    is_served,
)
from tests.hostile.rows import RESTORES, SNAPSHOTS, post
from tests.peers.raw import PATIENCE, Peer, reply, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of

SHORT: dict[str, Any] = {"client_timeout": 0.5, "keepalive_timeout": 0.5}

SLOW = {
    "head": b"GET /x HTTP/1.1\r\nHost: shim.test\r\nX-",
    "empty lines": b"\r\n",
    "content": post("Content-Length: 100000"),
    "chunks": post("Transfer-Encoding: chunked") + b"ffff\r\n",
    "content of a retired call": post("Content-Length: 60000", target=RESTORES),
}

EARLY = 60_000
"""Bytes that are sent at once; at 256 bytes a second they would extend the deadline by four minutes.

A retired call may have as many.
"""

CHUNK = b"%x\r\n%b\r\n" % (EARLY, b"a" * EARLY)
BURSTS = {
    "length": post(f"Content-Length: {EARLY + 4000}", content=b"a" * EARLY),
    "16 MiB of a length": post(
        f"Content-Length: {(16 << 20) + 1}", content=bytes(16 << 20)
    ),
    "chunks": post("Transfer-Encoding: chunked", content=CHUNK),
    "within a chunk": post(
        "Transfer-Encoding: chunked", content=b"ffff\r\n%b" % (b"a" * EARLY)
    ),
    "within a chunk's size": post("Transfer-Encoding: chunked", content=CHUNK + b"ff"),
    "within the trailers": post(
        "Transfer-Encoding: chunked", content=CHUNK + b"0\r\nX: a"
    ),
    "length, retired": post(
        f"Content-Length: {EARLY + 4000}", content=b"a" * EARLY, target=RESTORES
    ),
    "chunks, retired": post(
        "Transfer-Encoding: chunked", content=CHUNK, target=RESTORES
    ),
}


def opened(served: Gateway) -> int:
    assert served._calls is not None
    return len(served._calls.clients.connections)


async def drip(url: str, start: bytes, byte: bytes) -> bytes:
    """Send a start, then single bytes as long as the connection lives, and return the reply."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(start)
    answer = asyncio.ensure_future(taken(reader))
    while not (await asyncio.wait((answer,), timeout=0.05))[0]:
        writer.write(byte)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return answer.result()


async def taken(reader: asyncio.StreamReader) -> bytes:
    """Return the bytes before the end; bytes that crossed the reply may turn the end into a reset."""
    content = bytearray()
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while part := await reader.read(65536):
            content += part
    return bytes(content)


@pytest.mark.parametrize("kind", SLOW)
async def test_many_slow_connections_end_at_their_deadline(kind):
    """A hundred connections send a byte now and then. Other callers are served meanwhile."""
    start = SLOW[kind]
    byte = b"\r\n" if kind == "empty lines" else b"a"
    # If this machine is slow to start them, connections aren't idle for that reason.
    options: dict[str, Any] = {**SHORT, "keepalive_timeout": 60.0}
    with replying(reply()) as upstream, gateway(upstream.origin, **options) as served:

        def other() -> int:
            return status_of(ask(served, get("/other", "Connection: close"))[0])

        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            crowd = [
                tasks.create_task(drip(served.url, start, byte)) for _ in range(100)
            ]
            while (await asyncio.wait(crowd, timeout=0.1))[1]:
                assert await asyncio.to_thread(is_served, other)
        ends = [end for one in crowd if (end := one.result())]
        assert {end.partition(b"\r\n")[0] for end in ends} == {
            b"HTTP/1.1 408 Request Timeout"
        }
        assert (
            json.loads(ends[0].partition(b"\r\n\r\n")[2])["errorCode"]
            == "SHIM_REQUEST_TIMEOUT"
        )
        assert until(lambda: served.limits.count == 0, "nothing in flight")


@pytest.mark.parametrize("kind", BURSTS)
def test_early_bytes_extend_no_deadline(kind):
    """Many bytes at once followed by silence is 408 and the end of the connection."""
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, client_timeout=0.5) as served,
        calling(served) as peer,
    ):
        with contextlib.suppress(OSError):  # the answer may come before all has gone
            peer.send(BURSTS[kind])
        assert status_of(peer.message()[0]) == 408
        assert not peer.rest()


def test_unfinished_heads_are_limited():
    """If they fill a quarter of the memory, a caller gets 503 with Retry-After.

    Others are served, and later there is room.
    """
    long = b"GET /x HTTP/1.1\r\nHost: shim.test\r\nX: " + b"a" * 30_000
    options: dict[str, Any] = {
        "memory": 1 << 20,
        "client_timeout": 60.0,
        "keepalive_timeout": 60.0,
    }
    with behind(**options) as (_, served):
        with crowd(served, 20, OTHER, long) as callers:
            until(lambda: count_ended(callers) >= 10, "the end of those beyond it")
            told = [peer.seen for peer in callers if peer.seen]
            assert {status_of(said) for said in told} == {503}
            assert ask(served, get("/mine"))[1] == b"/mine"
        until(
            lambda: not busy(*ask(served, long + b"\r\n\r\n")), "room for a long head"
        )


@pytest.mark.parametrize("before", [b"", get("/x")], ids=["unused", "used"])
def test_a_connection_without_a_request_closes(before):
    """It gets no reply."""
    patience = 2.0 if before else 0.5
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, keepalive_timeout=patience) as served,
        calling(served) as peer,
    ):
        if before:
            peer.send(before)
            peer.message()
        assert peer.rest() == b""


def test_the_next_head_has_its_own_deadline():
    """The second request of a dripping connection times out as well."""
    options: dict[str, Any] = {**SHORT, "keepalive_timeout": 60.0}
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, **options) as served,
        calling(served) as peer,
    ):
        peer.send(get("/x"))
        peer.message()
        peer.send(b"GET /y HTTP/1.1\r\nHost: ")
        assert status_of(peer.message()[0]) == 408
        assert not peer.rest()


ITEMS = [
    {"id": f"{number:024x}", "status": "COMPLETED", "startTime": "2025-11-01T00:00:00Z"}
    for number in range(500)
]
PAGE = json.dumps({"results": ITEMS, "totalCount": len(ITEMS)}).encode()


@pytest.mark.parametrize(
    ("target", "content"),
    [("/x", b"x" * (8 << 20)), (SNAPSHOTS, PAGE)],
    ids=["streamed", "translated"],
)
def test_unread_replies_close_the_connection(target, content):
    """A caller that sends request after request and reads nothing is dropped."""
    most = 2000
    options = {**SHORT, "keepalive_timeout": 60.0}
    with (
        replying(reply(content)) as upstream,
        gateway(upstream.origin, **options) as served,
        calling(served) as peer,
    ):
        sender = threading.Thread(target=ask_on, args=(peer, get(target), most))
        sender.start()
        until(lambda: upstream.heads, "a call that began")
        until(lambda: not opened(served), "no connection left")
        sender.join()
        until(lambda: served.limits.count == 0, "nothing in flight")
        assert len(upstream.heads) < most // 2


def ask_on(peer: Peer, request: bytes, times: int) -> None:
    with contextlib.suppress(OSError):
        for _ in range(times):
            peer.send(request)
