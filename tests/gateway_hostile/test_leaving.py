"""Callers that leave: their upstream call ends with them, and the next one is served."""

import socket
import threading
import time
from functools import partial

import pytest

from tests.gateway_hostile.calls import CALLS
from tests.gateway_hostile.faults import CONTENT, JSON, head, message
from tests.gateway_hostile.rows import post
from tests.peers.raw import PATIENCE, Arrivals, Peer, raw_upstream, reply, until
from tests.peers.served import ask, calling, gateway, get, status_of

WAYS = ["close", "reset"]
STAGES = {
    "before the head": b"",
    "within the content": head(f"Content-Length: {len(CONTENT)}", JSON) + CONTENT[:20],
    "within chunks": head("Transfer-Encoding: chunked", JSON) + b"5\r\nhello\r\n",
}


class Abandoned:
    """An upstream that answers the first call with a part of a reply, and notes when it is left."""

    def __init__(self, part: bytes) -> None:
        self.part = part
        self.arrived = threading.Event()
        self.left = threading.Event()

    def script(self, peer: Peer) -> None:
        """Talk on one connection."""
        while True:
            peer.message()
            if self.arrived.is_set():
                peer.send(message(CONTENT, JSON))
                continue
            self.arrived.set()
            peer.send(self.part)
            peer.socket.settimeout(PATIENCE)
            peer.rest()
            self.left.set()
            return


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", CALLS)
def test_upstream_call_ends_with_its_caller(name, stage, way):
    """Whatever a caller waits for, its upstream call is cancelled once it is gone."""
    abandoned = Abandoned(STAGES[stage])
    with raw_upstream(abandoned.script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(CALLS[name])
            assert abandoned.arrived.wait(PATIENCE)
            began = time.monotonic()
            getattr(peer, way)()
        assert abandoned.left.wait(PATIENCE)
        assert time.monotonic() - began < 1.0  # the promise itself, which a loaded machine keeps with room to spare
        until(lambda: served.in_flight.count == 0, "nothing in flight")
        assert status_of(ask(served, CALLS["retired GET"])[0]) == 200


@pytest.mark.parametrize("way", WAYS)
def test_upload_that_is_left_ends(way):
    """An upload whose caller leaves in the middle is cut upstream, so that it can't be taken for whole."""
    abandoned = Abandoned(b"")

    def script(peer: Peer) -> None:
        if abandoned.arrived.is_set():
            abandoned.script(peer)
        peer.take(b"hello")
        abandoned.arrived.set()
        assert b"0\r\n\r\n" not in peer.rest()
        abandoned.left.set()

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(post("Transfer-Encoding: chunked") + b"5\r\nhello\r\n")
            assert abandoned.arrived.wait(PATIENCE)
            getattr(peer, way)()
        assert abandoned.left.wait(PATIENCE)
        until(lambda: served.in_flight.count == 0, "nothing in flight")


def test_upstream_that_stops_taking_an_upload_is_given_up():
    """An upload that upstream does not take is 504 after the time that upstream may be silent."""
    over = threading.Event()

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        over.wait(PATIENCE)

    with raw_upstream(script) as upstream, gateway(upstream.origin, idle_timeout=0.5) as served:
        with calling(served) as peer:
            size = 64 << 20
            peer.send(post(f"Content-Length: {size}"))
            sender = threading.Thread(target=send_quietly, args=(peer, bytes(size)))
            sender.start()
            assert status_of(peer.take(b"\r\n\r\n")) == 504
        sender.join()
        until(lambda: served.in_flight.count == 0, "nothing in flight")
        over.set()


def send_quietly(peer: Peer, data: bytes) -> None:
    try:
        peer.send(data)
    except OSError:
        return


def test_many_that_leave_take_nothing_with_them():
    """Three hundred callers that reset their connections leave no upstream connection behind."""
    arrived: list[Peer] = []
    left: list[Peer] = []

    def script(peer: Peer) -> None:
        start, _ = peer.message()
        if b" /last " in start:
            peer.send(reply())
            return
        arrived.append(peer)
        peer.rest()
        left.append(peer)

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        box: Arrivals = upstream
        for _ in range(3):
            peers = [Peer(socket.create_connection(address(served.url), PATIENCE)) for _ in range(100)]
            before = len(arrived)
            for peer in peers:
                peer.send(get("/x"))
            until(partial(holds, arrived, before + 100), "all arrived")
            for peer in peers:
                peer.reset()
            until(lambda: len(left) == len(arrived), "all left")
        until(lambda: served.in_flight.count == 0, "nothing in flight")
        assert status_of(ask(served, get("/last"))[0]) == 200
        assert box.connections == 301


def holds(peers: list[Peer], count: int) -> bool:
    return len(peers) == count


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").rpartition(":")
    return host, int(port)
