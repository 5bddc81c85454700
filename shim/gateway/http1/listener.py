"""Where calls are taken: a TCP socket or a unix socket, with or without TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl

from shim.errors import SettingsError
from shim.gateway.accepting import Accepting
from shim.gateway.http1.connection import Server
from shim.gateway.sockets import Bound
from shim.gateway.turn_away import HANDSHAKE, turn_away

_FLUSH = 0.01
"""Seconds between looks at what is still to be written."""


class Listener:
    """One listening socket (or several, for a name with several addresses) and its connections.

    ``address`` is None for a unix socket.
    """

    def __init__(self, web: Server, bound: Bound, tls: ssl.SSLContext | None = None) -> None:
        """Take connections of sockets that listen; they are the listener's from here on."""
        self._web = web
        self._bound = bound
        self._tls = tls
        self.address = bound.address
        share = bound.share
        if share is None:
            self._accepting = Accepting(bound, self._connect)
        else:
            self._accepting = Accepting(bound, self._connect, enough=lambda: share.enough(web.open))

    async def _connect(self, connection: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(self._web, connection, ssl=self._tls)

    async def refuse(self) -> None:
        """Take no connections but those that callers have made already, which the kernel would reset."""
        self._bound.unlink()
        if self._bound.share is None:
            turn_away(self._bound.sockets)
        await asyncio.sleep(HANDSHAKE)
        await self._accepting.stop()

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
