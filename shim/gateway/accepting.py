"""Connections taken from sockets that listen, one at a time."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Coroutine

from shim.gateway.sockets import Bound

log = logging.getLogger("shim.gateway")

_NONE_LEFT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What the system says when it has no room for a connection; the connection goes on waiting."""

_PAUSE = 0.1
"""Seconds until the next try then."""

_POLITE = 0.002
"""Seconds for which others may go first."""

_QUIET = 10.0
"""Seconds at least between two log lines about it."""


class Accepting:
    """Hands each connection to ``connect``.

    asyncio's own servers accept all that wait in one go, and one of several processes would get the whole of a burst.
    Here each takes one, and looks again; when ``enough`` says so, it lets others go first for a moment.
    ``take`` accepts one connection of a socket.
    """

    def __init__(
        self,
        bound: Bound,
        connect: Callable[[socket.socket], Coroutine[None, None, object]],
        take: Callable[[socket.socket], socket.socket] = lambda listening: listening.accept()[0],
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        self._bound = bound
        self._connect = connect
        self._take = take
        self._enough = enough
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[object]] = set()
        self._paused: dict[socket.socket, asyncio.TimerHandle] = {}
        self._said = float("-inf")
        self._looked_at = list(bound.sockets)
        for one in self._looked_at:
            self._look(one)

    async def stop(self) -> None:
        """Take what waits, and close the sockets; return when all connections are made. Once more changes nothing."""
        for one in self._looked_at:
            if one in self._paused:
                self._paused.pop(one).cancel()
            self._loop.remove_reader(one)
            while self._one(one):
                pass
        self._looked_at.clear()
        self._bound.close()
        await asyncio.gather(*self._opening, return_exceptions=True)

    def _look(self, listening: socket.socket) -> None:
        self._paused.pop(listening, None)
        self._loop.add_reader(listening, self._waits, listening)

    def _waits(self, listening: socket.socket) -> None:
        """Take a connection that waits, or take it a moment later, if nobody else has by then."""
        if self._enough():
            self._loop.remove_reader(listening)
            self._paused[listening] = self._loop.call_later(_POLITE, self._late, listening)
        else:
            self._one(listening)

    def _late(self, listening: socket.socket) -> None:
        self._look(listening)
        self._one(listening)

    def _one(self, listening: socket.socket) -> bool:
        """Take one connection, if one waits and there is room for it."""
        try:
            connection = self._take(listening)
        except OSError as error:
            if error.errno in _NONE_LEFT and listening not in self._paused:
                self._pause(listening, error)
            # A caller that left while it waited is not the end of those behind it.
            return error.errno == errno.ECONNABORTED
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        task = self._loop.create_task(self._made(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return True

    async def _made(self, connection: socket.socket) -> None:
        try:
            await self._connect(connection)
        except (OSError, ValueError) as error:
            # A handshake of TLS that fails is the caller's affair.
            log.debug("lost a connection before it was made: %s", error)
            connection.close()

    def _pause(self, listening: socket.socket, error: OSError) -> None:
        self._loop.remove_reader(listening)
        self._paused[listening] = self._loop.call_later(_PAUSE, self._look, listening)
        if self._loop.time() >= self._said + _QUIET:
            self._said = self._loop.time()
            log.error("takes no connections for now: %s", error.strerror)
