"""Responses of urllib3's kind: read within bounds, given back as they came from the wire, and made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import Any

from urllib3 import HTTPResponse, Timeout
from urllib3._collections import HTTPHeaderDict  # urllib3 1.26 has it here only
from urllib3.exceptions import IncompleteRead, ProtocolError, RequestError

from shim.core.messages import Reply, framed, reason_phrase
from shim.doors.exchange import Content, together
from shim.doors.native import PIECE, ContentFile


def pieces(raw: Any) -> Iterator[bytes]:
    """Yield raw content; raises what reading it raises.

    ``raw`` is a response of urllib3's, or any file, which is taken to be decoded already.
    """
    if not hasattr(raw, "stream"):
        yield from iter(partial(raw.read, PIECE), b"") if raw is not None else ()
        return
    size = 0
    for piece in raw.stream(PIECE, decode_content=False):
        size += len(piece)
        yield piece
    if missing := getattr(raw, "length_remaining", None):  # urllib3 1.26 does not raise it
        broken = IncompleteRead(size, missing)
        raise ProtocolError(f"Connection broken: {broken!r}", broken)


def renewed(old: HTTPResponse, content: Content, method: str | None) -> HTTPResponse:
    """Return a response that was drained so that it can be read again, byte for byte."""
    return _response(
        old,
        ContentFile(content.chunks, content.rest, old),
        method,
        headers=old.headers,
        status=old.status,
        reason=old.reason,
        decode_content=old.decode_content,
    )


class _Whole(BytesIO):
    """Content that is all here; closed once it was read, as http.client's is, since urllib3 reads until then."""

    def isclosed(self) -> bool:
        return self.closed or self.tell() >= self.getbuffer().nbytes


def answered(reply: Reply, native: object, method: str | None, **more: Any) -> HTTPResponse:
    """Return a response of the shim's own in place of ``native``, the last one that came, None if none did."""
    headers = HTTPHeaderDict()
    for name, value in framed(reply, method or ""):
        headers.add(name, value)
    content, reason = _Whole(reply.body or b""), reason_phrase(reply.status)
    return _response(native, content, method, headers=headers, status=reply.status, reason=reason, **more)


def _response(like: object, content: Any, method: str | None, **more: Any) -> HTTPResponse:
    """Return a response that came by the same connection as another, and has its cookies."""
    url = more.pop("request_url", None) or getattr(like, "_request_url", None)
    more = {
        "retries": getattr(like, "retries", None),
        "pool": getattr(like, "_pool", None),
        "original_response": getattr(like, "_original_response", None),  # where requests finds the cookies
        "version": getattr(like, "version", 11),
    } | more
    response = HTTPResponse(body=content, preload_content=False, request_method=method, **more)
    if hasattr(response, "version_string"):  # from urllib3 2.3 on
        response.version_string = getattr(like, "version_string", "HTTP/1.1")
    response._request_url = url  # noqa: SLF001 - urllib3 1.26 has no other name for it, and 2 takes it from retries
    return response


def waits_of(timeout: object) -> tuple[float | None, tuple[float | None, float | None]]:
    """Return for how many seconds one plain call may wait, and the timeouts to connect and to read; None is for ever.

    Both take a number for both, or a Timeout, whose ``total`` says it for the whole call; requests takes a pair too.
    """
    total = None
    if isinstance(timeout, Timeout):
        total = _seconds(timeout.total)
        # read_timeout can be asked only while a connection is being made.
        connect, read = (total if each is None else each for each in map(_seconds, (timeout._connect, timeout._read)))  # noqa: SLF001 - see above
    elif isinstance(timeout, tuple):
        connect, read = map(_seconds, timeout)
    else:
        connect = read = _seconds(timeout)
    return together(read, connect=connect) if total is None else total, (connect, read)


def _seconds(value: object) -> float | None:
    """Return a timeout in seconds; anything that is no number stands for none, or for the process' default."""
    return value if isinstance(value, int | float) else None


def show_in(error: object, own: Callable[[Any], Any]) -> None:
    """Let an exception, and the one that is its reason, show the caller's target; ``own`` puts it in a text."""
    for one in (error, getattr(error, "reason", None)):
        if isinstance(one, RequestError):
            one.url, one.args = own(one.url), tuple(map(own, one.args))
