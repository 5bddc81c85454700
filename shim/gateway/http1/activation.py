"""Use the listening sockets of a service manager, which keeps them during a restart.

So no connection is refused meanwhile. The protocol is systemd's (sd_listen_fds(3)): the
descriptors start at 3, ``LISTEN_FDS`` is their number, and ``LISTEN_PID`` is the
process that they are for.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import MutableMapping

from shim.errors import SettingsError
from shim.gateway.http1.listener import Bound
from shim.gateway.option_values import Address

_FIRST = 3
_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def handed_over(wanted: Address, environ: MutableMapping[str, str]) -> Bound | None:
    """Return the sockets that this process was started with, or None; only once.

    Raises SettingsError for one that does not listen at ``wanted``, because the
    settings decide who can reach the gateway.
    """
    is_meant = environ.get("LISTEN_PID") == str(os.getpid())
    count = environ.get("LISTEN_FDS", "")
    if not is_meant or not count.isdecimal() or int(count) == 0:
        return None
    for name in _VARIABLES:
        environ.pop(name, None)
    with contextlib.ExitStack() as opened:
        found = [
            opened.enter_context(_listening(number))
            for number in range(_FIRST, _FIRST + int(count))
        ]
        for one in found:
            _check(one, wanted)
        opened.pop_all()
    return Bound(
        tuple(found), Address(wanted.host, found[0].getsockname()[1]), is_kept=True
    )


def _listening(number: int) -> socket.socket:
    try:
        found = socket.socket(fileno=number)
        is_listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise SettingsError(
            f"LISTEN_FDS: descriptor {number} is not a socket: {said}; correct the socket unit"
        ) from error
    if found.family not in {socket.AF_INET, socket.AF_INET6} or not is_listening:
        raise SettingsError(
            f"LISTEN_FDS: descriptor {number} does not listen on TCP; give ListenStream a host and port"
        )
    found.set_inheritable(False)
    return found


def _check(found: socket.socket, wanted: Address) -> None:
    host, port, *_ = found.getsockname()
    known = set[str | int]()
    # a name without an address fits no socket
    with contextlib.suppress(OSError):
        infos = socket.getaddrinfo(
            wanted.host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        known = {info[4][0] for info in infos}
    if host not in known or wanted.port not in {0, port}:
        where = Address(str(host), port).authority
        raise SettingsError(
            f"listen: the service manager's socket listens at {where}, and this setting is {wanted.authority}; "
            "make ListenStream and listen the same"
        )
