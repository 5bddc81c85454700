"""Responses of urllib3's kind: read within bounds, given back as they came from the wire, and made anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from urllib3 import HTTPResponse
from urllib3._collections import HTTPHeaderDict  # urllib3 1.26 has it here only
from urllib3.exceptions import IncompleteRead, ProtocolError

from shim.core.messages import Reply, framed, reason_phrase
from shim.doors.streams import PIECE, ResponseContent


def drain(raw: Any, limit: int) -> ResponseContent:
    """Read raw content until it ends or exceeds ``limit`` bytes; raises what reading it raises.

    ``raw`` is a response of urllib3's, or any file, which is taken to be decoded already.
    """
    stream = getattr(raw, "stream", None)
    rest = iter(_pieces(raw) if stream is None else stream(PIECE, decode_content=False))
    content = ResponseContent(chunks := [], rest, raw, decoded=stream is None)
    content.complete = False
    size = 0
    for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return content
    if missing := getattr(raw, "length_remaining", None):  # urllib3 1.26 does not raise this itself
        broken = IncompleteRead(size, missing)
        raise ProtocolError(f"Connection broken: {broken!r}", broken)
    content.complete = True
    return content


def held(native: HTTPResponse) -> ResponseContent | None:
    """Return the content that somebody below, such as a pool that logs it, has read already and the response holds."""
    if native._body is None:  # noqa: SLF001 - asking for ``data`` would read it
        return None
    return ResponseContent([native.data], source=native, decoded=True)


def _pieces(raw: Any) -> Iterable[bytes]:
    while raw is not None and (piece := raw.read(PIECE)):
        yield piece


def discard(raw: Any) -> None:
    """Close a response whose content nobody wants, and give its place in the pool back."""
    raw.close()
    raw.release_conn()


def renewed(old: HTTPResponse, content: ResponseContent, method: str | None) -> HTTPResponse:
    """Return a response that was drained so that it can be read again, byte for byte."""
    return _response(
        old,
        content,
        method,
        headers=old.headers,
        status=old.status,
        reason=old.reason,
        decode_content=old.decode_content,
        original_response=old._original_response,  # noqa: SLF001 - where requests finds the cookies
    )


def answered(reply: Reply, native: object, method: str | None, **more: Any) -> HTTPResponse:
    """Return a response of the shim's own in place of ``native``, the last one that came, None if none did."""
    headers = HTTPHeaderDict()
    for name, value in framed(reply, method or ""):
        headers.add(name, value)
    content, reason = ResponseContent([reply.body or b""]), reason_phrase(reply.status)
    return _response(native, content, method, headers=headers, status=reply.status, reason=reason, **more)


def _response(like: object, content: ResponseContent, method: str | None, **more: Any) -> HTTPResponse:
    """Return a response that came by the same connection as another."""
    url = more.pop("request_url", None) or getattr(like, "_request_url", None)
    more = {"retries": getattr(like, "retries", None), "pool": getattr(like, "_pool", None)} | more
    version = getattr(like, "version", 11)
    response = HTTPResponse(body=content, version=version, preload_content=False, request_method=method, **more)
    if hasattr(response, "version_string"):  # from urllib3 2.3 on
        response.version_string = getattr(like, "version_string", "HTTP/1.1")
    response._request_url = url  # noqa: SLF001 - urllib3 1.26 has no other name for it, and 2 takes it from retries
    return response
