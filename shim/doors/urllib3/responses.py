"""Responses of urllib3's kind: read, given back as they came from the wire, and made anew."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from urllib3 import HTTPResponse, Timeout
from urllib3._collections import HTTPHeaderDict  # urllib3 1.26 has it here only
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
"""Attributes of a response by which urllib3 1.26 and 2 know where it came from, and requests its cookies."""


def pieces(raw: Any) -> Iterator[bytes]:
    """Yield raw content of a response of urllib3's, or of any file; raises the exceptions of reading it."""
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
    """Return a response of the shim's own in place of ``native``, or of none, which had the ``url``."""
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
    """Return a response that came by the same connection as another, and has its cookies."""
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
    """Return for how many seconds one plain call may wait, and the timeouts to connect and to read; None is for ever.

    ``timeout`` is a number for both, a Timeout, whose ``total`` is for the whole call,
    or a pair, as requests takes it. Anything else stands for none, or for the process'
    default.
    """
    total = None
    if isinstance(timeout, tuple):
        pair = timeout
    else:
        pair = (timeout, timeout)
    if isinstance(timeout, Timeout):
        # read_timeout can be asked only while a connection is being made.
        total = _seconds(timeout.total)
        pair = (timeout._connect, timeout._read)  # noqa: SLF001 - see above
    connect, read = (total if each is None else each for each in map(_seconds, pair))
    return together(read, connect=connect) if total is None else total, (connect, read)


def _seconds(value: object) -> float | None:
    if isinstance(value, int | float):
        return value
    return None


def show_in(error: object, sent: str, own: str) -> None:
    """Let an exception, and the one that is its reason, show the caller's target in place of the one that was sent."""
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
