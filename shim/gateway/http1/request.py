"""One request and the way back: what a handler is given."""

from __future__ import annotations

from typing import Protocol

import attrs

from shim.core.messages import Headers, Reply
from shim.gateway.errors import Refusal, reply_of
from shim.gateway.http1.body import Body
from shim.gateway.http1.head import RequestHead
from shim.gateway.http1.response import Framing, Lines, frame, lines_of


class Way(Protocol):
    """The connection that a request came on, as far as its reply goes; ``client`` is the caller's name by TLS."""

    client: str | None

    def write(self, data: bytes) -> None:
        """Send the caller something."""
        ...

    async def flushed(self) -> None:
        """Return once the caller has taken so much that more may be written; raises ConnectionResetError."""
        ...

    def abort(self) -> None:
        """End the connection at once."""
        ...


@attrs.define(eq=False)
class Request:
    """A request of a caller whose address is ``peer``; ``scheme`` is ``http`` or ``https``.

    It is answered once: by ``answer`` with a whole reply, or by ``begin``, ``send`` and ``end`` with one that is
    streamed. ``status`` is None until then.
    """

    head: RequestHead
    content: Body
    scheme: str
    peer: str
    way: Way
    status: int | None = None
    keep_alive: bool = True
    request_id: bytes = b""
    """The field line ``X-Request-Id`` of the reply, where upstream's has none."""
    framing: Framing | None = None
    begun: bool = False
    """Whether the caller was sent a part of a streamed reply."""
    whole: bool = False
    """Whether the reply was written to its end."""

    @property
    def method(self) -> str:
        """The method."""
        return self.head.method

    @property
    def target(self) -> str:
        """The request target as it stands in the request line."""
        return self.head.target

    @property
    def headers(self) -> Headers:
        """The field lines."""
        return self.head.headers

    def answer(self, reply: Reply, *, reason: str = "", close: bool = False) -> None:
        """Write a whole reply, its body not None."""
        self.answer_with(reply.status, lines_of(reply.headers), reply.body or b"", reason=reason, close=close)

    def answer_with(self, status: int, lines: Lines, body: bytes, *, reason: str = "", close: bool = False) -> None:
        """Write a whole reply whose field lines are bytes already."""
        framing = self._frame(status, lines, body, reason, close=close)
        content = b"" if framing.bodiless else body
        if len(content) < 65536:
            self.way.write(framing.head + content)
        else:
            self.way.write(framing.head)
            self.way.write(content)
        self.whole = True

    def refuse(self, refusal: Refusal, *, close: bool = False) -> None:
        """Answer with an error of the gateway's own."""
        self.answer(reply_of(refusal), close=close or refusal.close)

    def begin(self, reply: Reply, *, reason: str = "", close: bool = False) -> Framing:
        """Prepare a reply whose content is going to be streamed; its head leaves with the first piece."""
        self.framing = self._frame(reply.status, lines_of(reply.headers), reply.body, reason, close=close)
        return self.framing

    def _frame(self, status: int, lines: Lines, body: bytes | None, reason: str, *, close: bool) -> Framing:
        # A final answer with content unread ends the connection: nobody reads the rest as the next request.
        kept = self.head.keep_alive and not close and self.content.is_complete
        framing = frame(self.head, status, lines, body, reason=reason, keep_alive=kept, request_id=self.request_id)
        self.status, self.keep_alive = status, framing.keep_alive
        return framing

    def send(self, piece: bytes) -> None:
        """Write a piece of a streamed reply; raises ConnectionResetError."""
        assert self.framing is not None, "begin() comes first"
        if piece and self.framing.chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        if not self.begun:
            self.begun = True
            piece = self.framing.head + piece
        self.way.write(piece)

    def end(self, piece: bytes = b"") -> None:
        """Write the end of a streamed reply, with a last piece of its content."""
        assert self.framing is not None, "begin() comes first"
        if piece and self.framing.chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        last = piece if self.begun else self.framing.head + piece
        self.begun = True
        if self.framing.chunked:
            last += b"0\r\n\r\n"
        if last:
            self.way.write(last)
        self.whole = True

    def abort(self) -> None:
        """End the connection at once, so that the caller sees a cut message and not a clean end."""
        self.keep_alive = False
        self.way.abort()
