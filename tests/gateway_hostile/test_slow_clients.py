"""Callers that take their time: each has a deadline, and nobody else waits for them."""

import asyncio
import contextlib
import json
import shutil
import subprocess
import threading
from typing import Any

import pytest

from shim.gateway import Gateway
from tests.gateway_attacks.crowds import holding
from tests.gateway_hostile.rows import RESTORES, SNAPSHOTS, post
from tests.peers.raw import PATIENCE, Peer, raw_upstream, reply, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

CROWD = 200
SHORT: dict[str, Any] = {"header_timeout": 0.5, "body_timeout": 0.5, "keepalive_timeout": 0.5, "send_timeout": 0.5}

SLOW = {
    "head": b"GET /x HTTP/1.1\r\nHost: shim.test\r\nX-",
    "empty lines": b"\r\n",
    "content": post("Content-Length: 100000"),
    "chunks": post("Transfer-Encoding: chunked") + b"ffff\r\n",
    "content of a retired call": post("Content-Length: 60000", target=RESTORES),
}


def opened(served: Gateway) -> int:
    assert served._calls is not None
    return served._calls.server.count


async def drip(url: str, start: bytes, byte: bytes) -> bytes:
    """Send a start, then single bytes for as long as the connection lives, and return what came back."""
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
    """Return what came before the end; bytes that crossed the answer may turn the end into a reset."""
    content = bytearray()
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while part := await reader.read(65536):
            content += part
    return bytes(content)


@pytest.mark.parametrize("kind", SLOW)
async def test_crowd_that_drips_is_ended_while_others_are_served(kind):
    """Two hundred connections that send a byte now and then end at their deadline; others have their answers."""
    start = SLOW[kind]
    byte = b"\r\n" if kind == "empty lines" else b"a"
    # A crowd that this machine is slow to start is not an idle one.
    options: dict[str, Any] = {**SHORT, "keepalive_timeout": PATIENCE}
    with replying(reply()) as upstream, gateway(upstream.origin, **options) as served:
        async with asyncio.timeout(PATIENCE):
            crowd = [asyncio.ensure_future(drip(served.url, start, byte)) for _ in range(CROWD)]
            while not all(one.done() for one in crowd):
                head, _ = await asyncio.to_thread(ask, served, get("/other", "Connection: close"))
                assert status_of(head) == 200
            ends = [one.result() for one in crowd]
        assert {end.partition(b"\r\n")[0] for end in ends if end} == {b"HTTP/1.1 408 Request Timeout"}
        assert (
            json.loads(next(end for end in ends if end).partition(b"\r\n\r\n")[2])["errorCode"]
            == "SHIM_REQUEST_TIMEOUT"
        )
        assert until(lambda: served.in_flight.count == 0, "nothing in flight")


def test_content_that_moves_on_may_take_longer():
    """A large content at a fair rate is no slow one, though it takes longer than the deadline."""
    total = 40
    with replying(reply()) as upstream, gateway(upstream.origin, **SHORT) as served, calling(served) as peer:
        peer.send(post(f"Content-Length: {total * 1000}"))
        for _ in range(total):
            peer.send(b"a" * 1000)
            threading.Event().wait(0.03)
        assert status_of(peer.message()[0]) == 200
        assert len(upstream.contents[0]) == total * 1000


def test_upstream_that_is_slow_to_take_content_is_not_the_callers_fault():
    """The deadline counts waiting for the caller, and not what upstream takes."""
    go_on = threading.Event()
    size = 16 * 1024 * 1024

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        go_on.wait(PATIENCE)
        peer.count(size - len(peer.seen))
        peer.send(reply())

    with raw_upstream(script) as upstream, gateway(upstream.origin, **SHORT) as served, calling(served) as peer:
        peer.send(post(f"Content-Length: {size}"))
        sender = threading.Thread(target=peer.send, args=(bytes(size),))
        sender.start()
        threading.Event().wait(1.5)  # three deadlines long, nothing is taken
        go_on.set()
        assert status_of(peer.message()[0]) == 200
        sender.join()


@pytest.mark.parametrize("before", [b"", get("/x")], ids=["unused", "used"])
def test_idle_connection_ends(before):
    """A connection without a request ends, without a word."""
    with replying(reply()) as upstream, gateway(upstream.origin, **SHORT) as served, calling(served) as peer:
        if before:
            peer.send(before)
            peer.message()
        assert peer.rest() == b""


def test_next_head_has_a_deadline_of_its_own():
    """The second request of a connection that drips is ended as well."""
    options: dict[str, Any] = {**SHORT, "keepalive_timeout": 60.0}
    with replying(reply()) as upstream, gateway(upstream.origin, **options) as served, calling(served) as peer:
        peer.send(get("/x"))
        peer.message()
        peer.send(b"GET /y HTTP/1.1\r\nHost: ")
        assert status_of(peer.message()[0]) == 408
        assert not peer.rest()


ITEMS = [{"id": f"{number:024x}", "status": "COMPLETED", "startTime": "2025-11-01T00:00:00Z"} for number in range(500)]
PAGE = json.dumps({"results": ITEMS, "totalCount": len(ITEMS)}).encode()


@pytest.mark.parametrize(
    ("target", "content"), [("/x", b"x" * (8 << 20)), (SNAPSHOTS, PAGE)], ids=["streamed", "translated"]
)
def test_replies_that_are_not_taken_end_the_connection(target, content):
    """A caller that asks again and again and doesn't read is not answered without end, and dropped."""
    most = 2000
    with replying(reply(content)) as upstream, gateway(upstream.origin, **SHORT) as served, calling(served) as peer:
        sender = threading.Thread(target=ask_on, args=(peer, get(target), most))
        sender.start()
        until(lambda: upstream.heads, "a call that began")
        until(lambda: not opened(served), "no connection left")
        sender.join()
        assert served.in_flight.count == 0
        assert len(upstream.heads) < most // 2


def ask_on(peer: Peer, request: bytes, times: int) -> None:
    with contextlib.suppress(OSError):
        for _ in range(times):
            peer.send(request)


def test_connections_beyond_the_limit_are_told_so():
    """With calls on all others, one connection too many is answered 503 with Retry-After, until another ends."""
    with holding() as upstream, gateway(upstream.origin, max_connections=2) as served:
        with calling(served) as first, calling(served) as second:
            for peer in (first, second):
                peer.send(get("/hold"))
            until(lambda: len(upstream.held) == 2, "two in flight")
            with calling(served) as third:
                third.send(get("/x"))
                head, content = third.message()
                assert (status_of(head), json.loads(content)["errorCode"]) == (503, "SHIM_BUSY")
                assert value_of(head, "Retry-After") == "1"
                assert (value_of(head, "Proxy-Status") or "").startswith("atlas-shim; error=connection_limit_reached")
                assert not third.rest()
            upstream.go_on.set()
            assert [status_of(peer.message()[0]) for peer in (first, second)] == [200, 200]
        until(lambda: opened(served) == 0, "room again")
        assert status_of(ask(served, get("/x"))[0]) == 200


def test_connections_far_beyond_the_limit_are_dropped():
    """Connections that may not even be told so hold nothing for long."""
    with holding() as upstream, gateway(upstream.origin, max_connections=2) as served:
        with contextlib.ExitStack() as stack:
            crowd = [stack.enter_context(calling(served)) for _ in range(2)]
            for peer in crowd:
                peer.send(get("/hold"))
            until(lambda: len(upstream.held) == 2, "two in flight")
            for _ in range(6):
                with contextlib.suppress(ConnectionResetError):  # dropped before it was made
                    crowd.append(stack.enter_context(calling(served)))
            assert all(not peer.rest() for peer in crowd[2:])
            upstream.go_on.set()
            assert [status_of(peer.message()[0]) for peer in crowd[:2]] == [200, 200]
        until(lambda: opened(served) == 0, "room again")


def test_requests_beyond_the_limit_are_told_so():
    """More requests at once than allowed are answered 503 with Retry-After, unsent; the others get theirs."""
    go_on = threading.Event()

    def script(peer: Peer) -> None:
        while peer.message():
            arrived.append(1)
            go_on.wait(PATIENCE)
            peer.send(reply())

    arrived: list[int] = []
    with raw_upstream(script) as upstream, gateway(upstream.origin, max_requests=2) as served:
        with calling(served) as first, calling(served) as second:
            first.send(get("/x"))
            second.send(get("/x"))
            until(lambda: len(arrived) == 2, "two in flight")
            head, content = ask(served, get("/x"))
            assert (status_of(head), value_of(head, "Retry-After")) == (503, "1")
            assert json.loads(content)["errorCode"] == "SHIM_BUSY"
            go_on.set()
            assert [status_of(peer.message()[0]) for peer in (first, second)] == [200, 200]
        assert status_of(ask(served, get("/x"))[0]) == 200
        assert len(arrived) == 3


@pytest.mark.skipif(
    shutil.which("slowhttptest") is None, reason="slowhttptest is not installed; the crowd above is ours"
)
@pytest.mark.parametrize("mode", ["-H", "-B"])
def test_slowhttptest_holds_nothing(mode):
    """Slow heads and slow contents of slowhttptest find the service available, and end at the deadline."""
    command = ["slowhttptest", mode, "-c", str(CROWD), "-r", str(CROWD), "-i", "1", "-l", "30", "-p", "2"]
    with replying(reply()) as upstream, gateway(upstream.origin, header_timeout=2.0, body_timeout=2.0) as served:
        run = subprocess.Popen(
            [*command, "-s", "100000", "-u", f"{served.url}/x"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until(lambda: opened(served) > CROWD // 2, "a crowd")
        assert status_of(ask(served, get("/other"))[0]) == 200
        output = run.communicate(timeout=3 * PATIENCE)[0]
        assert opened(served) == 0
    assert "No open connections left" in output
    assert "YES" in output
