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
from collections.abc import Callable

from shim.gateway.http1.arrival import Arrival
from shim.gateway.http1.clients import Clients
from shim.gateway.http1.sockets import Bound

log = logging.getLogger("shim.gateway")

_FLUSH = 0.01
"""Seconds between looks at what is still to be written."""

_AT_ONCE = 64
"""Connections accepted before others get their turn."""

_PAUSE = 0.5
"""Seconds in which no connection is accepted after there was no descriptor left for one."""

_RESERVE = 4
"""Descriptors kept for connections, where some are: other threads may be faster to take one."""

_TOLD = 60.0
"""Seconds in which this is logged once."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_GONE = (BlockingIOError, InterruptedError, ConnectionError)


class Listener:
    """Listening sockets (several for a name with several addresses) and what comes of their connections.

    ``address`` is None for a unix socket. ``tls`` is asked before each handshake what it is made with. With a
    ``reserve`` a few connections can still be accepted when there is no descriptor left. The sockets are the
    listener's from here on.
    """

    def __init__(
        self, clients: Clients, bound: Bound, tls: Callable[[], ssl.SSLContext] | None = None, *, reserve: bool = False
    ) -> None:
        self.clients = clients
        self._bound = bound
        self._sockets = list(bound.sockets)
        self._tls = tls
        clients.has_tls = tls is not None
        self._arriving: set[Arrival] = set()
        self._is_exhausted = False
        self._told = float("-inf")
        self._most_reserved = _RESERVE if reserve else 0
        self._reserve: list[int] = []
        self.address = bound.address
        for one in self._sockets:
            one.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self._keep_reserve()
        self._watch()

    def _watch(self) -> None:
        self._is_exhausted = False
        for one in self._sockets:
            self.clients.loop.add_reader(one.fileno(), self._accept, one)

    def _accept(self, listening: socket.socket) -> None:
        self._keep_reserve()
        for _ in range(_AT_ONCE):
            try:
                connection, _address = listening.accept()
            except _GONE:
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                if not self._reserve:
                    self._pause(error)
                    return
                os.close(self._reserve.pop())
            else:
                self._arrived(connection)
                if len(self._reserve) < self._most_reserved:
                    return  # the system says that there is no descriptor before it looks whether anybody waits

    def _keep_reserve(self) -> None:
        with contextlib.suppress(OSError):
            while len(self._reserve) < self._most_reserved:
                self._reserve.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def _pause(self, error: OSError) -> None:
        """Accept nothing for a while; those who are idle make room."""
        now = self.clients.loop.time()
        if now - self._told > _TOLD:
            self._told = now
            log.warning("connections wait to be accepted: %s", (error.strerror or "").lower())
        self._is_exhausted = True
        for one in self._sockets:
            self.clients.loop.remove_reader(one.fileno())
        self.clients.spare_idle(_AT_ONCE)
        self.clients.loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        if self._is_exhausted:
            self._watch()

    def _arrived(self, connection: socket.socket) -> None:
        self.take(connection, None if self._tls is None else self._tls())

    def take(self, connection: socket.socket, tls: ssl.SSLContext | None) -> Arrival:
        """Serve a connection that was accepted here or elsewhere."""
        arrival = Arrival(self.clients, connection, tls)
        if arrival.verdict != "dropped":
            self._arriving.add(arrival)
            arrival.task.add_done_callback(lambda _: self._arriving.discard(arrival))
        return arrival

    async def refuse(self) -> None:
        """Take no connections but those that callers have made already, which the kernel would reset."""
        self._bound.unlink()
        self._is_exhausted = False
        for one in self._sockets:
            self.clients.loop.remove_reader(one.fileno())
        for one in self._sockets:
            for connection in _waiting(one):
                self._arrived(connection)
        self._sockets.clear()
        await asyncio.sleep(0)
        if self._arriving:
            await asyncio.wait([arrival.task for arrival in self._arriving], timeout=1.0)

    async def quiet(self, patience: float) -> None:
        """Return when all connections have ended, or after so many seconds.

        A call may be on its way on a connection that looks idle from here; what it gets is an answer
        that ends the connection.
        """
        end = self.clients.loop.time() + patience
        while True:  # no event tells it
            await asyncio.sleep(_FLUSH)
            if not self.clients.connections or self.clients.loop.time() >= end:
                return

    async def flushed(self) -> None:
        """Return when all replies are in the hands of the kernel, however slowly callers read."""
        while any(connection.unsent() for connection in self.clients.connections):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(_FLUSH)

    async def close(self) -> None:
        """End the connections that are left."""
        for arrival in tuple(self._arriving):
            arrival.abort()
        await self.clients.close()
        while self._reserve:
            os.close(self._reserve.pop())


def _waiting(listening: socket.socket) -> list[socket.socket]:
    """Accept what waits to be accepted, and close the listening socket.

    Whoever connects between the two is reset, unless a service manager has the same socket open and keeps it listening.
    """
    made = []
    with listening, contextlib.suppress(OSError):
        while True:
            made.append(listening.accept()[0])
    return made
