"""Content codings undone, bounded while decoding, so that a small reply can't become a large one."""

from __future__ import annotations

import zlib

from shim.core.messages import Headers

_IDENTITY = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})


MEMBERS = 100
"""Members of one gzip file: each costs a copy of what follows, and a million empty ones fit in a small reply."""


class Undecodable(Exception):  # noqa: N818 - a fact about the content, caught where it is reported
    """The content can't be had; the message says why in plain words."""


def decoded(raw: bytes, headers: Headers, limit: int) -> bytes:
    """Return the content of ``limit`` bytes at most, its codings undone last to first (RFC 9110, 8.4).

    Raises Undecodable for content that is too large, cut short, broken, or coded in another way.
    """
    said = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    for coding in reversed([word.strip().lower() for word in said.split(",")]):
        if coding in _IDENTITY:
            continue
        if coding in _GZIP:
            raw = _inflated(raw, 16 + zlib.MAX_WBITS, limit)
        elif coding == "deflate":
            # Either zlib's wrapping, as RFC 9110 says, or bare deflate, as some senders do.
            wrapped = raw[:1] and raw[0] & 0x0F == 8
            raw = _inflated(raw, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS, limit)
        else:
            raise Undecodable(f"the content is coded as {coding[:40]!r}")
    if len(raw) > limit:
        raise Undecodable(f"the content is larger than {limit} bytes")
    return raw


def _inflated(raw: bytes, wbits: int, limit: int) -> bytes:
    parts: list[bytes] = []
    room = limit + 1
    while raw:
        machine = zlib.decompressobj(wbits)
        try:
            part = machine.decompress(raw, room)
        except zlib.error:
            raise Undecodable("the compressed content is broken") from None
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise Undecodable(f"the content is larger than {limit} bytes once decoded")
        if not machine.eof:
            raise Undecodable("the compressed content ends early")
        raw = machine.unused_data  # gzip may have several members (RFC 1952, 2.2)
        if raw and len(parts) >= MEMBERS:
            raise Undecodable(f"the compressed content has more than {MEMBERS} members")
    if not parts:
        raise Undecodable("the compressed content is empty")
    return b"".join(parts)
