"""Where calls are taken: a TCP socket or a unix socket, with or without TLS."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import stat
from pathlib import Path

from shim.errors import SettingsError
from shim.gateway.http1.connection import Server
from shim.gateway.options import Address

_FLUSH = 0.01
"""Seconds between looks at what is still to be written."""

_BACKLOG = 1024


class Listener:
    """One listening socket (or several, for a name with several addresses) and its connections.

    ``address`` is None for a unix socket.
    """

    def __init__(
        self,
        web: Server,
        sockets: asyncio.Server,
        address: Address | None,
        tls: ssl.SSLContext | None,
        path: Path | None = None,
    ) -> None:
        self._web = web
        self._sockets = sockets
        self.address = address
        self._tls = tls
        self._path = path
        self._inode = path.stat().st_ino if path else 0

    @classmethod
    async def on_tcp(cls, web: Server, wanted: Address, tls: ssl.SSLContext | None = None) -> Listener:
        """Listen on an address; a port of 0 is a free one. Raises OSError."""
        loop = asyncio.get_running_loop()
        sockets = await loop.create_server(web, wanted.host, wanted.port, ssl=tls, backlog=_BACKLOG)
        return cls(web, sockets, Address(wanted.host, sockets.sockets[0].getsockname()[1]), tls)

    @classmethod
    async def on_unix(cls, web: Server, path: Path, tls: ssl.SSLContext | None = None) -> Listener:
        """Listen on a unix socket that its owner alone can use; raises OSError when something else is there.

        A socket that nobody listens on is what a gateway leaves that could not end in order, and is replaced.
        """
        _clear(path)
        loop = asyncio.get_running_loop()
        listening = _bound(path)
        try:
            sockets = await loop.create_unix_server(web, sock=listening, ssl=tls, backlog=_BACKLOG)
        except BaseException:
            listening.close()
            raise
        return cls(web, sockets, None, tls, path)

    async def refuse(self) -> None:
        """Take no connections but those that callers have made already, which the kernel would reset."""
        loop = asyncio.get_running_loop()
        for one in self._sockets.sockets:
            loop.remove_reader(one.fileno())
        # Connections that asyncio has accepted and not set up yet are lost when their server closes.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        listening = [socket.socket(fileno=os.dup(one.fileno())) for one in self._sockets.sockets]
        self._sockets.close()
        if self._path is not None:
            _remove(self._path, self._inode)
        made = [connection for one in listening for connection in _waiting(one)]
        await asyncio.gather(
            *(loop.connect_accepted_socket(self._web, connection, ssl=self._tls) for connection in made),
            return_exceptions=True,
        )

    async def quiet(self, patience: float) -> None:
        """Return when all connections have ended, or after so many seconds.

        A call may be on its way on a connection that looks idle from here; what it gets is an answer
        that ends the connection.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:  # no event tells it
            await asyncio.sleep(_FLUSH)
            if not self._web.connections or loop.time() >= end:
                return

    async def flushed(self) -> None:
        """Return when all replies are in the hands of the kernel, however slowly callers read."""
        while any(  # noqa: ASYNC110 - no event tells it
            connection.transport is not None and connection.transport.get_write_buffer_size()
            for connection in self._web.connections
        ):
            await asyncio.sleep(_FLUSH)

    async def close(self) -> None:
        """End the connections that are left."""
        self._web.pre_shutdown()
        await self._web.shutdown(0.1)


def tls_context(cert: str | None, key: str | None) -> ssl.SSLContext | None:
    """Return the TLS side of a listener, None without a certificate; raises SettingsError."""
    if cert is None:
        if key is not None:
            raise SettingsError("tls_key: is of no use without tls_cert")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    try:
        # A key with a password would be asked for on the terminal.
        context.load_cert_chain(cert, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        files = cert if key is None else f"{cert} and {key}"
        raise SettingsError(
            f"tls_cert: {files}: {why or 'no certificate with its private key, without a password, in PEM'}"
        ) from None
    return context


def _waiting(listening: socket.socket) -> list[socket.socket]:
    """Accept what waits to be accepted, and close the listening socket."""
    made = []
    with listening, contextlib.suppress(OSError):
        listening.setblocking(False)  # noqa: FBT003 - the socket's own signature
        while True:
            made.append(listening.accept()[0])
    return made


def _bound(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.umask(before)
    listening.setblocking(False)  # noqa: FBT003 - the socket's own signature
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
            _remove(path, found.st_ino)
            return
    raise taken


def _remove(path: Path, inode: int) -> None:
    try:
        if path.lstat().st_ino == inode:
            path.unlink()
    except FileNotFoundError:
        pass
