"""Listening sockets, bound before anybody serves them: for the gateway itself, or for workers that inherit them."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path
from typing import Any

import attrs

from shim.gateway.options import Address, Options
from shim.gateway.shares import Share

BACKLOG = 1024

_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""What a machine without IPv6 says to such an address, which names have all the same."""


@attrs.frozen
class Bound:
    """Sockets that listen: several for a name with several addresses.

    ``address`` is None for a unix socket, which is at ``path`` as long as that still is the file ``inode``.
    With a ``share`` they are other processes' too, and go on listening when this one ends.
    """

    sockets: tuple[socket.socket, ...]
    address: Address | None = None
    path: Path | None = None
    inode: int = 0
    share: Share | None = None

    def close(self) -> None:
        """Close the sockets of this process; others that share them go on."""
        for one in self.sockets:
            one.close()

    def unlink(self) -> None:
        """Take a unix socket's name away, unless it is another's by now."""
        if self.path is not None:
            _remove(self.path, self.inode)


def bind(options: Options) -> Bound:
    """Listen where the options say that calls are taken; raises OSError."""
    return bind_tcp(options.listen) if options.uds is None else _bind_unix(Path(options.uds))


def bind_tcp(wanted: Address) -> Bound:
    """Listen on every address of a host; a port of 0 is a free one. Raises OSError, which names the address."""
    found = socket.getaddrinfo(
        wanted.host, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE, proto=socket.IPPROTO_TCP
    )
    sockets: list[socket.socket] = []
    problem: OSError | None = None
    for family, _, protocol, _, where in dict.fromkeys(found):
        try:
            sockets.append(_listening(family, protocol, where))
        except OSError as error:
            problem = OSError(error.errno, f"can't bind {where}: {error.strerror}")
            if error.errno not in _NO_SUCH_FAMILY:
                break
    else:
        if sockets:
            return Bound(tuple(sockets), Address(wanted.host, sockets[0].getsockname()[1]))
    for one in sockets:
        one.close()
    raise problem or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))


def _listening(family: int, protocol: int, where: Any) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM, protocol)
    try:
        listening.setblocking(False)  # noqa: FBT003 - the socket's own signature
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(where)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _bind_unix(path: Path) -> Bound:
    """Listen on a unix socket that its owner alone can use; raises OSError when something else is there.

    A socket that nobody listens on is what a gateway leaves that could not end in order, and is replaced.
    """
    _clear(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.umask(before)
    listening.setblocking(False)  # noqa: FBT003 - the socket's own signature
    return Bound((listening,), None, path, path.stat().st_ino)


def _clear(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    taken = OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), str(path))
    if not stat.S_ISSOCK(found.st_mode):
        raise taken
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            _remove(path, found.st_ino)
            return
    raise taken


def _remove(path: Path, inode: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.lstat().st_ino == inode:
            path.unlink()
