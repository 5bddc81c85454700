"""When a caller disconnects, its upstream call is cancelled, and the next caller is served."""

import contextlib
import threading

import pytest

from tests.hostile.calls import CALLS
from tests.hostile.faults import CONTENT, JSON, head, message
from tests.hostile.rows import post
from tests.peers.raw import PATIENCE, Peer, raw_upstream, until
from tests.peers.served import ask, calling, gateway, status_of

WAYS = ["close", "reset"]
STAGES = {
    "before the head": b"",
    "within the content": head(f"Content-Length: {len(CONTENT)}", JSON) + CONTENT[:20],
    "within chunks": head("Transfer-Encoding: chunked", JSON) + b"5\r\nhello\r\n",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", CALLS)
def test_the_upstream_call_is_cancelled_with_its_caller(name, stage, way):
    """That holds at every stage the call may be waiting in."""
    arrived = threading.Event()

    def script(peer: Peer) -> None:
        while True:
            peer.message()
            peer.send(message(CONTENT, JSON) if arrived.is_set() else STAGES[stage])
            arrived.set()

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(CALLS[name])
            assert arrived.wait(PATIENCE)
            getattr(peer, way)()
        until(lambda: upstream.left, "the end of the call to upstream")
        until(lambda: served.limits.count == 0, "nothing in flight")
        assert status_of(ask(served, CALLS["retired GET"])[0]) == 200


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupted_upload_is_cut_upstream(way):
    """So upstream can't mistake it for a complete one."""
    arrived = threading.Event()
    rests = list[bytes]()

    def script(peer: Peer) -> None:
        peer.take(b"hello")
        arrived.set()
        rests.append(peer.rest())

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(post("Transfer-Encoding: chunked") + b"5\r\nhello\r\n")
            assert arrived.wait(PATIENCE)
            getattr(peer, way)()
        assert b"0\r\n\r\n" not in until(lambda: rests, "the end of the upload")[0]
        until(lambda: served.limits.count == 0, "nothing in flight")


def test_an_upload_that_upstream_stops_reading_is_504():
    """The timeout is the one for a silent upstream."""
    over = threading.Event()

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        over.wait(PATIENCE)

    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin, upstream_timeout=0.5) as served,
    ):
        with calling(served) as peer:
            sender = threading.Thread(target=send, args=(peer, 64 << 20))
            sender.start()
            assert status_of(peer.take(b"\r\n\r\n")) == 504
        sender.join()
        until(lambda: served.limits.count == 0, "nothing in flight")
        over.set()


def send(peer: Peer, size: int) -> None:
    """Upload this many bytes, until the connection ends."""
    with contextlib.suppress(OSError):
        peer.send(post(f"Content-Length: {size}") + bytes(size))
