"""Callers from other loopback addresses, callers with TLS, and upstreams that delay their replies."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from shim.gateway.server import Gateway
from tests.hostile.faults import CONTENT, JSON, message
from tests.peers.raw import (
    PATIENCE,
    Arrivals,
    EndedError,
    Peer,
    raw_upstream,
    reply,
    until,
)
from tests.peers.served import Served, ask, connect, gateway, status_of, value_of

OTHER = "127.0.0.2"
"""The address of a second peer."""


@contextlib.contextmanager
def crowd(
    served: Served, size: int, source: str = OTHER, sending: bytes = b""
) -> Iterator[list[Peer]]:
    """Open several connections from one address, and send the same bytes on each."""
    peers: list[Peer] = []
    try:
        for _ in range(size):
            # A connection that is refused at once may end before connecting has
            # returned.
            with contextlib.suppress(OSError):
                peers.append(connect(served, source))
                if sending:
                    peers[-1].send(sending)
        yield peers
    finally:
        for peer in peers:
            peer.close()


def gets_in(source: str, served: Served, request: bytes, content: bytes) -> None:
    """Check that a request gets this content, now or after the peer's previous call has finished.

    A caller may receive its reply a moment before the gateway counts the call as
    finished.
    """
    until(lambda: ask(served, request, source)[1] == content, f"{source} gets in")


def is_served(call: Callable[[], int]) -> bool:
    """Return whether a call gets 200; retry it if its connection is cut, as a busy machine may do."""
    return bool(until(lambda: _status(call), "an answer") == 200)


def _status(call: Callable[[], int]) -> int:
    with contextlib.suppress(OSError, EndedError):
        return call()
    return 0


def ended(peer: Peer) -> bool:
    """Return whether the other side has closed a connection; ``seen`` collects the bytes before that."""
    peer.socket.setblocking(False)  # noqa: FBT003 - the socket's own signature
    try:
        while data := peer.socket.recv(65536):
            peer.seen += data
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        peer.socket.settimeout(PATIENCE)
    return True


def count_ended(peers: list[Peer]) -> int:
    """Return how many connections the other side has closed."""
    return sum(ended(peer) for peer in peers)


def busy(head: bytes, content: bytes) -> bool:
    """Return whether a reply is the gateway's 503 with Retry-After."""
    if status_of(head) != 503:
        return False
    assert int(value_of(head, "Retry-After") or "0") >= 1
    assert json.loads(content)["errorCode"] == "SHIM_BUSY"
    return True


@attrs.define
class Holding:
    """An upstream that replies at once, except to targets below ``/hold``, which wait for ``go_on``.

    ``held`` are the peers that wait.
    """

    origin: str
    arrivals: Arrivals
    held: list[Peer] = attrs.field(factory=list)
    go_on: threading.Event = attrs.field(factory=threading.Event)


@contextlib.contextmanager
def holding() -> Iterator[Holding]:
    """Run an upstream that delays replies below ``/hold``; each reply's content is the request's target."""

    def script(peer: Peer) -> None:
        while True:
            head, content = peer.message()
            upstream.heads.append(head)
            upstream.contents.append(content)
            target = head.split(b" ")[1]
            if target.startswith(b"/hold"):
                running.held.append(peer)
                running.go_on.wait(3 * PATIENCE)
            answer = reply(target)
            peer.send(
                answer.removesuffix(target) if head.startswith(b"HEAD ") else answer
            )

    with raw_upstream(script) as upstream:
        running = Holding(upstream.origin, upstream)
        try:
            yield running
        finally:
            running.go_on.set()


@contextlib.contextmanager
def behind(**options: Any) -> Iterator[tuple[Holding, Gateway]]:
    """Run such an upstream, and a gateway with these options in front of it."""
    with holding() as upstream, gateway(upstream.origin, **options) as served:
        yield upstream, served


def asked_by(who: bytes, request: bytes) -> bytes:
    """Return a request with the field that identifies its caller, which ``answer_for`` reads."""
    return request.replace(b"\r\n\r\n", b"\r\nX-Who: %b\r\n\r\n" % who, 1)


def answer_for(head: bytes) -> bytes:
    """Reply with content that repeats the caller's name, if the request has one, as a snapshot's id."""
    who = value_of(head, "X-Who")
    return message(
        CONTENT.replace(b"6b05c3c6f892dad018f3f094", who.encode()) if who else CONTENT,
        JSON,
    )
