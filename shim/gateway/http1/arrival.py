"""A connection between being accepted and being of use: the header of a balancer, and the TLS handshake."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from functools import partial

from shim.gateway import errors
from shim.gateway.http1.connection import Connection
from shim.gateway.http1.head import TLS_RECORD
from shim.gateway.http1.peers import UNNAMED, NoProxyHeader, peer_of, read_peer
from shim.gateway.http1.server import Server
from shim.gateway.tls.contexts import name_in, why

log = logging.getLogger("shim.gateway")

_PLAIN = "The gateway speaks TLS here: call it by https://."


class NoTlsError(ValueError):
    """What a caller begins with on a listener of TLS is no handshake."""


class Arrival:
    """A connection that is being set up, within ``handshake_timeout``; it counts, and can be spared, meanwhile.

    ``task`` ends when there is a Connection, or none will be.
    """

    def __init__(self, server: Server, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        self._server = server
        self._socket = connection
        self._tls = tls
        self._peer = server.arrived(UNNAMED if server.options.proxy_protocol else peer_of(connection))
        self._made: Connection | None = None
        server.accepted += 1
        self.is_surplus = False
        self.verdict = server.judge(self._peer)
        if self.verdict == "dropped":
            server.left(self._peer)
            server.turned_away["dropped"] += 1
            _reset(connection)
            return
        self.is_surplus = self.verdict == "surplus"
        if not self.is_surplus:
            self._peer.idle[self] = None
        self.task = server.loop.create_task(self._set_up())
        self.task.add_done_callback(self._ended)

    def abort(self) -> None:
        """End it at once, or the Connection that has just come of it."""
        if self._made is not None and self._made.was_made:
            self._made.abort()
        else:
            self.task.cancel()

    async def _set_up(self) -> None:
        server, patience = self._server, self._server.options.handshake_timeout
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's own signature
        async with asyncio.timeout(patience):
            if server.options.proxy_protocol:
                await self._learn_peer()
            if self._tls:
                await self._hear_tls()
            transport, _ = await server.loop.connect_accepted_socket(
                self._make, self._socket, ssl=self._tls, ssl_handshake_timeout=patience if self._tls else None
            )
            if self._tls and self._tls.verify_mode is ssl.CERT_REQUIRED and self._made is not None:
                self._made.client = name_in(transport.get_extra_info("peercert"))

    async def _learn_peer(self) -> None:
        """Read whom a balancer stands for; the connection counts as that one's from then on."""
        server = self._server
        told = await read_peer(partial(server.loop.sock_recv, self._socket))
        self._peer.idle.pop(self, None)
        server.left(self._peer)
        self._peer = server.arrived(told or peer_of(self._socket))
        self.is_surplus = self.is_surplus or server.judge(self._peer) != "served"
        if not self.is_surplus:
            self._peer.idle[self] = None

    async def _hear_tls(self) -> None:
        """Wait for the caller's first byte; raises NoTls, after a word to the caller, when no handshake begins so."""
        loop, heard = self._server.loop, asyncio.Event()
        loop.add_reader(self._socket, heard.set)
        try:
            await heard.wait()
        finally:
            loop.remove_reader(self._socket)
        first = self._socket.recv(1, socket.MSG_PEEK)
        if first and not TLS_RECORD.startswith(first):
            with contextlib.suppress(OSError):
                self._socket.send(errors.raw(errors.bad_request(_PLAIN)))
                self._socket.recv(65536)  # what is left unread would take the answer back
            raise NoTlsError("the caller speaks plain HTTP, or something else, where TLS is spoken")

    def _make(self) -> Connection:
        scheme = "https" if self._tls else "http"
        self._server.turned_away["surplus"] += self.is_surplus
        self._made = Connection(self._server, self._peer, self, surplus=self.is_surplus, scheme=scheme)
        return self._made

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._peer.idle.pop(self, None)
        error = None if task.cancelled() else task.exception()
        has_connection = self._made is not None and self._made.was_made
        if not has_connection:
            self._server.left(self._peer)
        if error is None and not task.cancelled():
            return
        if isinstance(error, (NoProxyHeader, NoTlsError, OSError)):
            said = "it did not come in time" if isinstance(error, TimeoutError) else type(error).__name__
            if isinstance(error, NoProxyHeader | NoTlsError):
                said = str(error)
            elif isinstance(error, ssl.SSLError):
                said = why(error)
            self._server.turned_away["handshake"] += 1
            log.info("refused a connection of %s: its handshake failed (%s)", self._peer.address, said)
        elif error is not None:
            log.error("unhandled %s", type(error).__name__, exc_info=error)
        if self._made is not None:
            self._made.is_void = not has_connection
            self._made.abort()
            # A loop that was interrupted between making a connection and saying so may end it without a word.
            self._server.loop.call_soon(self._made.connection_lost, None)
        if not has_connection:
            self._socket.close()


def _reset(connection: socket.socket) -> None:
    """End a connection without a word."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
