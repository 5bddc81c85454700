"""The operator's listener in a thread of its own, which answers whatever the calls' side does."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import threading
from collections import deque
from functools import partial

import attrs

from shim.gateway.accepting import Accepting
from shim.gateway.admin import Admin
from shim.gateway.http1.connection import Server
from shim.gateway.options import Address, Options
from shim.gateway.sockets import bind_tcp
from shim.gateway.validation import authorities_of

MOST = 64
"""Connections at a time; one more ends the oldest, which a probe that asks at once never is."""

LIMITS = attrs.evolve(
    Options(),
    max_connections=2 * MOST,  # so many may be open while those that were ended go
    header_timeout=5.0,
    body_timeout=5.0,
    keepalive_timeout=5.0,
    send_timeout=5.0,
)
"""What the operator's connections are held to."""

SPARE = 4
"""Descriptors kept for the operator's connections, for when the process may open no more."""


class AdminThread:
    """Serves ``admin`` on a plain asyncio loop: what it needs is little, and nothing it shares with the calls' loop."""

    def __init__(self, admin: Admin, wanted: Address) -> None:
        """Listen; raises OSError."""
        self._admin = admin
        self._bound = bind_tcp(wanted)
        assert self._bound.address is not None
        self.address: Address = self._bound.address
        admin.authorities = authorities_of(self.address)
        self._spare = _Spare(SPARE)
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._open: deque[asyncio.Transport] = deque()
        self._thread = threading.Thread(target=self._run, name="admin", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    async def stop(self) -> None:
        """Let answers in progress end, and close all."""
        if self._thread.ident is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by a defect, which was logged
                self._loop.call_soon_threadsafe(self._ended.set)
            await asyncio.to_thread(self._thread.join)
        self._bound.close()
        self._spare.close()
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = Server(self._admin, LIMITS)
        accepting = Accepting(self._bound, partial(self._connect, server), self._spare.accept)
        await self._ended.wait()
        await accepting.stop()
        server.pre_shutdown()
        await server.shutdown(0.1)

    async def _connect(self, server: Server, connection: socket.socket) -> None:
        transport, _ = await self._loop.connect_accepted_socket(server, connection)
        self._open = deque(one for one in self._open if not one.is_closing())
        self._open.append(transport)
        if len(self._open) > MOST:
            self._open.popleft().abort()


class _Spare:
    """Descriptors that nobody else in the process can take, each lent to a connection when there is no other."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.filler = os.open(os.devnull, os.O_RDONLY)
        self.kept = [os.dup(self.filler) for _ in range(count)]

    def accept(self, listening: socket.socket) -> socket.socket:
        """Accept one connection; raises OSError."""
        while True:
            try:
                connection = listening.accept()[0]
            except OSError as error:
                if error.errno != errno.EMFILE or not self.kept:
                    raise
                os.close(self.kept.pop())  # another thread may be faster to take it, so there are several
            else:
                return connection if len(self.kept) == self._count else _Lent(connection, self)

    def close(self) -> None:
        """Give all descriptors back."""
        for one in (self.filler, *self.kept):
            os.close(one)


class _Lent(socket.socket):
    """A connection whose descriptor becomes a spare one at its end (inheritance is how a socket learns of its end)."""

    def __init__(self, connection: socket.socket, spare: _Spare) -> None:
        super().__init__(connection.family, connection.type, connection.proto, connection.detach())
        self._spare = spare

    def close(self) -> None:
        """Close the connection, and keep its descriptor in the same step."""
        if self.fileno() >= 0:
            descriptor = self.detach()
            os.dup2(self._spare.filler, descriptor, inheritable=False)
            self._spare.kept.append(descriptor)
