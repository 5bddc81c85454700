"""Decode content within limits, so that no reply fills the memory.

Codings are removed (RFC 9110, 8.4.1) and JSON is decoded.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Any

import attrs

from shim.core.messages import Reply
from shim.documents.vocabulary import Json

CODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity"})
"""Codings that are decoded here: their decoders can stop at a limit."""

MEMBERS = 16
"""How many members a gzip file may have.

Each costs a copy of the rest, and a small reply can hold a million empty ones.
"""

SERIES = 4
"""How many codings a reply may have.

Servers use one and a proxy may add another; each can cost 50 ms.
"""


_DEPTH = 100
"""The deepest nesting of a document that can be encoded again."""

SMALL = 16 * 1024
"""Content up to this many bytes is decoded without counting its marks.

All pages of one answer together could not have too many.
"""

MARKS = 400_000
"""How many JSON marks a document may have; decoding the worst case takes 60 ms.

500 clusters with two shards each have 284,000, and a full page of anything else has
42,000 (recorded).
"""

DECODED = 4
MARK = 80
"""How many bytes each byte of JSON, and each mark, takes at most when decoded."""

ALL_MARKS = 1_000_000
"""How many JSON marks one answer may read: 60 MiB decoded at worst.

Twenty full pages have 840,000.
"""

DIGITS = 320
"""Digits of an integer, including its sign.

Decoding time grows with their square, and a double has at most 309.
"""


class ContentFault(Exception):  # noqa: N818 - it never leaves ``with_content`` and names a reply's fault
    """The content is not available; the message gives the reason in plain words."""


def with_content(
    reply: Reply,
    chunks: Iterable[bytes],
    limit: int,
    *,
    complete: bool = True,
    decoded: bool = False,
) -> Reply:
    """Return a reply with its decoded content, or with its fault in plain words.

    ``chunks`` are the content as sent, or already ``decoded``. It is not ``complete``
    if reading stopped at ``limit`` bytes.
    """
    raw = b"".join(chunks)
    lines = () if decoded else reply.headers
    said = []
    for name, value in lines:
        if len(name) == 16 and name.lower() == "content-encoding":
            said.append(value)
    codings = ",".join(said)
    try:
        if not complete or (not codings and len(raw) > limit):
            raise too_large(limit)
        return Reply(
            reply.status, reply.headers, decode(raw, codings, limit) if codings else raw
        )
    except ContentFault as fault:
        return Reply(reply.status, reply.headers, fault=str(fault))


def acceptable(accept_encoding: str) -> str:
    """Return an Accept-Encoding value without the codings that can't be decoded within limits."""
    members = accept_encoding.split(",")
    kept = []
    for member in members:
        if member.partition(";")[0].strip().lower() in CODINGS:
            kept.append(member)
    return ",".join(kept).strip() or "identity"


def decode(raw: bytes, content_encoding: str, limit: int) -> bytes:
    """Remove the codings of a Content-Encoding value.

    Raises ContentFault for content that is broken or too large.
    """
    content = raw
    series = [word.strip().lower() for word in content_encoding.split(",")]
    if len(series) > SERIES:
        raise ContentFault(f"the content has more than {SERIES} codings")
    for coding in reversed(series):
        if coding and coding not in CODINGS:
            raise ContentFault(f"the content coding {coding!r} was not requested")
        if content and coding not in {"", "identity"}:
            try:
                content = _undone(content, coding, limit)
            except zlib.error as error:
                raise ContentFault(
                    f"the content does not match its coding: {error}"
                ) from None
    if len(content) > limit:
        raise too_large(limit)
    return content


def too_large(limit: int) -> ContentFault:
    """Return the fault of content that exceeds the limit."""
    return ContentFault(f"the content is larger than {limit} bytes")


def _undone(data: bytes, coding: str, limit: int) -> bytes:
    if coding == "deflate":
        try:
            return _inflate(data, zlib.MAX_WBITS, limit)[0]
        except zlib.error:  # some servers send the bare stream (RFC 9110, 8.4.1.2)
            return _inflate(data, -zlib.MAX_WBITS, limit)[0]
    content = b""
    for _ in range(MEMBERS):  # several members, followed by padding (RFC 1952, 2.2)
        member, data = _inflate(data, zlib.MAX_WBITS | 16, limit, len(content))
        content += member
        if not data.startswith(b"\x1f\x8b"):
            return content
    raise ContentFault(f"the content has more than {MEMBERS} gzip members")


def _inflate(data: bytes, wbits: int, limit: int, had: int = 0) -> tuple[bytes, bytes]:
    decompressor = zlib.decompressobj(wbits)
    content = decompressor.decompress(data, limit - had + 1)
    if had + len(content) > limit:
        raise too_large(limit)
    if not decompressor.eof:
        raise ContentFault("the content is truncated")
    return content, decompressor.unused_data


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON number (RFC 8259, 6)")


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        _refuse(f"an integer of {len(text)} digits")
    return int(text)


def _number(text: str) -> float:
    # 1e999 would become an infinity, which is not valid JSON when written again.
    value = float(text)
    if not math.isfinite(value):
        _refuse(text)
    return value


def loads(content: bytes) -> Any:
    """Decode JSON (RFC 8259), with or without a byte order mark.

    Raises ValueError (also for NaN) or RecursionError.
    """
    text = content.decode("utf-8-sig")
    return json.loads(
        text, parse_constant=_refuse, parse_float=_number, parse_int=_integer
    )


def dumps(value: Any, *, pretty: bool = False) -> bytes:
    """Encode JSON in UTF-8, on one line unless ``pretty``.

    A lone surrogate becomes an escape. Atlas's own pretty bodies have two spaces, and
    blanks around colons.
    """
    indent, colon = (2, " : ") if pretty else (None, ":")
    encode = partial(json.dumps, value, indent=indent, separators=(",", colon))
    try:
        return encode(ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return encode().encode("ascii")


def json_marks(content: bytes) -> int:
    """Return the number of brackets, commas and colons: at least the number of JSON values.

    Those inside strings count too. It takes 8 ms for 16 MiB, while decoding as much of
    ``[],`` takes a second.
    """
    return len(content) - len(content.translate(None, b"[{,:"))


def decoded_size(content: bytes) -> int:
    """Return how many bytes JSON content takes at most when decoded."""
    return DECODED * len(content) + MARK * json_marks(content)


@attrs.define
class JsonReader:
    """Decodes the JSON of one exchange."""

    loads: Callable[[bytes], Any]
    marks: int = 0
    """How many marks were decoded; after too many, nothing more is decoded."""
    refused: str = ""
    """Why content was not decoded."""

    def read(self, reply: Reply) -> Json:
        """Return a reply's document, None if its content is not JSON within the limits."""
        if reply.fault is not None:
            return None
        return self.decoded(reply.body or b"")

    def decoded(self, content: bytes) -> Json:
        """Return the document in content, None if it is not JSON within the limits."""
        if len(content) > SMALL:
            # The first document isn't counted if it has fewer bytes than the allowed
            # marks.
            if not self.marks and len(content) <= MARKS:
                marks = len(content)
            else:
                marks = json_marks(content)
            self.marks += marks
            if marks > MARKS or self.marks > ALL_MARKS:
                if marks > MARKS:
                    most, what = (MARKS, "it")
                else:
                    most, what = (ALL_MARKS, "the content read for one response")
                self.refused = (
                    f"{what} has more than {most} brackets, commas and colons"
                )
                return None
        try:
            document: Json = self.loads(content)
        except (ValueError, RecursionError):
            return None
        # A document is never deeper than its number of brackets, and a value is inside
        # at most one object of a list.
        brackets = len(content) - len(content.replace(b"{", b"").replace(b"[", b""))
        is_shallow = brackets < _DEPTH or brackets - _siblings(document) < _DEPTH
        is_shallow = is_shallow or _is_shallow(document)
        return document if is_shallow else None


_NESTS = frozenset({dict, list})


def _siblings(document: Json) -> int:
    """Return the length of the longest list of objects in a document, 0 if a list has other items."""
    values: Iterable[Json] = [document]
    if type(document) is dict:
        values = document.values()
    lists = [value for value in values if type(value) is list]
    longest: list[Any] = max(lists, key=len, default=[])
    if {*map(type, longest)} == {dict}:
        return len(longest)
    return 0


def _is_shallow(document: Json) -> bool:
    """Return whether a document is shallow enough to be encoded again."""
    level: list[Any] = [document]
    for _ in range(_DEPTH):
        nests = [value for value in level if type(value) in _NESTS]
        inside = [value.values() if type(value) is dict else value for value in nests]
        if _NESTS.isdisjoint(map(type, chain.from_iterable(inside))):
            return True
        level = [*chain.from_iterable(inside)]
    return False


def is_error(document: Json) -> bool:
    """Return whether a document is an Atlas error, which may be inside an envelope.

    It has a code, null, or at least a status: errors whose ``errorCode`` is null, and
    errors without that member, were recorded.
    """
    if type(document) is dict and type(document.get("content")) is dict:
        document = document["content"]
    if type(document) is not dict:
        return False
    return "errorCode" in document or type(document.get("error")) is int


def error_code(document: Json) -> str | None:
    """Return the code of an Atlas error, None if the document has none."""
    if type(document) is dict:
        code = document.get("errorCode")
    else:
        code = None
    return code if type(code) is str else None
