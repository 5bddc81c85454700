"""Peers made of plain sockets, so that a test sees the very bytes that went over the wire."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import attrs

from shim.core.recognise import Engine
from shim.gateway import Gateway, Options, serve_in_thread
from shim.gateway.options import Address

LOOPBACK = Address("127.0.0.1", 0)
PATIENCE = 10.0
"""Seconds after which a test that waits has failed."""


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll a condition until it holds, and return its value."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.005)
    return value


@attrs.define
class Peer:
    """One connection, read and written by hand."""

    socket: socket.socket
    seen: bytes = b""

    def send(self, data: bytes) -> None:
        """Write bytes."""
        self.socket.sendall(data)

    def some(self) -> bytes:
        """Return what arrives next, empty at the end."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.seen += data
        return data

    def take(self, marker: bytes) -> bytes:
        """Return what arrived up to and with a marker."""
        while marker not in self.seen:
            assert self.some(), f"ended before {marker!r}: {self.seen!r}"
        head, found, self.seen = self.seen.partition(marker)
        return head + found

    def count(self, size: int) -> bytes:
        """Return exactly so many bytes."""
        while len(self.seen) < size:
            assert self.some(), f"ended after {len(self.seen)} of {size} bytes"
        data, self.seen = self.seen[:size], self.seen[size:]
        return data

    def rest(self) -> bytes:
        """Return everything up to the end of the connection."""
        while self.some():
            pass
        data, self.seen = self.seen, b""
        return data

    def message(self) -> tuple[bytes, bytes]:
        """Return head and content of one message, which has a Content-Length, chunks, or no content."""
        head = self.take(b"\r\n\r\n")
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            content = b""
            while size := int(self.take(b"\r\n"), 16):
                content += self.count(size)
                self.take(b"\r\n")
            self.take(b"\r\n")
            return head, content
        found = lower.partition(b"content-length: ")[2]
        return head, self.count(int(found.partition(b"\r\n")[0])) if found else b""

    def reset(self) -> None:
        """End the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        """End the connection."""
        self.socket.close()


@attrs.define
class Arrivals:
    """What a raw upstream saw: its origin, and the head and content of each request in order."""

    origin: str
    heads: list[bytes] = attrs.field(factory=list)
    contents: list[bytes] = attrs.field(factory=list)
    connections: int = 0


@contextlib.contextmanager
def raw_upstream(script: Callable[[Peer], None]) -> Iterator[Arrivals]:
    """Run a script for each connection, in a thread; the script talks to a Peer as it likes."""
    listener = socket.create_server(("127.0.0.1", 0))
    arrivals = Arrivals(f"http://127.0.0.1:{listener.getsockname()[1]}")
    peers: list[Peer] = []
    threads: list[threading.Thread] = []

    def one(peer: Peer) -> None:
        # The end of a test ends its connections; what the script says then is of no interest.
        with contextlib.suppress(OSError, AssertionError):
            script(peer)
        with contextlib.suppress(OSError):
            peer.socket.shutdown(socket.SHUT_RDWR)
        peer.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            arrivals.connections += 1
            peer = Peer(connection)
            peers.append(peer)
            thread = threading.Thread(target=one, args=(peer,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield arrivals
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for peer in peers:
            with contextlib.suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


@contextlib.contextmanager
def replying(*replies: bytes) -> Iterator[Arrivals]:
    """Run an upstream that answers each request with the next of these bytes, and the last one for ever.

    An empty reply ends the connection unanswered.
    """
    lock = threading.Lock()
    left = list(replies)
    box: list[Arrivals] = []

    def script(peer: Peer) -> None:
        while True:
            head, content = peer.message()
            with lock:
                box[0].heads.append(head)
                box[0].contents.append(content)
                reply = left.pop(0) if len(left) > 1 else left[0]
            if not reply:
                return
            peer.send(reply)
            if b"Connection: close" in reply:
                return

    with raw_upstream(script) as arrivals:
        box.append(arrivals)
        yield arrivals


def reply(content: bytes = b"hi", *lines: str, status: str = "200 OK") -> bytes:
    """Return a reply with a Content-Length."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *lines))
    return head.encode("latin-1") + b"\r\n\r\n" + content


@contextlib.contextmanager
def gateway(origin: str, engine: Engine | None = None, **options: Any) -> Iterator[Gateway]:
    """Run a gateway for an upstream, on free ports."""
    defaults = {"listen": LOOPBACK, "admin": LOOPBACK, "drain": 5.0, "connect_timeout": 5.0}
    with serve_in_thread(Options(upstream=origin, **{**defaults, **options}), engine) as served:
        yield served


class Served(Protocol):
    """Something that listens at a URL."""

    @property
    def url(self) -> str:
        """Its origin."""
        ...


@attrs.frozen
class At:
    """A listener known by its URL: in another process, or a gateway's admin listener."""

    url: str


@contextlib.contextmanager
def calling(served: Served) -> Iterator[Peer]:
    """Connect to a listener."""
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    peer = Peer(socket.create_connection((host, int(port)), timeout=PATIENCE))
    try:
        yield peer
    finally:
        peer.close()


def get(target: str, *lines: str, method: str = "GET", host: str = "shim.test") -> bytes:
    """Return a request without content."""
    return "\r\n".join((f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", "")).encode("latin-1")


def ask(served: Served, request: bytes) -> tuple[bytes, bytes]:
    """Send one request on a connection of its own, and return head and content of the reply."""
    with calling(served) as peer:
        peer.send(request)
        return peer.message()


def lines_of(head: bytes) -> list[tuple[str, str]]:
    """Return the field lines of a head, names in lower case, in order."""
    lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")[1:]
    return [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def value_of(head: bytes, name: str) -> str | None:
    """Return one field's only value."""
    values = [value for key, value in lines_of(head) if key == name.lower()]
    assert len(values) <= 1, f"{name} is there {len(values)} times"
    return values[0] if values else None


def status_of(head: bytes) -> int:
    """Return the status of a reply's head."""
    return int(head.split(b" ", 2)[1])
