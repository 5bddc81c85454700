"""A reply's head as bytes: nothing is added, renamed or folded on its way to the caller, and it is framed here."""

from __future__ import annotations

import attrs

from shim.core.messages import Reply, reason_phrase
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
    out = [f"HTTP/{'1.0' if asked.is_http10 else '1.1'} {status} {reason or reason_phrase(status)}"]
    chunked = False
    if body is None or bodiless:
        has_length = False
        for name, value in reply.headers:
            has_length = has_length or name.lower() == "content-length"
            out.append(f"{name}: {value}")
        if not (has_length or bodiless):
            chunked = not asked.is_http10
            keep_alive = keep_alive and chunked
            if chunked:
                out.append("Transfer-Encoding: chunked")
    else:
        out += [f"{name}: {value}" for name, value in reply.headers if name.lower() != "content-length"]
        out.append(f"Content-Length: {len(body)}")
    if not keep_alive:
        out.append("Connection: close")
    elif asked.is_http10:
        out.append("Connection: keep-alive")
    text = "\r\n".join(out)
    if text.count("\n") != len(out) - 1 or text.count("\r") != len(out) - 1 or "\0" in text:
        raise ValueError("a field value of the reply has a line break")
    # Undoes the decoding of fields, so that bytes beyond ASCII leave as they came.
    return Framing(f"{text}\r\n\r\n".encode("utf-8", "surrogateescape"), bodiless, chunked, keep_alive)
