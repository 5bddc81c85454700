"""A reply's head as bytes: nothing is added, renamed or folded on its way to the caller, and it is framed here."""

from __future__ import annotations

from functools import lru_cache

import attrs

from shim.core.messages import Headers, reason_phrase
from shim.gateway.http1.date import now
from shim.gateway.http1.head import RequestHead

_BODILESS = frozenset({204, 304})


@attrs.define
class Framing:
    """The head of a reply as bytes, and how its content follows (RFC 9112, 6).

    ``chunked`` content is sent in chunks; without it, content that has no length ends with the connection, which
    then is not kept. To a ``bodiless`` reply there is none.
    """

    head: bytes
    bodiless: bool
    chunked: bool
    keep_alive: bool


def frame(  # noqa: PLR0913 - all that a reply's head is made of
    asked: RequestHead, status: int, lines: Lines, body: bytes | None, *, reason: str = "", keep_alive: bool,
    request_id: bytes = b"",
) -> Framing:  # fmt: skip
    """Return the head of a reply to a request; a reply whose ``body`` is None is going to be streamed.

    ``request_id`` is a field line that is added unless the reply has a request id of upstream's.
    """
    bodiless = asked.method == "HEAD" or status in _BODILESS
    text, last, chunked = lines.text, b"", False
    if body is None or bodiless:
        text = lines.text if status == 204 else lines.with_length  # which has no length (RFC 9110, 8.6)
        if not (lines.has_length or bodiless):
            chunked = not asked.is_http10
            keep_alive = keep_alive and chunked
            last = b"Transfer-Encoding: chunked\r\n" if chunked else b""
    else:
        last = b"Content-Length: %d\r\n" % len(body)
    if not lines.has_request_id:
        last = request_id + last
    if not lines.has_date:
        last = b"Date: %b\r\n%b" % (now().encode("ascii"), last)
    if not keep_alive:
        last += b"Connection: close\r\n"
    elif asked.is_http10:
        last += b"Connection: keep-alive\r\n"
    head = b"%b%b%b\r\n" % (_start(status, reason, is_http10=asked.is_http10), text, last)
    return Framing(head, bodiless, chunked, keep_alive)


@lru_cache(maxsize=64)
def _start(status: int, reason: str, *, is_http10: bool) -> bytes:
    return _encoded(f"HTTP/{'1.0' if is_http10 else '1.1'} {status} {reason or reason_phrase(status)}\r\n")


def _encoded(text: str) -> bytes:
    """Undo the decoding of fields, so that bytes beyond ASCII leave as they came."""
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
    """Return field lines as text; raises ValueError for a line break in a value: it would begin a field of its own."""
    lines, others = [], []
    has_date = has_request_id = False
    for name, value in headers:
        line = f"{name}: {value}"
        lines.append(line)
        if "\n" in line or "\r" in line or "\0" in line:
            raise ValueError("a field value of the reply has a line break")
        lower = name.lower()
        if lower != "content-length":
            others.append(line)
            has_date = has_date or lower == "date"
            has_request_id = has_request_id or lower == "x-request-id"
    text, with_length = (_encoded("".join([f"{line}\r\n" for line in some])) for some in (others, lines))
    return Lines(text, with_length, len(others) < len(lines), has_date, has_request_id)
