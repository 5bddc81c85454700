"""A reply written as bytes, so that nothing is added, renamed or folded on its way to the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import HttpVersion10, hdrs, web

from shim.core.messages import Reply, reason_phrase
from shim.gateway.errors import Refusal, reply_of

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

_BODILESS = frozenset({204, 304})


class RawResponse(web.StreamResponse):
    """One reply on one connection: its head as given, its framing made here (RFC 9112, 6).

    A reply without a body (None) is going to be streamed: then its Content-Length frames it, or chunks
    do, or for HTTP/1.0 the end of the connection. ``close`` ends the connection after it. aiohttp asks
    a handler for a StreamResponse; of that class only its place in aiohttp's flow is used.
    """

    def __init__(
        self, request: web.BaseRequest, reply: Reply, *, reason: str | None = None, close: bool = False
    ) -> None:
        status, body = reply.status, reply.body
        super().__init__(status=status, reason=reason or reason_phrase(status))
        self._request = request
        self._keep_alive = request.keep_alive and not close
        self._content = body
        bodiless = request.method == hdrs.METH_HEAD or status in _BODILESS
        out = [f"HTTP/{'1.0' if request.version == HttpVersion10 else '1.1'} {status} {self.reason}"]
        length: str | None = None
        for name, value in reply.headers:
            if name.lower() == "content-length":
                if body is not None and not bodiless:
                    continue
                length = value
            out.append(f"{name}: {value}")
        self._chunks = False
        if bodiless:
            self._content = b""
        elif body is not None:
            out.append(f"Content-Length: {len(body)}")
        elif length is None:
            if request.version == HttpVersion10:
                self._keep_alive = False
            else:
                self._chunks = True
                out.append("Transfer-Encoding: chunked")
        if not self._keep_alive:
            out.append("Connection: close")
        elif request.version == HttpVersion10:
            out.append("Connection: keep-alive")
        head = "\r\n".join(out) + "\r\n\r\n"
        if head.count("\n") != len(out) + 1 or head.count("\r") != len(out) + 1 or "\0" in head:
            raise ValueError("a field value of the reply has a line break")
        # Undoes the decoding of fields, so that bytes beyond ASCII leave as they came.
        self._head: bytes | None = head.encode("utf-8", "surrogateescape")
        self._done = False

    @property
    def streams(self) -> bool:
        """Whether content is still to be written."""
        return self._content is None

    @property
    def begun(self) -> bool:
        """Whether the caller was sent a part of it."""
        return self._head is None

    def _begin(self, chunk: bytes) -> None:
        """Write the head, with a first piece of the content in the same segment."""
        head, self._head = self._head, None
        if head is None:
            return
        if chunk and self._chunks:
            chunk = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the caller left")
        self._request.writer.output_size += len(head)
        transport.write(head + chunk if len(chunk) < 65536 else head)
        if len(chunk) >= 65536:
            transport.write(chunk)
        if self._chunks:
            self._request.writer.enable_chunking()

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the head, and the content when it is complete."""
        self._begin(self._content or b"")
        return request.writer

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write a piece of the content, waiting while the caller's side is full."""
        if self._head is not None:
            self._begin(bytes(data))
            await self._request.writer.drain()
        else:
            await self._request.writer.write(data)

    async def write_eof(self, data: bytes = b"") -> None:
        """Write the end of the content, once; nothing after an abort."""
        if not self._done:
            self._done = True
            self._begin(b"")
            await self._request.writer.write_eof(data)
            # Without chunks the library doesn't wait, and a caller that takes nothing could ask for ever more.
            await self._request.writer.drain()

    def abort(self) -> None:
        """End the connection at once, so that the caller sees a cut message and not a clean end."""
        self._done, self._head, self._keep_alive = True, None, False
        if self._request.transport is not None:
            self._request.transport.abort()


def refuse(request: web.BaseRequest, refusal: Refusal) -> RawResponse:
    """Return the gateway's own answer as a reply to this request."""
    return RawResponse(request, reply_of(refusal), close=refusal.close)


def client_disconnected(request: web.BaseRequest) -> RawResponse:
    """Return the reply to a caller that left: nothing, on a connection that is over."""
    response = RawResponse(request, Reply(499, body=b""), reason="Client Closed Request", close=True)
    response.abort()
    return response
