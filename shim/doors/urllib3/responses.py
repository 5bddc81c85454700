"""urllib3's responses: read, returned as they arrived, and built from content."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from urllib3 import HTTPResponse, Timeout
from urllib3._collections import HTTPHeaderDict  # the only place in urllib3 1.26
from urllib3.exceptions import IncompleteRead, ProtocolError, RequestError

from shim.core.messages import Reply, framed, reason_phrase
from shim.doors.exchange import Content, together
from shim.doors.native import PIECE, ContentFile

_KEPT = frozenset(
    {
        "retries",
        "_retries",
        "_pool",
        "_original_response",
        "version",
        "version_string",
        "_request_url",
    }
)
"""Attributes in which urllib3 1.26 and 2 store where a response came from, and where
requests finds its cookies.
"""


def pieces(raw: Any) -> Iterator[bytes]:
    """Yield raw content of a urllib3 response, or of any file.

    Raises the exceptions of reading it.
    """
    if not hasattr(raw, "stream"):
        yield from iter(partial(raw.read, PIECE), b"") if raw is not None else ()
        return
    size = 0
    for piece in raw.stream(PIECE, decode_content=False):
        size += len(piece)
        yield piece
    # urllib3 1.26 does not raise it
    if missing := getattr(raw, "length_remaining", None):
        broken = IncompleteRead(size, missing)
        raise ProtocolError(f"Connection broken: {broken!r}", broken)


def answered(
    reply: Reply, native: object, method: str | None, url: str | None = None
) -> HTTPResponse:
    """Return a response that the shim wrote, in place of ``native`` if it is not None.

    ``url`` is the one that was sent.
    """
    headers = HTTPHeaderDict(framed(reply, method or ""))
    reason = reason_phrase(reply.status)
    body = ContentFile([reply.body or b""])
    response = _made(
        native,
        body,
        request_method=method,
        headers=headers,
        status=reply.status,
        reason=reason,
    )
    response._request_url = url or response._request_url  # noqa: SLF001 - urllib3 1.26 has no other name for it
    return response


def renewed(old: HTTPResponse, content: Content, method: str | None) -> HTTPResponse:
    """Return a response that can be read again from its beginning, byte for byte."""
    body = ContentFile(content.chunks, content.rest, old)
    kept = {
        name: getattr(old, name)
        for name in ("headers", "status", "reason", "decode_content")
    }
    return _made(old, body, request_method=method, **kept)


def _made(like: object, body: Any, **more: Any) -> HTTPResponse:
    """Return a response with the connection and the cookies of another."""
    response = HTTPResponse(body=body, preload_content=False, version=11, **more)
    vars(response).update(
        {
            name: value
            for name, value in getattr(like, "__dict__", {}).items()
            if name in _KEPT
        }
    )
    return response


def waits_of(timeout: object) -> tuple[float | None, tuple[float | None, float | None]]:
    """Return the seconds for one plain call, and its connect and read timeouts.

    None means no limit.

    ``timeout`` is a number for both, a Timeout (whose ``total`` limits the whole call),
    or a pair, as in requests. Any other value means no timeout, or the process's
    default.
    """
    total = None
    if isinstance(timeout, tuple):
        pair = timeout
    else:
        pair = (timeout, timeout)
    if isinstance(timeout, Timeout):
        # read_timeout only has a value while a connection is being made.
        total = _seconds(timeout.total)
        pair = (timeout._connect, timeout._read)  # noqa: SLF001 - see above
    connect, read = (total if each is None else each for each in map(_seconds, pair))
    return together(read, connect=connect) if total is None else total, (connect, read)


def _seconds(value: object) -> float | None:
    if isinstance(value, int | float):
        return value
    return None


def show_in(error: object, sent: str, own: str) -> None:
    """Restore the caller's target in an exception and in its reason."""
    for each in (error, getattr(error, "reason", None)):
        if isinstance(each, RequestError):
            url: Any = each.url
            each.url = url and url.replace(sent, own)
            each.args = tuple(
                [
                    text.replace(sent, own) if isinstance(text, str) else text
                    for text in each.args
                ]
            )
