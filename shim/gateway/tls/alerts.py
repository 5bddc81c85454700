"""A handshake that fails says why to the caller.

Both loops end the connection and throw the alert away (RFC 8446, 6) that OpenSSL made; callers would see nothing but
an end. So the alert is sent from here, and the connection stays for a moment: a caller of TLS 1.3 that is refused for
its certificate has often sent its request by then, and a close with bytes unread would take the alert back.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from contextvars import ContextVar
from typing import Any

LINGER = 1.0
"""Seconds for which a refused caller may go on sending, so that it gets to read its alert."""

_MOST = 16
"""Refused callers for whom this is done at a time."""

arriving: ContextVar[socket.socket] = ContextVar("arriving")
"""The connection that a handshake is made on; set by whoever begins one."""

_lingering: set[socket.socket] = set()


class SaysWhy(ssl.SSLObject):
    """One side of a handshake; ``outgoing`` is what it has to send on ``connection``."""

    outgoing: ssl.MemoryBIO | None = None
    connection: socket.socket | None = None

    def do_handshake(self) -> None:
        """Go on with the handshake, and send the alert where it fails."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError:
            if self.outgoing is not None and self.connection is not None and (alert := self.outgoing.read()):
                _send(self.connection, alert)
            raise


class ContextThatSaysWhy(ssl.SSLContext):
    """A context whose handshakes do so (inheritance is the ssl module's way)."""

    sslobject_class = SaysWhy

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *args: Any, **named: Any) -> ssl.SSLObject:
        """Return one side of a handshake."""
        made = super().wrap_bio(incoming, outgoing, *args, **named)
        assert isinstance(made, SaysWhy)
        made.outgoing, made.connection = outgoing, arriving.get(None)
        return made


def _send(connection: socket.socket, alert: bytes) -> None:
    with contextlib.suppress(OSError):
        connection.send(alert)
        if len(_lingering) >= _MOST:
            return
        connection.shutdown(socket.SHUT_WR)
        kept = connection.dup()
        loop = asyncio.get_running_loop()
        _lingering.add(kept)

        def end() -> None:
            timer.cancel()
            loop.remove_reader(kept)
            _lingering.discard(kept)
            kept.close()

        def take() -> None:
            try:
                is_over = not kept.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                is_over = True
            if is_over:
                end()

        timer = loop.call_later(LINGER, end)
        loop.add_reader(kept, take)
