"""A whole gateway between transports without sockets. The test decides when each byte moves, and who disconnects."""

import asyncio
from collections.abc import Callable
from typing import Any

import h11

from shim.gateway.http1.clients import Clients
from shim.gateway.http1.connection import Connection
from shim.gateway.http1.wire import NEVER
from shim.gateway.options import Options
from shim.gateway.server import Gateway
from shim.gateway.upstream.connection import UpstreamConnection

Protocol = Connection | UpstreamConnection

LARGE = 200_000
SMALL = 700
"""Chunks of one byte, more than one turn reads."""


class Wire(asyncio.Transport):
    """A transport whose other end is the test.

    ``take`` reads the written bytes, and ``deliver`` makes bytes arrive.
    """

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self.protocol = protocol
        self.unsent = bytearray()
        self.high = 65536
        self.is_full = self.is_paused = self.closing = self.lost = self.ended = False
        protocol.connection_made(self)

    def write(self, data: Any) -> None:
        """Send bytes."""
        assert not self.ended, "written after the end"
        if self.closing:
            return
        self.unsent += data
        if len(self.unsent) > self.high and not self.is_full:
            self.is_full = True
            self.protocol.pause_writing()

    def take(self, size: int) -> bytes:
        """Read this many of the written bytes."""
        data = bytes(self.unsent[:size])
        del self.unsent[:size]
        if self.is_full and len(self.unsent) <= self.high // 4:
            self.is_full = False
            self.protocol.resume_writing()
        if self.closing and not self.unsent:
            self._lose(None)
        return data

    def deliver(self, data: bytes) -> int:
        """Deliver bytes; return how many were accepted."""
        if self.is_paused or self.closing:
            return 0
        buffer = self.protocol.get_buffer(-1)
        size = min(len(data), len(buffer))
        buffer[:size] = data[:size]
        self.protocol.buffer_updated(size)
        return size

    def eof(self) -> None:
        """Deliver the end of data."""
        if not (self.closing or self.is_paused):
            assert self.protocol.eof_received() is False
            self.close()

    def close(self) -> None:
        """Close after all data was read."""
        if not self.closing:
            self.closing = True
            if not self.unsent:
                self._lose(None)

    def abort(self) -> None:
        """Close at once."""
        self.closing = True
        self.unsent.clear()
        self._lose(None)

    def reset(self) -> None:
        """Lose the other end."""
        self.closing = True
        self.unsent.clear()
        self._lose(ConnectionResetError())

    def _lose(self, error: Exception | None) -> None:
        if not self.lost:
            self.lost = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, error)

    def write_eof(self) -> None:
        """Send the end of data."""
        if self.lost:
            raise RuntimeError("as uvloop has it of what has ended")
        self.ended = True

    def is_closing(self) -> bool:
        """Return whether it is closing or closed."""
        return self.closing

    def pause_reading(self) -> None:
        """Stop delivering bytes."""
        self.is_paused = True

    def resume_reading(self) -> None:
        """Resume delivering bytes."""
        self.is_paused = False

    def get_write_buffer_size(self) -> int:
        """Return the number of unread bytes."""
        return len(self.unsent)

    def set_write_buffer_limits(
        self, high: int | None = None, low: int | None = None
    ) -> None:
        """Set the size from which the transport is full; it is writable again at a quarter of it."""
        self.high = high or 65536


class FakeUpstream:
    """The other end of one upstream connection.

    h11 reads the requests, and ``answer`` returns the response's bytes.
    """

    def __init__(
        self, wire: Wire, answer: Callable[[h11.Request], tuple[bytes, bool]]
    ) -> None:
        self.wire = wire
        self.waiting = b""
        self.is_last = False
        self._answer = answer
        self._judge = h11.Connection(h11.SERVER)

    def read(self, size: int) -> None:
        """Read this many bytes of requests, and answer complete ones."""
        if data := self.wire.take(size):
            self._judge.receive_data(data)
        while True:
            event = self._judge.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                reply, self.is_last = self._answer(event)
                self._reply = reply
            elif isinstance(event, h11.EndOfMessage):
                self.waiting += self._reply
                self._judge.send(
                    h11.Response(status_code=200, headers=[("Content-Length", "0")])
                )
                self._judge.send(h11.EndOfMessage())
                if self._judge.our_state is h11.DONE:
                    self._judge.start_next_cycle()

    def say(self, size: int) -> None:
        """Deliver this many bytes of responses, and the end after the last one."""
        if self.waiting[:size]:
            arrived = self.wire.deliver(self.waiting[:size])
        else:
            arrived = 0
        self.waiting = self.waiting[arrived:]
        if self.is_last and not self.waiting and arrived:
            self.wire.eof()


class Wired:
    """A gateway, its upstream, and one caller, all without sockets."""

    def __init__(
        self, answer: Callable[[h11.Request], tuple[bytes, bool]], **options: Any
    ) -> None:
        chosen = Options(upstream="http://upstream.test", admin=None, **options)
        self.gateway = Gateway(chosen, environ={})
        self.answer = answer
        self.made: list[FakeUpstream] = []
        self.upstream = self.gateway._handler.shared.upstream
        self.upstream.open()
        self.upstream.connect = self._connect  # type: ignore[method-assign]
        self.server = Clients(self.gateway._handler, chosen)
        self.caller = Wire(Connection(self.server, "192.0.2.1", "http"))
        self.errors: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: self.errors.append(context)
        )

    async def _connect(self, until: float = NEVER) -> UpstreamConnection:
        """Return a connection at once."""
        await asyncio.sleep(0)
        connection = UpstreamConnection(self.upstream._pool)
        self.made.append(FakeUpstream(Wire(connection), self.answer))
        self.upstream._pool._open.add(connection)
        return connection

    async def settle(self, rounds: int = 30) -> None:
        """Run the loop until it is idle."""
        for _ in range(rounds):
            await asyncio.sleep(0)

    async def end(self) -> None:
        """Close all connections, and check that nothing is left."""
        self.caller.reset()
        await self.settle()
        await self.upstream.close()
        await self.settle()
        budget = self.gateway.limits
        assert budget.reserved == 0
        assert budget.held == 0
        assert self.gateway.limits.count == 0
        assert not self.server.connections
        assert not self.server._peers
        assert not self.upstream._pool._open
        assert not self.upstream._pool._idle
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not self.errors


def request_of(number: int, kind: str) -> bytes:
    """Return a request that selects its response."""
    method = "GET"
    lines = []
    content = b""
    if kind == "head":
        method = "HEAD"
    elif kind in {"early", "upload", "expect", "small"}:
        method = "POST"
        content = b"c" * (LARGE if kind != "expect" else 10)
        if kind == "small" or number % 2:
            lines = ["Transfer-Encoding: chunked"]
            if kind != "small":
                content = b"%x\r\n%b\r\n" % (len(content), content)
            else:
                content = b"1\r\nc\r\n" * SMALL
            content += b"0\r\n\r\n"
        else:
            lines = [f"Content-Length: {len(content)}"]
        if kind == "expect":
            lines.append("Expect: 100-continue")
    return (
        "\r\n".join(
            [f"{method} /{number}/{kind} HTTP/1.1", "Host: a", *lines, "", ""]
        ).encode()
        + content
    )


def reply_of(request: h11.Request) -> tuple[bytes, bool]:
    """Return the response that a request selects, and whether the connection ends after it."""
    _, number, kind = request.target.decode().split("/")
    content = f"reply {number}".encode()
    mark = f"X-N: {number}\r\n".encode()
    plain = b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (mark, len(content))
    if kind == "chunks":
        pieces = b"".join(
            b"%x;x=y\r\n%b\r\n" % (1, content[n : n + 1]) for n in range(len(content))
        )
        return b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (
            mark,
            pieces,
        ), False
    if kind == "small":
        head = b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n" % mark
        return head + b"1\r\nx\r\n" * SMALL + b"0\r\n\r\n", False
    if kind == "end":
        return b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (mark, content), True
    if kind in {"204", "304"}:
        return b"HTTP/1.1 %b X\r\n%b\r\n" % (kind.encode(), mark), False
    if kind == "head":
        return plain, False
    if kind == "informational":
        return b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" * 3 + plain + content, False
    if kind == "large":
        return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (
            mark,
            LARGE,
            b"x" * LARGE,
        ), False
    return plain + content, False
