"""Where calls are taken: a TCP socket or a unix socket, with or without TLS.

Connections are accepted here and counted from that moment on: before the header of a balancer in front of the gateway
(``proxy_protocol``), before TLS, before the first byte of a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import ssl
from functools import partial

from shim.gateway.http1.connection import Connection
from shim.gateway.http1.peers import UNNAMED, NoProxyHeader, peer_of, read_peer
from shim.gateway.http1.server import PeerConnections, Server
from shim.gateway.http1.sockets import Bound
from shim.gateway.turn_away import HANDSHAKE, turn_away

log = logging.getLogger("shim.gateway")

_FLUSH = 0.01
"""Seconds between looks at what is still to be written."""

_AT_ONCE = 64
"""Connections accepted before others get their turn."""

_POLITE = 0.002
"""Seconds for which a worker with more connections leaves one to others."""

_PAUSE = 0.5
"""Seconds in which no connection is accepted after there was no descriptor left for one."""

_TOLD = 60.0
"""Seconds in which this is logged once."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_GONE = (BlockingIOError, InterruptedError, ConnectionError)


class Listener:
    """Listening sockets (several for a name with several addresses) and what comes of their connections.

    ``address`` is None for a unix socket. With a ``reserve`` one connection can still be accepted when there is no
    descriptor left. The sockets are the listener's from here on.
    """

    def __init__(
        self, server: Server, bound: Bound, tls: ssl.SSLContext | None = None, *, reserve: bool = False
    ) -> None:
        self.server = server
        self._bound = bound
        self._sockets = list(bound.sockets)
        self._tls = tls
        self._arriving: set[asyncio.Task[None]] = set()
        self._is_exhausted = False
        self._told = float("-inf")
        self._has_reserve = reserve
        self._reserve: int | None = None
        self.address = bound.address
        for one in self._sockets:
            one.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self._keep_reserve()
        self._watch()

    def _watch(self) -> None:
        self._is_exhausted = False
        for one in self._sockets:
            self.server.loop.add_reader(one.fileno(), self._waits, one)

    def _waits(self, listening: socket.socket) -> None:
        """Accept, or let another worker accept first that has fewer connections."""
        share = self._bound.share
        if share is not None and share.enough(self.server.count):
            self.server.loop.remove_reader(listening.fileno())
            self.server.loop.call_later(_POLITE, self._late, listening)
        else:
            self._accept(listening)

    def _late(self, listening: socket.socket) -> None:
        if listening in self._sockets and not self._is_exhausted:
            self.server.loop.add_reader(listening.fileno(), self._waits, listening)
            self._accept(listening)

    def _accept(self, listening: socket.socket) -> None:
        self._keep_reserve()
        for _ in range(_AT_ONCE if self._bound.share is None else 1):
            try:
                connection, _address = listening.accept()
            except _GONE:
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                if self._reserve is None:
                    self._pause(error)
                    return
                os.close(self._reserve)
                self._reserve = None
            else:
                self._arrived(connection)

    def _keep_reserve(self) -> None:
        if self._has_reserve and self._reserve is None:
            with contextlib.suppress(OSError):
                self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def _pause(self, error: OSError) -> None:
        """Accept nothing for a while; those who are idle make room."""
        now = self.server.loop.time()
        if now - self._told > _TOLD:
            self._told = now
            log.warning("connections wait to be accepted: %s", (error.strerror or "").lower())
        self._is_exhausted = True
        for one in self._sockets:
            self.server.loop.remove_reader(one.fileno())
        self.server.spare_idle(_AT_ONCE)
        self.server.loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        if self._is_exhausted:
            self._watch()

    def _arrived(self, connection: socket.socket) -> None:
        peer = self.server.arrived(UNNAMED if self.server.options.proxy_protocol else peer_of(connection))
        verdict = self.server.judge(peer)
        if verdict == "dropped":
            self.server.left(peer)
            _reset(connection)
            return
        task = self.server.loop.create_task(self._set_up(connection, peer, surplus=verdict == "surplus"))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _set_up(self, connection: socket.socket, peer: PeerConnections, *, surplus: bool) -> None:
        """Make a Connection of what was accepted, within the time for its handshake."""
        server, patience = self.server, self.server.options.handshake_timeout
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        made: list[Connection] = []

        def make() -> Connection:
            made.append(Connection(server, peer, surplus=surplus, scheme="https" if self._tls else "http"))
            return made[0]

        try:
            async with asyncio.timeout(patience):
                if server.options.proxy_protocol:
                    told = await read_peer(partial(server.loop.sock_recv, connection))
                    server.left(peer)
                    peer = server.arrived(told or peer_of(connection))
                    surplus = surplus or server.judge(peer) != "served"
                await server.loop.connect_accepted_socket(
                    make, connection, ssl=self._tls, ssl_handshake_timeout=patience if self._tls else None
                )
        except (NoProxyHeader, OSError, TimeoutError, asyncio.CancelledError) as error:
            said = "did not come in time" if isinstance(error, TimeoutError) else type(error).__name__
            log.info("refused a connection: its handshake failed (%s)", said)
            if made and made[0].was_made:
                made[0].abort()
            else:
                connection.close()
        finally:
            if not (made and made[0].was_made):
                server.left(peer)

    async def refuse(self) -> None:
        """Take no connections but those that callers have made already, which the kernel would reset."""
        self._bound.unlink()
        if self._bound.share is None:
            turn_away(self._sockets)
        if self._sockets:
            await asyncio.sleep(HANDSHAKE)
        self._is_exhausted = False
        for one in self._sockets:
            self.server.loop.remove_reader(one.fileno())
        for one in self._sockets:
            for connection in _waiting(one):
                self._arrived(connection)
        self._sockets.clear()
        await asyncio.sleep(0)
        if self._arriving:
            await asyncio.wait(tuple(self._arriving), timeout=1.0)

    async def quiet(self, patience: float) -> None:
        """Return when all connections have ended, or after so many seconds.

        A call may be on its way on a connection that looks idle from here; what it gets is an answer
        that ends the connection.
        """
        end = self.server.loop.time() + patience
        while True:  # no event tells it
            await asyncio.sleep(_FLUSH)
            if not self.server.connections or self.server.loop.time() >= end:
                return

    async def flushed(self) -> None:
        """Return when all replies are in the hands of the kernel, however slowly callers read."""
        while any(connection.unsent() for connection in self.server.connections):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(_FLUSH)

    async def close(self) -> None:
        """End the connections that are left."""
        for task in tuple(self._arriving):
            task.cancel()
        await self.server.close()
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None


def _waiting(listening: socket.socket) -> list[socket.socket]:
    """Accept what waits to be accepted, and close the listening socket."""
    made = []
    with listening, contextlib.suppress(OSError):
        while True:
            made.append(listening.accept()[0])
    return made


def _reset(connection: socket.socket) -> None:
    """End a connection without a word."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
