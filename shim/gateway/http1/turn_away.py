"""No new handshakes on a socket that still listens, so that those that are done can all be accepted before it closes.

Whoever connects between the last accept and the close is connected for the kernel, and then reset. Shutting the
socket down resets all that wait, and a backlog of none leaves them hanging. A filter has no such gap: the listener
sees no SYN any more, and each handshake that was begun comes to its end. Whoever tries meanwhile is refused once
the socket has closed, by his next SYN, which comes after a second.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import sys
from collections.abc import Iterable

HANDSHAKE = 0.05
"""Seconds in which handshakes that were begun come to their end, as long as callers are not a continent away."""

_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER (socket(7)), which the socket module has no name for before Python 3.14."""

_SYN, _ACK = 0x02, 0x10

_PROGRAM = (
    (0x30, 0, 0, 13),  # load the byte of the TCP header that has the flags (RFC 9293, 3.1)
    (0x54, 0, 0, _SYN | _ACK),  # and look at two of them
    (0x15, 0, 1, _SYN),  # is it a first SYN?
    (0x06, 0, 0, 0),  # then drop it,
    (0x06, 0, 0, 0xFFFFFFFF),  # and let all others pass
)
"""Instructions of classic BPF: code, jump if true, jump if false, operand (linux/filter.h)."""


def turn_away(listening: Iterable[socket.socket]) -> None:
    """Let no handshake begin on TCP sockets, in all processes that share them.

    Where the system has no such filter nothing happens, and connections may be reset at the end. It can't be undone.
    """
    if sys.platform != "linux":
        return
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in _PROGRAM))
    program = struct.pack("HP", len(_PROGRAM), ctypes.addressof(code))
    for one in listening:
        if one.family != socket.AF_UNIX:
            with contextlib.suppress(OSError):  # a sandbox may forbid it
                one.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
