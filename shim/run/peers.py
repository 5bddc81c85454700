"""Who is at the other end of a loopback connection: Linux' kernel is asked for the exact pair of addresses.

``sock_diag`` (netlink) finds one socket in microseconds, whatever else is open or in TIME_WAIT, and any user may ask.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import attrs

_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ANY = 4, 20, 1, 0xFFFFFFFF
_HEADER = struct.Struct("=IHHII")
_ALIVE = frozenset({1, 4, 5})  # ESTABLISHED, and the two states in which it has only ended its own direction


@attrs.frozen
class PeerSocket:
    """A socket of a process: the user's number and the socket's."""

    uid: int
    inode: int


UNTOLD = PeerSocket(os.getuid(), 0)
"""The caller where the kernel does not tell."""


def caller_of(connection: socket.socket) -> PeerSocket | None:
    """Return the other end of a loopback connection, None if it has gone; raises OSError if the kernel can't tell."""
    (there, its_port), (here, port) = connection.getpeername()[:2], connection.getsockname()[:2]
    pair = b"".join(socket.inet_pton(connection.family, address).ljust(16, b"\0") for address in (there, here))
    asked = struct.pack("=BBBxI", connection.family, socket.IPPROTO_TCP, 0, _ANY)
    asked += struct.pack("!HH", its_port, port) + pair + struct.pack("=III", 0, _ANY, _ANY)
    with socket.socket(getattr(socket, "AF_NETLINK", -1), socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        kernel.settimeout(1)
        kernel.send(_HEADER.pack(_HEADER.size + len(asked), _BY_FAMILY, _REQUEST, 1, 0) + asked)
        answer = kernel.recv(8192)
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:  # an error: there is no such socket
        return None
    uid, inode = struct.unpack_from("=II", answer, _HEADER.size + 64)
    return PeerSocket(uid, inode) if answer[_HEADER.size + 1] in _ALIVE and inode else None


def kernel_tells(listening: socket.socket) -> bool:
    """Return whether the kernel tells here who is at the other end: not on macOS, nor in some sandboxes."""
    try:
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            return caller_of(accepted) is not None
    except OSError:
        return False


def is_own(caller: PeerSocket) -> bool | None:
    """Return whether a caller is a process of this user; None if it is another user's that may be a descendant.

    To serve root's gives nothing away: it may read all that this user has.
    """
    if caller.uid in {os.getuid(), 0}:
        return True
    return None if os.getuid() == 0 else False  # root's programs may have given up its rights


def marked(mark: bytes, uid: int | None = None) -> Iterator[Path]:
    """Yield the processes that have a run's mark in their environment, of one user or of all that may be looked at."""
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended, or be another user's.
        with contextlib.suppress(OSError):
            if (uid is None or process.stat().st_uid == uid) and mark in (process / "environ").read_bytes():
                yield process


def is_descendant(caller: PeerSocket, mark: bytes) -> bool:
    """Return whether a process with the run's mark holds the caller's socket, whoever its user is now."""
    wanted = f"socket:[{caller.inode}]"
    for process in marked(mark, caller.uid):
        with contextlib.suppress(OSError):
            if any(os.readlink(path) == wanted for path in (process / "fd").iterdir()):  # noqa: PTH115 - as text
                return True
    return False
