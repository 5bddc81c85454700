"""Content codings (RFC 9110, 8.4.1), decoded without letting a small reply fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from shim.core.messages import Reply

CODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity"})
"""What is decoded here: the codings whose decoder can be told when to stop."""

GZIP = zlib.MAX_WBITS | 16

MEMBERS = 16
"""Members of one gzip file: each costs a copy of what follows, and a million empty ones fit in a small reply."""

SERIES = 4
"""Codings of one reply, one after another: servers use one, a proxy may add another, and each may cost 50 ms."""


class ContentFault(Exception):  # noqa: N818 - it never leaves ``with_content`` and names a reply's fault
    """The content cannot be had; the message says why in plain words."""


def with_content(
    reply: Reply, chunks: Iterable[bytes], limit: int, *, complete: bool = True, decoded: bool = False
) -> Reply:
    """Return a reply with its content decoded, or with the fault in plain words that kept it from being.

    ``chunks`` are the content as it was sent, or as somebody has ``decoded`` it already; not ``complete``
    means that reading stopped because there was more than ``limit`` bytes.
    """
    try:
        if not complete:
            raise too_large(limit)
        lines = () if decoded else reply.headers
        codings = ",".join([value for name, value in lines if len(name) == 16 and name.lower() == "content-encoding"])
        return Reply(reply.status, reply.headers, decode(b"".join(chunks), codings, limit))
    except ContentFault as fault:
        return Reply(reply.status, reply.headers, fault=str(fault))


def acceptable(accept_encoding: str) -> str:
    """Return an Accept-Encoding value without the codings that can't be decoded within bounds."""
    members = accept_encoding.split(",")
    kept = [member for member in members if member.partition(";")[0].strip().lower() in CODINGS]
    return ",".join(kept).strip() or "identity"


def decode(raw: bytes, content_encoding: str, limit: int) -> bytes:
    """Undo the codings of a Content-Encoding value, last one first.

    Raises ContentFault when the content is longer than ``limit`` bytes, truncated or broken.
    """
    content = raw
    try:
        if not content_encoding and len(content) <= limit:
            return content
        series = [word.strip().lower() for word in content_encoding.split(",")]
        if len(series) > SERIES:
            raise ContentFault(f"the content has more than {SERIES} codings")
        for coding in reversed(series):
            if content and coding in {"gzip", "x-gzip"}:
                content = _gunzip(content, limit)
            elif content and coding == "deflate":
                content = _inflate_either(content, limit)
            elif coding and coding not in CODINGS:
                raise ContentFault(f"the content coding {coding!r} was not asked for")
    except zlib.error as error:
        raise ContentFault(f"the content is not what its coding says: {error}") from None
    if len(content) > limit:
        raise too_large(limit)
    return content


def too_large(limit: int) -> ContentFault:
    """Return the fault of content that exceeds the limit."""
    return ContentFault(f"the content is larger than {limit} bytes")


def _gunzip(data: bytes, limit: int) -> bytes:
    """A gzip file is a series of members (RFC 1952, 2.2); what follows the last one is padding."""
    content = b""
    for _ in range(MEMBERS):
        member, data = _inflate(data, GZIP, limit, len(content))
        content += member
        if not data.startswith(b"\x1f\x8b"):
            return content
    raise ContentFault(f"the content has more than {MEMBERS} gzip members")


def _inflate_either(data: bytes, limit: int) -> bytes:
    """``deflate`` is the zlib format, yet some servers send the bare stream (RFC 9110, 8.4.1.2)."""
    try:
        return _inflate(data, zlib.MAX_WBITS, limit)[0]
    except zlib.error:
        return _inflate(data, -zlib.MAX_WBITS, limit)[0]


def _inflate(data: bytes, wbits: int, limit: int, had: int = 0) -> tuple[bytes, bytes]:
    decompressor = zlib.decompressobj(wbits)
    content = decompressor.decompress(data, limit - had + 1)
    if had + len(content) > limit:
        raise too_large(limit)
    if not decompressor.eof:
        raise ContentFault("the content ends in the middle")
    return content, decompressor.unused_data
