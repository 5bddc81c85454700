"""The user and the program at the other end of a loopback connection, from Linux' /proc."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path


def is_own(connection: socket.socket) -> bool:
    """Return whether a process of this user made the connection; true on systems without /proc."""
    row = _row_of(connection)
    return not sys.platform.startswith("linux") or (row is not None and int(row[7]) == os.getuid())


def program_of(connection: socket.socket) -> str:
    """Return the name of the program that made the connection, ``a program`` if unknown."""
    row = _row_of(connection)
    if row is not None:
        wanted = f"socket:[{row[9]}]"
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if any(str(one.readlink()) == wanted for one in (process / "fd").iterdir()):
                    return (process / "comm").read_text("utf-8", "replace").strip()
            except OSError:  # The process has ended, or is another user's.
                continue
    return "a program"


def _row_of(connection: socket.socket) -> list[str] | None:
    """Return the caller's row of the table: addresses, state, queues, timers, retries, uid, timeout, inode, ..."""
    try:
        host, port = connection.getpeername()
        rows = [row for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text("ascii").splitlines()]
    except OSError:
        return None
    # A dual-stack socket, as in Java, has the IPv4 address at the end of an IPv6 one.
    end = f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
    return next((row for row in map(str.split, rows) if row[1].endswith(end)), None)
