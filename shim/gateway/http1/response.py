"""A reply's head as bytes: nothing is added, renamed or folded on its way to the caller, and it is framed here."""

from __future__ import annotations

from functools import lru_cache

import attrs

from shim.core.messages import Headers, Reply, reason_phrase
from shim.gateway.http1.head import RequestHead

_BODILESS = frozenset({204, 304})


@attrs.frozen
class Framing:
    """The head of a reply as bytes, and how its content follows (RFC 9112, 6).

    ``chunked`` content is sent in chunks; without it, content that has no length ends with the connection, which
    then is not kept. To a ``bodiless`` reply there is none.
    """

    head: bytes
    bodiless: bool
    chunked: bool
    keep_alive: bool


def frame(asked: RequestHead, reply: Reply, *, reason: str = "", keep_alive: bool) -> Framing:
    """Return the head of a reply to a request; a reply whose body is None is going to be streamed.

    Raises ValueError when a field value has a line break: it would become a field of its own.
    """
    status, body = reply.status, reply.body
    bodiless = asked.method == "HEAD" or status in _BODILESS
    start = f"HTTP/{'1.0' if asked.is_http10 else '1.1'} {status} {reason or reason_phrase(status)}"
    last, chunked = "", False
    if body is None or bodiless:
        text, has_length = _fields(start, reply.headers, with_length=True)
        if not (has_length or bodiless):
            chunked = not asked.is_http10
            keep_alive = keep_alive and chunked
            last = "Transfer-Encoding: chunked\r\n" if chunked else ""
    else:
        text, _ = _fields(start, reply.headers, with_length=False)
        last = f"Content-Length: {len(body)}\r\n"
    if not keep_alive:
        last += "Connection: close\r\n"
    elif asked.is_http10:
        last += "Connection: keep-alive\r\n"
    # Undoes the decoding of fields, so that bytes beyond ASCII leave as they came.
    return Framing(f"{text}{last}\r\n".encode("utf-8", "surrogateescape"), bodiless, chunked, keep_alive)


@lru_cache(maxsize=64)
def _fields(start: str, headers: Headers, *, with_length: bool) -> tuple[str, bool]:
    """Return the lines up to the framing, and whether there is a length; replies of a second mostly have the same."""
    has_length = any(name.lower() == "content-length" for name, _ in headers)
    lines = [start, *(f"{name}: {value}" for name, value in headers if with_length or name.lower() != "content-length")]
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1 or "\0" in text:
        raise ValueError("a field value of the reply has a line break")
    return f"{text}\r\n", has_length
