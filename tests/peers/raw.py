"""A peer of plain sockets, so that a test sees the exact bytes on the wire."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

PATIENCE = 60.0
"""The timeout of a waiting test, in seconds."""


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll a condition until it is true, and return its value."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.005)
    return value


class EndedError(AssertionError):
    """The other side ended the connection in the middle of a message."""


@attrs.define
class Peer:
    """One connection, read and written by hand."""

    socket: socket.socket
    seen: bytes = b""
    has_left: bool = False
    """Whether the other side has ended the connection."""

    def send(self, data: bytes) -> None:
        """Write bytes."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.has_left = True
            raise

    def some(self) -> bytes:
        """Return the next bytes, empty at the end."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.has_left = not data
        self.seen += data
        return data

    def take(self, marker: bytes) -> bytes:
        """Return the bytes up to and with a marker."""
        while marker not in self.seen:
            if not self.some():
                raise EndedError(f"ended before {marker!r}: {self.seen!r}")
        head, found, self.seen = self.seen.partition(marker)
        return head + found

    def count(self, size: int) -> bytes:
        """Return exactly this many bytes."""
        while len(self.seen) < size:
            if not self.some():
                raise EndedError(f"ended after {len(self.seen)} of {size} bytes")
        data = self.seen[:size]
        self.seen = self.seen[size:]
        return data

    def rest(self) -> bytes:
        """Return everything up to the end of the connection."""
        while self.some():
            pass
        data = self.seen
        self.seen = b""
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
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.socket.close()

    def close(self) -> None:
        """End the connection."""
        self.socket.close()


@attrs.define
class Arrivals:
    """A raw upstream: its origin, and its requests in order, by head and content or whole."""

    origin: str
    heads: list[bytes] = attrs.field(factory=list)
    contents: list[bytes] = attrs.field(factory=list)
    requests: list[bytes] = attrs.field(factory=list)
    peers: list[Peer] = attrs.field(factory=list)

    @property
    def url(self) -> str:
        """The same as its origin."""
        return self.origin

    def targets(self) -> list[str]:
        """Return the request targets in order."""
        return [
            one.split(b" ")[1].decode("ascii") for one in self.requests or self.heads
        ]

    @property
    def connections(self) -> int:
        """The number of opened connections."""
        return len(self.peers)

    @property
    def left(self) -> int:
        """The number of those that the caller has ended."""
        return sum(peer.has_left for peer in self.peers)


@contextlib.contextmanager
def raw_upstream(script: Callable[[Peer], None]) -> Iterator[Arrivals]:
    """Run a script for each connection, in a thread; the script uses a Peer in any way."""
    listener = socket.create_server(("127.0.0.1", 0))
    arrivals = Arrivals(f"http://127.0.0.1:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []

    def one(peer: Peer) -> None:
        # A caller may leave, and the end of a test ends its connections; any other
        # error of a script fails the test.
        with contextlib.suppress(OSError, EndedError):
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
            peer = Peer(connection)
            arrivals.peers.append(peer)
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
        for peer in arrivals.peers:
            with contextlib.suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


RESET = b"(reset)"
"""A reply that resets the connection instead."""
BREAK = b"(the connection ends here)"
"""The end of a reply whose connection ends there."""


def converse(
    peer: Peer, answer: Callable[[bytes, bytes], bytes | Iterable[bytes] | None]
) -> None:
    """Reply to each request of a connection, given its head and content.

    None ends the connection, empty bytes leave it open without a reply. Each piece of
    an iterable is sent separately, and the connection ends after the last one.
    """
    while (said := answer(*peer.message())) is not None:
        if said is RESET:
            peer.reset()
            return
        if not isinstance(said, bytes):
            for piece in said:
                peer.send(piece)
            return
        peer.send(said)
        if said.endswith(BREAK) or b"Connection: close" in said:
            return


@contextlib.contextmanager
def replying(*replies: bytes) -> Iterator[Arrivals]:
    """Run an upstream that replies to each request with the next of these bytes, and with the last one from then on.

    An empty reply ends the connection.
    """
    lock = threading.Lock()
    left = list(replies)

    def answer(head: bytes, content: bytes) -> bytes | None:
        with lock:
            arrivals.heads.append(head)
            arrivals.contents.append(content)
            return (left.pop(0) if len(left) > 1 else left[0]) or None

    with raw_upstream(lambda peer: converse(peer, answer)) as arrivals:
        yield arrivals


def reply(content: bytes = b"hi", *lines: str, status: str = "200 OK") -> bytes:
    """Return a reply with a Content-Length."""
    head = "\r\n".join(
        (f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *lines)
    )
    return head.encode("latin-1") + b"\r\n\r\n" + content


class Held:
    """An upstream that replies to each call with these bytes after ``answer`` is set; ``arrived`` is set by a call."""

    def __init__(self, said: bytes | None = None) -> None:
        self.said = said or reply()
        self.calls = 0
        self.arrived = threading.Event()
        self.answer = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, peer: Peer) -> None:
        """Serve one connection."""
        while True:
            peer.message()
            with self.lock:
                self.calls += 1
            self.arrived.set()
            self.answer.wait(PATIENCE)
            peer.send(self.said)
