"""systemd: the sockets that it listens on for the gateway, and what it wants to hear (sd_listen_fds(3), sd_notify(3)).

Without systemd no sockets come, and nobody listens: the same code runs, and does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping

import attrs

from shim.errors import SettingsError
from shim.gateway.credentials.gates import is_loopback
from shim.gateway.http1.listener import Bound
from shim.gateway.options import Address

log = logging.getLogger("shim.gateway")

_TIDY = 15.0
"""Seconds more than calls in flight have, for what is still to be written."""

_PATIENCE = 1.0
"""Seconds that a manager may take for a message."""


class Manager:
    """Tells the manager that started this process what it does, by datagrams of ``KEY=value`` lines."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        path, pause, pid = (environ.get(name, "") for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"))
        # Python writes the name of an abstract socket with a NUL byte.
        self._address = "\0" + path[1:] if path.startswith("@") else path if path.startswith("/") else None
        ours = pid in {"", str(os.getpid())} and pause.isdecimal() and int(pause)
        self._every = int(pause) / 2e6 if ours else None
        self._serves = False

    def ready(self, status: str) -> None:
        """Say that calls are taken."""
        self._serves = True
        self._say("READY=1", f"STATUS={status}")

    @contextlib.contextmanager
    def reloading(self) -> Iterator[None]:
        """Say that settings are being read, and after the block that they have been."""
        if self._serves:
            self._say("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        yield
        if self._serves:
            self._say("READY=1")

    def stopping(self, seconds: float) -> None:
        """Say that the end has begun, and how long it may take before somebody has to make one."""
        self._serves = False
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


@attrs.frozen
class Sockets:
    """What was handed over, None where the gateway listens by itself."""

    calls: Bound | None = None
    admin: Bound | None = None

    def flags(self) -> dict[str, str]:
        """Return what is given by the sockets as if flags had said it: nothing else can move them."""
        said: dict[str, str] = {}
        if self.calls is not None and self.calls.address is not None:
            said = {"listen": self.calls.address.authority, "uds": ""}
        elif self.calls is not None:
            name = self.calls.sockets[0].getsockname()
            said = {"uds": "@" + name[1:].decode() if isinstance(name, bytes) else str(name)}
        if self.admin is not None and self.admin.address is not None:
            said["admin"] = self.admin.address.authority
        return said


def inherited(environ: Mapping[str, str]) -> Sockets:
    """Return the sockets that this process was started with, as descriptors from 3 on.

    ``LISTEN_FDNAMES`` (``FileDescriptorName=`` in the socket unit) says which are for ``calls`` and which for
    ``admin``; without it all are for calls. Raises SettingsError for other names, and for descriptors that are no
    listening stream sockets.
    """
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return Sockets()
    text, named = environ.get("LISTEN_FDS", ""), environ.get("LISTEN_FDNAMES", "")
    count = int(text) if text.isdecimal() else 0
    names = named.split(":") if named else ["calls"] * count
    if len(names) != count:
        raise SettingsError(f"LISTEN_FDNAMES: has {len(names)} names for LISTEN_FDS={text}")
    if unknown := [name for name in names if name not in {"calls", "admin"}]:
        raise SettingsError(
            f"LISTEN_FDNAMES: {unknown[0]!r} is neither 'calls' nor 'admin'; set FileDescriptorName= in the socket unit"
        )
    made = [(name, _listening(number, name)) for number, name in enumerate(names, 3)]
    calls, admin = (_bound([one for name, one in made if name == kind]) for kind in ("calls", "admin"))
    if admin is not None and admin.address is None:
        raise SettingsError("LISTEN_FDNAMES: 'admin' is a unix socket, and probes are asked over TCP")
    return Sockets(calls, admin)


def _listening(number: int, name: str) -> socket.socket:
    try:
        one = socket.socket(fileno=number)
        listens = one.type == socket.SOCK_STREAM and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        listens = 0
    if not listens:
        raise SettingsError(f"LISTEN_FDS: descriptor {number} ({name}) is no listening socket; use ListenStream=")
    one.set_inheritable(False)
    return one


def _bound(sockets: list[socket.socket]) -> Bound | None:
    """Return sockets under the address that most callers can reach, which is what has to be watched."""
    if not sockets:
        return None
    addresses = [Address(*one.getsockname()[:2]) for one in sockets if one.family != socket.AF_UNIX]
    addresses.sort(key=lambda address: is_loopback(address.host))
    return Bound(tuple(sockets), addresses[0] if addresses else None)
