"""Sockets to listen on."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import attrs

from shim.errors import SettingsError
from shim.gateway.options import Address, Options

_BACKLOG = 1024


@attrs.frozen
class Bound:
    """Sockets that listen, before anybody serves them: several for a name with several addresses.

    ``address`` is None for a unix socket, which is at ``path`` as long as that still is the file ``inode``.
    """

    sockets: tuple[socket.socket, ...]
    address: Address | None = None
    path: Path | None = None
    inode: int = 0

    def close(self) -> None:
        """Close the sockets of this process."""
        for one in self.sockets:
            one.close()

    def unlink(self) -> None:
        """Take a unix socket's name away, unless it is another's by now."""
        if self.path is not None:
            _remove_socket(self.path, self.inode)


def bind(options: Options) -> Bound:
    """Listen where the options say that calls are taken.

    Raises OSError, and SettingsError for ``reuse_port`` on a system without it.
    """
    if options.reuse_port and not hasattr(socket, "SO_REUSEPORT"):
        raise SettingsError("reuse_port: this system can't share a port (it has no SO_REUSEPORT)")
    if options.uds is None:
        return bind_tcp(options.listen, reuse_port=options.reuse_port)
    path = Path(options.uds)
    return Bound((_bound_unix(path),), None, path, path.stat().st_ino)


def bind_tcp(wanted: Address, *, reuse_port: bool = False) -> Bound:
    """Listen on all addresses of a name; a port of 0 is a free one. Raises OSError."""
    sockets = _bound_tcp(wanted, reuse_port=reuse_port)
    return Bound(tuple(sockets), Address(wanted.host, sockets[0].getsockname()[1]))


def _bound_tcp(wanted: Address, *, reuse_port: bool) -> list[socket.socket]:
    """Return listening sockets for all addresses of a name, on one port; raises OSError."""
    infos = socket.getaddrinfo(wanted.host or None, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    made: list[socket.socket] = []
    try:
        for family, kind, number, _, address in dict.fromkeys(infos):
            port = made[0].getsockname()[1] if made else wanted.port
            try:
                one = socket.socket(family, kind, number)
            except OSError:  # a family that this machine has only the name of
                continue
            made.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if reuse_port:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            where = (address[0], port, *address[2:])
            try:
                one.bind(where)
            except OSError as error:
                raise OSError(
                    error.errno, f"error while attempting to bind on address {where[:2]!r}: {error.strerror}"
                ) from None
            one.listen(_BACKLOG)
    except BaseException:
        for one in made:
            one.close()
        raise
    if not made:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return made


def _bound_unix(path: Path) -> socket.socket:
    """Return a listening unix socket that its owner alone can use; raises OSError when something else is there.

    A socket that nobody listens on is what a gateway leaves that could not end in order, and is replaced.
    """
    _clear(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.umask(before)
    listening.listen(_BACKLOG)
    return listening


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
            _remove_socket(path, found.st_ino)
            return
    raise taken


def _remove_socket(path: Path, inode: int) -> None:
    """Remove the file of a unix socket, unless it is another one's by now."""
    try:
        if path.lstat().st_ino == inode:
            path.unlink()
    except FileNotFoundError:
        pass
