"""TLS as a layer between a connection and its transport: the transport's protocol, and the connection's transport.

The TLS of event loops holds several hundred KiB for each connection. Here what arrives passes a buffer that all share,
a record at a time, and what leaves waits as ciphertext in the transport: a connection with TLS holds some 40 KiB more
than a plain one, and reading stops and resumes as there.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any, cast

from shim.gateway.errors import bad_request
from shim.gateway.http1.wire import Wire

RECORD = 16384  # bytes of content of one record (RFC 8446, 5.1)
SECURED = 45 * 1024  # bytes that a caller's connection takes more than a plain one, most of them OpenSSL's (measured)
AT_ONCE = 64  # records that are taken before others get their turn
CALLERS = 4096  # bytes that are read of callers at a time: OpenSSL keeps as much of each, and few requests are longer
NO_TLS = frozenset({"HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER"})  # what is not of TLS, by OpenSSL

_PLAIN = "The gateway speaks TLS here: call it by https://."


class Secure(asyncio.Transport, asyncio.BufferedProtocol):
    """A layer of TLS.

    ``end.connection_made`` is called after the handshake. A connection that ends without a close_notify is lost for the
    ``end``: anybody on the way could have ended it, so that content must not end there.
    """

    __slots__ = (
        "_end", "_error", "_has_turn", "_incoming", "_is_caller", "_is_closing", "_is_made", "_is_paused", "_loop",
        "_outgoing", "_ready", "_size", "_tls", "_transport",
    )  # fmt: skip

    def __init__(
        self, end: Wire, context: ssl.SSLContext, *, server_side: bool = False, server_hostname: str | None = None
    ) -> None:
        super().__init__()
        self._end = end
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side, server_hostname)
        self._is_caller = server_side
        self._size = CALLERS if server_side else RECORD
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._is_made = self._is_paused = self._is_closing = self._has_turn = False
        self._error: BaseException | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()

    async def shaken(self) -> None:
        """Return when the handshake is done; raises OSError, and ends the connection unless this returns."""
        try:
            await self._ready
        except ssl.SSLError:  # it is closed behind its alert
            raise
        except BaseException:
            self.abort()
            raise

    # To the transport a protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._shake_hands()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to put what arrives, at most a record, so that no more is ever held."""
        return self._end.get_buffer(sizehint)[: self._size]

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_closing:
            return
        self._incoming.write(self._end.get_buffer(nbytes)[:nbytes])
        if self._is_made:
            self._read()
        else:
            self._shake_hands()

    def eof_received(self) -> bool:
        """Close: a close_notify would have come before."""
        return False

    def connection_lost(self, exc: BaseException | None) -> None:
        self._is_closing = True
        error = self._error or exc
        self._refuse(error or ConnectionResetError("the connection ended within its handshake"))
        if self._is_made:
            self._end.connection_lost(error)

    def pause_writing(self) -> None:
        if self._is_made:
            self._end.pause_writing()

    def resume_writing(self) -> None:
        if self._is_made:
            self._end.resume_writing()

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except ssl.SSLError as error:
            if self._is_caller and error.reason in NO_TLS:
                self._transport.write(bad_request(_PLAIN).last_bytes())
                self._outgoing.read()
            self._fail(error)
            return
        self._flush()
        self._is_made = True
        self._end.connection_made(self)
        if not self._ready.done():
            self._ready.set_result(None)
        if self._incoming.pending:
            self._loop.call_soon(self._read)

    def _read(self) -> None:
        """Give the end what has arrived, until it stops reading; very many small records take turns."""
        left = AT_ONCE
        try:
            while (self._incoming.pending or self._tls.pending()) and not (self._is_paused or self._is_closing):
                if not left:  # others have their turn
                    self._transport.pause_reading()
                    self._go_on_soon()
                    break
                left -= 1
                buffer = cast("bytearray", self._end.get_buffer(RECORD))
                size = cast("int", self._tls.read(RECORD, buffer))
                if not size:
                    self._end.eof_received()
                    self.close()
                    break
                self._end.buffer_updated(size)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._fail(error)
        self._flush()

    def _go_on_soon(self) -> None:
        if not self._has_turn:
            self._has_turn = True
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Read on, unless the end has stopped reading."""
        self._has_turn = False
        if not self._is_paused:
            self._transport.resume_reading()
            self._read()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._transport.write(self._outgoing.read())

    def _refuse(self, error: BaseException) -> None:
        if not self._ready.done():
            self._ready.set_exception(error)
            self._ready.exception()  # looked at, whoever waits or not

    def _fail(self, error: BaseException) -> None:
        """End the connection by an error, after its alert was sent."""
        self._error, self._is_closing = error, True
        self._refuse(error)
        self._flush()
        self._transport.close()

    # To the end a transport.

    def write(self, data: Any) -> None:
        if self._is_closing or not data:
            return
        view, pieces = memoryview(data), []
        try:
            for start in range(0, len(view), RECORD):
                self._tls.write(view[start : start + RECORD])
                pieces.append(self._outgoing.read())
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._transport.write(b"".join(pieces))

    def _say_farewell(self) -> None:
        self._is_closing = True
        with contextlib.suppress(ssl.SSLError):  # the other side has not sent its own, or the handshake is not done
            self._tls.unwrap()
        self._flush()

    def write_eof(self) -> None:
        if not self._is_closing:
            self._say_farewell()
            self._transport.write_eof()

    def close(self) -> None:
        if not self._is_closing:
            self._say_farewell()
        self._transport.close()

    def abort(self) -> None:
        self._is_closing = True
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._is_closing or self._transport.is_closing()

    def pause_reading(self) -> None:
        self._is_paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._is_paused = False
        self._go_on_soon()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def certificate(self) -> dict[str, Any] | None:
        """Return the other side's certificate, None if it showed no certificate, as ``SSLSocket.getpeercert`` does."""
        return cast("dict[str, Any] | None", self._tls.getpeercert())


async def open_wire(end: Wire, host: str, port: int, context: ssl.SSLContext | None) -> asyncio.Transport:
    """Connect to a host, with TLS if there is a ``context``, and return the transport; raises OSError."""
    loop = asyncio.get_running_loop()
    if context is None:
        plain, _ = await loop.create_connection(lambda: end, host, port)
        return plain
    layer = Secure(end, context, server_hostname=host)
    await loop.create_connection(lambda: layer, host, port)
    await layer.shaken()
    return layer
