"""Find out which process is at the other end of a loopback connection.

Linux's kernel is asked for the exact pair of addresses. ``sock_diag`` (netlink) finds
one socket in microseconds, however many are open or in TIME_WAIT, and any user may ask.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

DOORS = 4
"""Threads that accept connections."""

DOUBT = 0.1
"""Seconds for which another user's connections are refused unchecked.

They begin when one of that user's connections was not from a descendant.
"""

_RESET, _NO_RESET = (struct.pack("ii", is_on, 0) for is_on in (True, False))
_SOCK_DIAG = 4
_BY_FAMILY = 20
_REQUEST = 1
_ANY = 0xFFFFFFFF
_QUESTION = struct.Struct("=IHHIIBBBxIHH4s12x4s12xIII")
_ANSWER = struct.Struct("=4xH2xI5xB62xII")
# ESTABLISHED, and the two states in which only its own direction has ended
_ALIVE = frozenset({1, 4, 5})


@attrs.frozen
class PeerSocket:
    """A socket of a process."""

    uid: int
    """The user id."""
    inode: int
    """The inode of the socket."""


def open_kernel() -> socket.socket:
    """Return a netlink socket for questions to the kernel. Raises OSError if there is none."""
    kernel = socket.socket(
        getattr(socket, "AF_NETLINK", -1), socket.SOCK_RAW, _SOCK_DIAG
    )
    kernel.setblocking(False)  # noqa: FBT003 - its signature; the answer is there when the question is sent
    return kernel


def caller_of(
    kernel: socket.socket, there: tuple[str, int], port: int
) -> PeerSocket | None:
    """Return the other end of a connection to a port of 127.0.0.1, None if it has gone.

    Raises OSError if the kernel can't tell.
    """
    host, number = there
    asked = (
        _QUESTION.size,
        _BY_FAMILY,
        _REQUEST,
        number,
        0,
        socket.AF_INET,
        socket.IPPROTO_TCP,
        0,
        _ANY,
    )
    ends = (
        socket.htons(number),
        socket.htons(port),
        socket.inet_aton(host),
        socket.inet_aton("127.0.0.1"),
    )
    kernel.send(_QUESTION.pack(*asked, *ends, 0, _ANY, _ANY))
    kind, of, state, uid, inode = _ANSWER.unpack_from(
        kernel.recv(512).ljust(_ANSWER.size, b"\0")
    )
    if kind != _BY_FAMILY or of != number:  # an error: there is no such socket
        return None
    if state in _ALIVE and inode:
        return PeerSocket(uid, inode)
    return None


def kernel_tells(listening: socket.socket) -> bool:
    """Return whether the kernel can identify callers here.

    It can't on macOS and in some sandboxes.
    """
    where = listening.getsockname()
    try:
        with (
            open_kernel() as kernel,
            socket.create_connection(where) as connection,
            listening.accept()[0],
        ):
            return caller_of(kernel, connection.getsockname(), where[1]) is not None
    except OSError:
        return False


def marked(mark: bytes, uid: int | None = None) -> Iterator[Path]:
    """Yield the processes with a run's mark in their environment.

    Yields those of one user, or all that this process may inspect.
    """
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended, or be another user's.
        with contextlib.suppress(OSError):
            if (uid is None or process.stat().st_uid == uid) and mark in (
                process / "environ"
            ).read_bytes():
                yield process


def is_descendant(caller: PeerSocket, mark: bytes) -> bool:
    """Return whether a process with the run's mark owns the caller's socket.

    The process may have any user by now.
    """
    wanted = f"socket:[{caller.inode}]"
    for process in marked(mark, caller.uid):
        with contextlib.suppress(OSError):
            if any(os.readlink(path) == wanted for path in (process / "fd").iterdir()):  # noqa: PTH115 - as text
                return True
    return False


@attrs.define(eq=False)
class Doorkeeper:
    """Accepts connections, and closes those of other users' processes.

    It uses several threads. Refusing a connection takes a third of the time of opening
    one, so there is room for this user's connections even if other users open theirs as
    fast as they can.
    """

    listening: socket.socket
    mark: bytes
    secret: bool
    """Whether all connections are accepted, because the kernel can't identify callers."""
    strangers: int = 0
    """The number of connections closed."""
    _known: dict[int, float] = attrs.field(factory=dict)
    _looking: threading.Lock = attrs.field(factory=threading.Lock)

    def open(self, take: Callable[[socket.socket], object]) -> None:
        """Call ``take`` with each connection from now on, in a thread."""
        # Accepted connections inherit this, so closing a stranger's sends a reset at
        # the cost of one system call.
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        for _ in range(DOORS):
            threading.Thread(target=self._take, args=(take,), daemon=True).start()

    def _take(self, take: Callable[[socket.socket], object]) -> None:
        port = self.listening.getsockname()[1]
        own = PeerSocket(os.getuid(), 0)
        kernel = None if self.secret else open_kernel()
        while True:
            try:
                connection, there = self.listening.accept()
                if kernel:
                    caller = caller_of(kernel, there, port)
                else:
                    caller = own
            except OSError:  # there is no descriptor for it
                time.sleep(DOUBT)
                continue
            if caller is not None and self._is_own(caller):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_RESET)
                take(connection)
            else:
                self.strangers += caller is not None
                connection.close()

    def _is_own(self, caller: PeerSocket) -> bool:
        """Return whether a caller may use this run.

        It may as a process of this user or of root, and as a descendant that gave up
        root's rights. Serving root reveals nothing: root can read all of this user's
        data.
        """
        user = os.getuid()
        if user or caller.uid == user:
            return caller.uid in {user, 0}
        with self._looking:
            if self._known.get(caller.uid, 0.0) > time.monotonic():
                return False
            if not (found := is_descendant(caller, self.mark)):
                self._known[caller.uid] = time.monotonic() + DOUBT
            return found
