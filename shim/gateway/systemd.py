"""systemd: the sockets that it listens on for the gateway, and what it wants to hear (sd_listen_fds(3), sd_notify(3)).

Without systemd no sockets come, and nobody listens: the same code runs, and does nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Mapping

from shim.errors import SettingsError
from shim.gateway.credentials.gates import is_loopback
from shim.gateway.http1.listener import Bound
from shim.gateway.options import Address

log = logging.getLogger("shim.gateway")

_TIDY = 15.0  # seconds more than calls in flight have, for what is still to be written
_PATIENCE = 1.0  # seconds that a manager may take for a message


class Manager:
    """Tells the manager that started this process what it does, by datagrams of ``KEY=value`` lines."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        path, pause, pid = (environ.get(name, "") for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"))
        # Python writes the name of an abstract socket with a NUL byte.
        self._address = "\0" + path[1:] if path.startswith("@") else path if path.startswith("/") else None
        ours = pid in {"", str(os.getpid())} and pause.isdecimal() and int(pause)
        self._every = int(pause) / 2e6 if ours else None

    def ready(self, status: str) -> None:
        """Say that calls are taken."""
        self._say("READY=1", f"STATUS={status}")

    def stopping(self, seconds: float) -> None:
        """Say that the end has begun, and how long it may take before somebody has to make one."""
        patience = f"EXTEND_TIMEOUT_USEC={round((seconds + _TIDY) * 1e6)}"
        self._say("STOPPING=1", "STATUS=lets calls in flight end", patience)

    async def watchdog(self) -> None:
        """Say that the loop turns, twice in the time that the manager waits for it (sd_watchdog_enabled(3))."""
        while self._every is not None:
            self._say("WATCHDOG=1")
            await asyncio.sleep(self._every)

    def _say(self, *lines: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.settimeout(_PATIENCE)
                line.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("NOTIFY_SOCKET: can't tell the service manager %s: %s", lines[0], error.strerror or error)


def inherited(environ: Mapping[str, str]) -> Bound | None:
    """Return the sockets for calls that this process was started with, as descriptors from 3 on; None without any.

    Their address is the one that most callers can reach, which is what has to be watched. Raises SettingsError for
    descriptors that are no listening stream sockets, and for those that are named for something else.
    """
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    text, names = environ.get("LISTEN_FDS", ""), environ.get("LISTEN_FDNAMES", "")
    if other := [name for name in names.split(":") if name not in {"", "calls"}]:
        raise SettingsError(f"LISTEN_FDNAMES: {other[0]!r} is not 'calls'; set FileDescriptorName= in the socket unit")
    sockets = [_listening(number) for number in range(3, 3 + (int(text) if text.isdecimal() else 0))]
    addresses = [Address(*one.getsockname()[:2]) for one in sockets if one.family != socket.AF_UNIX]
    addresses.sort(key=lambda address: is_loopback(address.host))
    return Bound(tuple(sockets), addresses[0] if addresses else None) if sockets else None


def flags_of(calls: Bound | None) -> dict[str, str]:
    """Return what sockets give as if flags had said it: nothing else can move them."""
    if calls is None:
        return {}
    if calls.address is not None:
        return {"listen": calls.address.authority, "uds": ""}
    name = calls.sockets[0].getsockname()
    return {"uds": "@" + name[1:].decode() if isinstance(name, bytes) else str(name)}


def _listening(number: int) -> socket.socket:
    try:
        one = socket.socket(fileno=number)
        listens = one.type == socket.SOCK_STREAM and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        listens = 0
    if not listens:
        raise SettingsError(f"LISTEN_FDS: descriptor {number} is no listening socket; use ListenStream=")
    one.set_inheritable(False)
    return one
