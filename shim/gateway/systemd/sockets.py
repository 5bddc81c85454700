"""Sockets that systemd listens on for the gateway, which it can start and restart without refusing anybody.

They come as descriptors from 3 on, each with a name (sd_listen_fds(3); ``FileDescriptorName=`` in the socket unit).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import attrs

from shim.errors import SettingsError
from shim.gateway.credentials.modes import is_loopback
from shim.gateway.http1.sockets import Bound
from shim.gateway.options import Address

_FIRST = 3
_NAMES = ("calls", "admin")


@attrs.frozen
class Sockets:
    """What was handed over, None where the gateway listens by itself."""

    calls: Bound | None = None
    admin: Bound | None = None

    def flags(self) -> dict[str, str]:
        """Return what is given by the sockets as if flags had said it: nothing else can move them."""
        said: dict[str, str] = {}
        if self.calls is not None:
            address = self.calls.address
            said = {"listen": address.authority, "uds": ""} if address else {"uds": _name(self.calls.sockets[0])}
        if self.admin is not None and self.admin.address is not None:
            said["admin"] = self.admin.address.authority
        return said


def inherited(environ: Mapping[str, str]) -> Sockets:
    """Return the sockets that this process was started with.

    ``LISTEN_FDNAMES`` says which are for ``calls`` and which for ``admin``; without it all are for calls. Raises
    SettingsError for other names, and for descriptors that are no listening stream sockets.
    """
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return Sockets()
    text = environ.get("LISTEN_FDS", "")
    count = int(text) if text.isdecimal() else 0
    names = environ.get("LISTEN_FDNAMES", "").split(":") if environ.get("LISTEN_FDNAMES") else ["calls"] * count
    if len(names) != count:
        raise SettingsError(f"LISTEN_FDNAMES: has {len(names)} names for LISTEN_FDS={text}")
    if unknown := sorted({name for name in names if name not in _NAMES}):
        raise SettingsError(
            f"LISTEN_FDNAMES: {unknown[0]!r} is neither 'calls' nor 'admin'; set FileDescriptorName= in the socket unit"
        )
    found: dict[str, list[socket.socket]] = {name: [] for name in _NAMES}
    for number, name in enumerate(names, _FIRST):
        found[name].append(_listening(number, name))
    sockets = Sockets(_bound(found["calls"]), _bound(found["admin"]))
    if sockets.admin is not None and sockets.admin.address is None:
        raise SettingsError("LISTEN_FDNAMES: 'admin' is a unix socket, and probes are asked over TCP")
    return sockets


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


def _name(one: socket.socket) -> str:
    name = one.getsockname()
    return "@" + name[1:].decode() if isinstance(name, bytes) else str(name)
