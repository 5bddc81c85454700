"""A server that answers each request as a function says, and keeps the requests as they came."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator

import attrs

from tests.peers.raw import Arrivals, Peer, converse, raw_upstream
from tests.peers.raw import reply as whole

Answer = Callable[[bytes], "bytes | Iterable[bytes] | None"]


def reply(status: str, *lines: str, body: bytes = b"") -> bytes:
    """Write a reply with a Content-Length."""
    return whole(body, *lines, status=status)


@attrs.frozen
class RawServer:
    """A running server; ``gone`` is set once a connection has ended."""

    arrivals: Arrivals
    requests: list[bytes] = attrs.field(factory=list)
    gone: threading.Event = attrs.field(factory=threading.Event)

    @property
    def url(self) -> str:
        """Its origin."""
        return self.arrivals.origin

    @property
    def connections(self) -> int:
        """How many were opened."""
        return self.arrivals.connections

    def targets(self) -> list[str]:
        """Return the request targets in order."""
        return [request.split(b" ")[1].decode("ascii") for request in self.requests]


@contextlib.contextmanager
def answering(answer: Answer) -> Iterator[RawServer]:
    """Run a server that answers each request with what ``answer`` returns for it, as ``converse`` does."""

    def arrived(head: bytes, content: bytes) -> bytes | Iterable[bytes] | None:
        running.requests.append(head + content)
        return answer(head + content)

    def serve(peer: Peer) -> None:
        try:
            converse(peer, arrived)
        finally:
            running.gone.set()

    with raw_upstream(serve) as arrivals:
        running = RawServer(arrivals)
        yield running
