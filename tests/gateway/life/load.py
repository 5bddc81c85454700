"""Callers that keep calling while a gateway ends or restarts."""

import threading
import time

from tests.peers.raw import PATIENCE, EndedError, Peer, reply
from tests.peers.served import At, connect, get, status_of

SLOW = 0.02
CLOSE = ("Connection: close",)


def slow(peer: Peer) -> None:
    """Delay each response a little."""
    while True:
        peer.message()
        time.sleep(SLOW)  # the time of a real upstream; no test depends on its length
        peer.send(reply(b"whole"))


class Load:
    """Callers on persistent and new connections, until a connection is refused or ``end`` is called.

    ``answered`` counts complete responses, and ``lost`` has the errors of other calls.
    A new connection that ends before its first byte counts as ``untaken``: the kernel
    accepted it, but the gateway did not.
    """

    def __init__(self, served: At, *, kept: int, new: int):
        self.served = served
        self.answered = self.untaken = 0
        self.lost: list[str] = []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.threads = [
            threading.Thread(target=self._go_on, args=(lines,))
            for lines in [()] * kept + [CLOSE] * new
        ]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        """Make no more calls."""
        self.ended.set()
        self.join()

    def join(self) -> None:
        """Wait for the end of all callers."""
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _go_on(self, lines: tuple[str, ...]) -> None:
        while not self.ended.is_set():
            try:
                peer = connect(self.served)
            except (ConnectionRefusedError, ConnectionResetError):
                return
            is_first = True
            while (
                self._call(peer, lines, is_first=is_first) and not self.ended.is_set()
            ):
                is_first = False
            peer.close()

    def _call(self, peer: Peer, lines: tuple[str, ...], *, is_first: bool) -> bool:
        """Make one call; return whether the connection can be used again."""
        try:
            peer.send(get("/x", *lines))
            head, content = peer.message()
        except (OSError, EndedError) as error:
            with self.lock:
                if (
                    is_first
                    and not peer.seen
                    and isinstance(error, (ConnectionError, EndedError))
                ):
                    self.untaken += 1
                else:
                    self.lost.append(repr(error))
            return False
        with self.lock:
            self.answered += 1
            if status_of(head) != 200 or content != b"whole":
                self.lost.append(repr(head))
        return b"connection: close" not in head.lower()
