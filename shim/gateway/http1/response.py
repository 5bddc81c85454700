"""A request for a handler, and its reply as bytes, framed and otherwise unchanged."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter

import attrs

from shim.core.messages import Headers, Reply, reason_phrase
from shim.gateway.errors import Refusal
from shim.gateway.fields import http_date
from shim.gateway.http1.body import Body
from shim.gateway.http1.callers import CallerWire
from shim.gateway.http1.head import BODILESS, Credential, RequestHead

# Bytes of content that are copied behind a head, so that both are sent at once.
_TOGETHER = 65536
# The values that differ between calls that are otherwise sent and answered alike.
_MARK = secrets.token_hex(16)


@attrs.define(eq=False)
class Request:
    """A request from a caller.

    It is answered once: by ``answer`` with a whole reply, or by ``begin``, ``send`` and
    ``end`` with a streamed one.
    """

    head: RequestHead
    credential: Credential | None
    content: Body
    way: CallerWire
    status: int | None = None
    """None until it is answered."""
    keep_alive: bool = True
    """Whether its connection may bring another request."""
    request_id: bytes = b""
    """A field line for replies that lack one."""
    whole: bool = False
    """Whether the whole reply was written."""
    _start: bytes = b""
    _chunked: bool = False
    _bodiless: bool = False

    @property
    def headers(self) -> Headers:
        if self.credential is None:
            return self.head.headers
        place = self.credential[0]
        lines = self.head.headers
        return *lines[:place], self.credential[1:], *lines[place:]

    def answer(self, reply: Reply) -> None:
        """Write a whole reply, whose body is not None."""
        lines = lines_of(reply.headers)
        self.answer_with(reply.status, lines, lines.text, reply.body or b"")

    def answer_with(self, status: int, lines: Lines, text: bytes, body: bytes) -> None:
        """Write a whole reply.

        Its field lines, without Content-Length, are these bytes.
        """
        head = self._head(status, lines, text, body, "")
        if self._bodiless:
            body = b""
        if len(body) < _TOGETHER:
            self.way.write(head + body)
        else:
            self.way.write(head)
            self.way.write(body)
        self.whole = True

    def refuse(self, refusal: Refusal) -> None:
        self.keep_alive = not refusal.close
        self.answer(refusal.reply())

    def begin(self, reply: Reply, reason: str) -> None:
        """Prepare a streamed reply, with its reason phrase."""
        lines = lines_of(reply.headers)
        self._start = self._head(reply.status, lines, lines.text, reply.body, reason)

    def send(self, piece: bytes) -> None:
        """Write a piece of a streamed reply; raises ConnectionResetError."""
        if piece and self._chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        start = self._start
        self._start = b""
        if start or piece:
            self.way.write(start + piece if start else piece)

    def end(self, piece: bytes = b"") -> None:
        """Write the end of a streamed reply, with a last piece of its content."""
        if self._chunked:
            if piece:
                piece = b"%x\r\n%b\r\n0\r\n\r\n" % (len(piece), piece)
            else:
                piece = b"0\r\n\r\n"
            self._chunked = False
        self.send(piece)
        self.whole = True

    def _head(
        self, status: int, lines: Lines, text: bytes, body: bytes | None, reason: str
    ) -> bytes:
        """Return the head of a reply, framed as its content is (RFC 9112, 6).

        A ``body`` of None will be streamed.
        """
        is_http10 = self.head.is_http10
        bodiless = self._bodiless = self.head.method == "HEAD" or status in BODILESS
        # A final answer with unread content closes the connection: the rest must not be
        # read as the next request.
        kept = (
            self.keep_alive
            and self.head.keep_alive
            and self.content.is_complete
            and not self.way.is_draining
        )
        last = b""
        if body is not None and not bodiless:
            last = b"Content-Length: %d\r\n" % len(body)
        elif lines.has_length or bodiless:
            # which has no length (RFC 9110, 8.6)
            if lines.has_length and status != 204:
                text = lines.with_length
        elif is_http10:  # content ends with the connection
            kept = False
        else:
            self._chunked = True
            last = b"Transfer-Encoding: chunked\r\n"
        if not lines.has_request_id:
            last = self.request_id + last
        if not lines.has_date:
            last = b"Date: %b\r\n%b" % (http_date().encode("ascii"), last)
        if not kept:
            last += b"Connection: close\r\n"
        elif is_http10:
            last += b"Connection: keep-alive\r\n"
        self.status = status
        self.keep_alive = kept
        return b"%b%b%b\r\n" % (
            _first_line(status, reason, is_http10=is_http10),
            text,
            last,
        )


@lru_cache(maxsize=64)
def _first_line(status: int, reason: str, *, is_http10: bool) -> bytes:
    return _encoded(
        f"HTTP/{'1.0' if is_http10 else '1.1'} {status} {reason or reason_phrase(status)}\r\n"
    )


def _encoded(text: str) -> bytes:
    """Encode fields as they were received, so that bytes beyond ASCII stay the same."""
    return text.encode("utf-8", "surrogateescape")


@attrs.frozen
class Lines:
    """Field lines as bytes, without Content-Length and with it."""

    text: bytes
    with_length: bytes
    has_length: bool
    has_date: bool
    has_request_id: bool


def lines_of(headers: Headers) -> Lines:
    """Return field lines as bytes.

    Raises ValueError for a line break in a value, which would begin another field.
    """
    lines = [f"{name}: {value}\r\n" for name, value in headers]
    text = "".join(lines)
    if text.count("\n") != len(lines) or text.count("\r") != len(lines) or "\0" in text:
        raise ValueError("a field value of the reply has a line break")
    with_length = without_length = _encoded(text)
    said = f"\n{text.lower()}"
    if has_length := "\ncontent-length:" in said:
        others = [
            line for line in lines if not line.lower().startswith("content-length:")
        ]
        without_length = _encoded("".join(others))
    return Lines(
        without_length,
        with_length,
        has_length,
        "\ndate:" in said,
        "\nx-request-id:" in said,
    )


@attrs.frozen
class Blank:
    """A bytes format, and a function that selects its values from those of a call."""

    text: bytes
    taken: Callable[[Sequence[bytes]], object]

    @classmethod
    def of(cls, text: bytes) -> Blank:
        """Return the template of a text with marks for the values."""
        pieces = re.split(rb"%b(\d+)\." % _MARK.encode(), text)
        taken = itemgetter(*map(int, pieces[1::2])) if len(pieces) > 1 else lambda _: ()
        return cls(
            b"%b".join([piece.replace(b"%", b"%%") for piece in pieces[::2]]), taken
        )

    def filled(self, values: Sequence[bytes]) -> bytes:
        """Return the bytes with a value in each place."""
        return self.text % self.taken(values)


def mark(place: int) -> str:
    """Return the mark for a place in the text of a template."""
    return f"{_MARK}{place}."
