"""TLS for a connection: it decrypts one record at a time, and sends ciphertext.

The TLS of event loops uses several hundred KiB for each connection. Here, incoming data
passes through a shared buffer, and outgoing data waits as ciphertext in the transport.
So a connection with TLS uses about 40 KiB more than a plain one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from shim.gateway.errors import bad_request
from shim.gateway.http1.wire import Wire

RECORD = 16384  # bytes of content in one record (RFC 8446, 5.1)
# The extra bytes of a caller's TLS connection, as measured; most are OpenSSL's.
SECURED = 45 * 1024
AT_ONCE = 64  # records that are read before other tasks get their turn
# Bytes that one read accepts from callers: OpenSSL keeps as much for each, and few
# requests are longer.
CALLER_READ_SIZE = 4096
# OpenSSL's reasons for data that is not TLS
NO_TLS = frozenset({"HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER"})
_PLAIN = "The gateway uses TLS here: call it with https://."


class Tls:
    """TLS for a wire, from its ``connection_made`` on.

    One read accepts at most ``size`` bytes. ``ready`` completes with the handshake, or
    gets its OSError. After an SSLError the connection closes with an alert. A
    connection that ends without a close_notify is lost, because anyone on the way could
    have ended it and its content.
    """

    def __init__(
        self,
        wire: Wire,
        context: ssl.SSLContext,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
    ) -> None:
        self._wire = wire
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side, server_hostname
        )
        self.size = CALLER_READ_SIZE if server_side else RECORD
        self._is_over = False
        self._error: BaseException | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def arrived(self, data: memoryview) -> None:
        if not (self._is_over or self.ready.cancelled()):
            self._incoming.write(data)
            self.read()

    def read(self) -> None:
        """Shake hands; then give the wire the data, until it is held.

        Many small records are processed in turns.
        """
        left = AT_ONCE
        wire = self._wire
        try:
            if not self.ready.done():
                self._object.do_handshake()
                self.ready.set_result(None)
                wire.made()
            while (
                (self._incoming.pending or self._object.pending())
                and wire.is_open
                and not wire.held
            ):
                if not left:
                    wire.hold()
                    wire.go_on()
                elif data := self._object.read(RECORD):
                    left -= 1
                    wire.take(data)
                else:
                    wire.ended()
                    wire.end()
                    break
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            if (
                self._object.server_side
                and error.reason in NO_TLS
                and not self.ready.done()
            ):
                self._outgoing.read()
                self._outgoing.write(bad_request(_PLAIN).last_bytes())
            self._fail(error)
        self._flush()

    def sealed(self, data: bytes) -> bytes:
        """Return the ciphertext to send, empty after TLS has ended."""
        pieces = []
        try:
            for start in range(0, 0 if self._is_over else len(data), RECORD):
                self._object.write(data[start : start + RECORD])
                pieces.append(self._outgoing.read())
        except ssl.SSLError as error:
            self._fail(error)
            return b""
        return b"".join(pieces)

    def _flush(self) -> None:
        if self._outgoing.pending and self._wire.transport is not None:
            self._wire.transport.write(self._outgoing.read())

    def say_farewell(self) -> None:
        if not self._is_over:
            self._is_over = True
            # the other side has not sent its own, or the handshake is not done
            with contextlib.suppress(ssl.SSLError):
                self._object.unwrap()
            self._flush()

    def _fail(self, error: ssl.SSLError) -> None:
        """End the connection with an error, after its alert was sent."""
        self.lost(error)
        self._flush()
        self._wire.end()

    def lost(self, error: BaseException | None) -> BaseException | None:
        """Record the end, and return its error: the first one."""
        self._is_over = True
        self._error = self._error or error
        if not self.ready.done():
            self.ready.set_exception(
                error
                or ConnectionResetError("the connection ended during its handshake")
            )
            self.ready.exception()  # marks it as retrieved, even if no one waits
        return self._error
