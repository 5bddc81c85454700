"""A server that answers each request as a function says, and keeps the requests as they came."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from tests.peers.raw import Peer, converse, raw_upstream
from tests.peers.raw import reply as whole

Answer = Callable[[bytes], "bytes | Iterable[bytes] | None"]


def reply(status: str, *lines: str, body: bytes = b"") -> bytes:
    """Write a reply with a Content-Length."""
    return whole(body, *lines, status=status)


class RawServer:
    """Answers each request with what ``answer`` returns for its head and content, as ``converse`` does.

    ``gone`` is set once a connection has ended.
    """

    def __init__(self, answer: Answer) -> None:
        self.requests: list[bytes] = []
        self.gone = threading.Event()
        self.url = ""
        self._answer = answer
        self._running = contextlib.ExitStack()

    def targets(self) -> list[str]:
        """Return the request targets in order."""
        return [request.split(b" ")[1].decode("ascii") for request in self.requests]

    @property
    def connections(self) -> int:
        """How many were opened."""
        return self._arrivals.connections

    def __enter__(self) -> Self:
        self._arrivals = self._running.enter_context(raw_upstream(self._serve))
        self.url = self._arrivals.origin
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._running.close()

    def _serve(self, peer: Peer) -> None:
        try:
            converse(peer, self._reply)
        finally:
            self.gone.set()

    def _reply(self, head: bytes, content: bytes) -> bytes | Iterable[bytes] | None:
        self.requests.append(head + content)
        return self._answer(head + content)
