"""A connection between being accepted and being of use: the header of a balancer, and the TLS handshake."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from functools import partial

from shim.gateway import errors
from shim.gateway.http1.clients import Clients
from shim.gateway.http1.connection import Connection
from shim.gateway.http1.head import TLS_RECORD
from shim.gateway.http1.peers import UNNAMED, NoProxyHeader, peer_of, read_peer
from shim.gateway.http1.secure import Secure
from shim.gateway.tls import name_in, why

log = logging.getLogger("shim.gateway")

_PLAIN = "The gateway speaks TLS here: call it by https://."


class NoTlsError(ValueError):
    """What a caller begins with on a listener of TLS is no handshake."""


class Arrival:
    """A connection that is being set up, within ``client_timeout``; it counts, and can be spared, meanwhile.

    ``task`` ends when there is a Connection, or none will be.
    """

    def __init__(self, clients: Clients, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        self._clients = clients
        self._socket = connection
        self._tls = tls
        self._peer = clients.arrived(UNNAMED if clients.options.proxy_protocol else peer_of(connection))
        self._transport: asyncio.BaseTransport | None = None
        self._connection: Connection | None = None
        self._is_unwanted = False
        clients.accepted += 1
        self.is_surplus = False
        self.verdict = clients.judge(self._peer)
        if self.verdict == "dropped":
            clients.left(self._peer)
            clients.turned_away["dropped"] += 1
            _reset(connection)
            return
        self.is_surplus = self.verdict == "surplus"
        if not self.is_surplus:
            self._peer.idle[self] = None
        self.task = clients.loop.create_task(self._set_up())
        self.task.add_done_callback(self._ended)

    def abort(self) -> None:
        """End it at once, or the Connection that has just come of it."""
        if self._connection is not None and self._connection.is_made:
            self._connection.abort()
        elif self._connection is not None and self._transport is None:  # a loop would end it without a word
            self._is_unwanted = True
        else:
            self.task.cancel()

    async def _set_up(self) -> None:
        clients, tls = self._clients, self._tls
        end = clients.loop.time() + clients.options.client_timeout
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's own signature
        async with asyncio.timeout_at(end):
            if clients.options.proxy_protocol:
                await self._learn_peer()
            if tls is not None:
                await self._hear_tls()
        clients.turned_away["surplus"] += self.is_surplus
        scheme = "http" if tls is None else "https"
        self._connection = made = Connection(clients, self._peer, self, surplus=self.is_surplus, scheme=scheme)
        layer = None if tls is None else Secure(made, tls, server_side=True)
        self._transport, _ = await clients.loop.connect_accepted_socket(lambda: layer or made, self._socket)
        if self._is_unwanted:
            self._transport.close() if layer is None else layer.abort()
        if layer is not None and tls is not None:
            async with asyncio.timeout_at(end):
                await layer.shaken()
            if tls.verify_mode is ssl.CERT_REQUIRED:
                made.client = name_in(layer.certificate())

    async def _learn_peer(self) -> None:
        """Read whom a balancer stands for; the connection counts as that one's from then on."""
        clients = self._clients
        told = await read_peer(partial(clients.loop.sock_recv, self._socket))
        self._peer.idle.pop(self, None)
        clients.left(self._peer)
        self._peer = clients.arrived(told or peer_of(self._socket))
        self.is_surplus = self.is_surplus or clients.judge(self._peer) != "served"
        if not self.is_surplus:
            self._peer.idle[self] = None

    async def _hear_tls(self) -> None:
        """Wait for the caller's first byte; raises NoTls, after a word to the caller, when no handshake begins so."""
        loop, heard = self._clients.loop, asyncio.Event()
        loop.add_reader(self._socket, heard.set)
        try:
            await heard.wait()
        finally:
            loop.remove_reader(self._socket)
        first = self._socket.recv(1, socket.MSG_PEEK)
        if first and not TLS_RECORD.startswith(first):
            with contextlib.suppress(OSError):
                self._socket.send(errors.bad_request(_PLAIN).last_bytes())
                self._socket.recv(65536)  # what is left unread would take the answer back
            raise NoTlsError("the caller speaks plain HTTP, or something else, where TLS is spoken")

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._peer.idle.pop(self, None)
        if self._connection is None or not self._connection.is_made:
            self._clients.left(self._peer)
        if self._transport is None:
            self._socket.close()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, (NoProxyHeader, NoTlsError, OSError)):
            said = "it did not come in time" if isinstance(error, TimeoutError) else type(error).__name__
            if isinstance(error, NoProxyHeader | NoTlsError):
                said = str(error)
            elif isinstance(error, ssl.SSLError):
                said = why(error)
            self._clients.turned_away["handshake"] += 1
            log.info("refused a connection of %s: its handshake failed (%s)", self._peer.address, said)
        elif error is not None:
            log.error("unhandled %s", type(error).__name__, exc_info=error)


def _reset(connection: socket.socket) -> None:
    """End a connection without a word."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
