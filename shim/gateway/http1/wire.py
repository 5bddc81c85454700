"""Connections of both sides: bytes in, bytes out, back pressure, and deadlines.

One coarse timer checks all deadlines. No connection gets all the time: many small
pieces are processed in turns, and long work begins one piece at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
from time import perf_counter
from typing import Protocol, TypeVar, cast

READ = 65536  # bytes in one read
SLOWLY = 16384  # bytes in one read for a slow reader
# Seconds between two checks of all deadlines, and so the longest delay of each.
EVERY = 0.05
NEVER = float("inf")
_LEAVING = getattr(select, "POLLRDHUP", 0)
"""The kernel's error for a connection that the other side has closed.

It arrives even while bytes wait to be read.
"""


class SecureLayer(Protocol):
    """The layer through which a wire reads and writes: TLS, or none.

    ``size`` is the limit of one read in bytes.
    """

    size: int

    def arrived(self, data: memoryview) -> None:
        """Accept ciphertext, and give the wire the content."""

    def read(self) -> None:
        """Give the wire the data that has arrived."""

    def sealed(self, data: bytes) -> bytes:
        """Return the ciphertext to send."""

    def say_farewell(self) -> None:
        """Announce that no more will be sent."""

    def lost(self, error: BaseException | None) -> BaseException | None:
        """Record the end of the connection, and return its error."""


class Wire(asyncio.BufferedProtocol):
    """A connection of the gateway.

    Subclasses define ``take`` for incoming data, ``expect`` and ``late``. All share a
    ``buffer``, and incoming data is copied out of it at once. ``made`` is called when
    the wire may be used (with ``tls`` after the handshake), ``ended`` when the other
    side sends no more, and ``lost`` at the end. ``_rest`` has arrived and waits to be
    taken. Nothing arrives while the wire is ``held``. Writing goes to the transport at
    once, and ``flushed`` waits while the transport has too much. ``late`` is called at
    ``due``, by the loop's clock. ``expect`` sets ``due`` for the awaited event, and is
    called whenever reading or writing stops or continues.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, buffer: memoryview) -> None:
        self._loop = loop
        self._buffer = self._view = buffer
        self.transport: asyncio.Transport | None = None
        self._drained: asyncio.Future[None] | None = None
        self._rest = b""
        self.tls: SecureLayer | None = None
        self.held = False
        self._turn: asyncio.Handle | None = None
        self.due = NEVER

    def take(self, data: bytes) -> None:
        raise NotImplementedError

    def late(self) -> None:
        raise NotImplementedError

    def expect(self) -> None:
        pass

    def made(self) -> None:
        pass

    def ended(self) -> None:
        pass

    def lost(self, error: BaseException | None) -> None:
        pass

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self.tls is None:
            self.made()
        else:
            self.tls.read()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        if self.tls is None:
            return self._view
        return self._view[: self.tls.size]

    def buffer_updated(self, nbytes: int) -> None:
        if self.tls is None:
            self.take(bytes(self._buffer[:nbytes]))
        else:
            self.tls.arrived(self._buffer[:nbytes])

    def eof_received(self) -> bool:
        """Close the connection.

        With TLS, a close_notify would have arrived before: anyone on the way can close
        a connection.
        """
        if self.tls is None:
            self.ended()
        return False

    def connection_lost(self, exc: BaseException | None) -> None:
        if self.tls is not None:
            exc = self.tls.lost(exc)  # each refers to the other
            self.tls = None
        self.transport = None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self.resume_writing()
        self.lost(exc)

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()
        self.expect()

    def resume_writing(self) -> None:
        drained = self._drained
        self._drained = None
        if drained is not None and not drained.done():
            drained.set_result(None)
        self.expect()

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send bytes; raises ConnectionResetError after the connection has ended."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError("the other side closed the connection")
        if self.tls is not None:
            data = self.tls.sealed(data)
        try:
            self.transport.write(data)
        # uvloop raises this if it has closed a connection itself, and will report it
        # later
        except RuntimeError:
            raise ConnectionResetError("the other side closed the connection") from None

    async def flushed(self) -> None:
        """Return after the other side has read enough that more may be written.

        Raises ConnectionResetError.
        """
        if self._drained is not None:
            await self._drained
            if self.transport is None:
                raise ConnectionResetError("the other side closed the connection")

    def unsent(self) -> int:
        if self.transport is None:
            return 0
        return self.transport.get_write_buffer_size()

    def has_left(self) -> bool:
        """Return whether the other side has closed the connection (on Linux).

        A wire that is held does not learn this otherwise.
        """
        if self.transport is None:
            return True
        found = self.transport.get_extra_info("socket")
        if found is None or not _LEAVING:
            return False
        looking = select.poll()
        looking.register(found.fileno(), _LEAVING)
        return bool(looking.poll(0))

    def hold(self) -> None:
        if not self.held and self.transport is not None:
            self.held = True
            self.transport.pause_reading()
            self.expect()

    def go_on(self) -> None:
        """After the others' turn, take the data that has arrived, and continue reading."""
        if self.held and self._turn is None:
            self._turn = self._loop.call_soon(self._take_rest)

    def _take_rest(self) -> None:
        self._turn = None
        self.held = False
        self.expect()
        if self._rest:
            self.take(b"")
        if self.transport is not None and not self.held:
            self.transport.resume_reading()
            if self.tls is not None:
                self.tls.read()

    def end(self, *, half: bool = False) -> None:
        """Close after all was sent; ``half`` only announces the end."""
        if self.transport is not None and not self.transport.is_closing():
            if self.tls is not None:
                self.tls.say_farewell()
            # asyncio's own loop raises this if the other side has reset it
            with contextlib.suppress(OSError):
                (self.transport.write_eof if half else self.transport.close)()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


async def turn(lock: asyncio.Lock) -> None:
    """Wait for a turn of long work, until the next await.

    Another turn begins after a pause that is as long as the work.
    """
    await lock.acquire()
    loop = asyncio.get_running_loop()
    began = perf_counter()
    loop.call_soon(lambda: loop.call_later(perf_counter() - began, lock.release))


W = TypeVar("W", bound=Wire)


class Wires(set[W]):
    """The connections of one side, and the one timer of their deadlines."""

    _timer: asyncio.TimerHandle | None = None

    def add(self, wire: W) -> None:
        super().add(wire)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        try:
            for wire in [wire for wire in self if wire.due <= now]:
                if wire.due <= now:  # the lateness of another one may have changed it
                    wire.late()
        finally:
            if self:
                self._timer = loop.call_later(EVERY, self._look)
            else:
                self._timer = None

    async def abort(self) -> None:
        """End all connections, and wait until they have left the set."""
        for wire in tuple(self):
            wire.abort()
        for _ in range(100):
            if not self:
                return
            await asyncio.sleep(0)
