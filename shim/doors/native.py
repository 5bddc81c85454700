"""Field lines, content and Digest signatures, for all of the libraries."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from itertools import chain
from typing import Any
from urllib.request import parse_http_list, parse_keqv_list

from shim.core.content import dumps
from shim.core.messages import Headers, Reply
from shim.core.responses import error_body, help_link

logger = logging.getLogger("shim")

PIECE = 65536  # bytes per read

_serving: ContextVar[bool] = ContextVar("atlas_shim_serving", default=False)

is_served = _serving.get
"""Return whether the shim itself is sending the current request."""


def alone(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Send a request that the door of a lower library ignores.

    requests, for example, is built on urllib3.
    """
    token = _serving.set(True)
    try:
        return call(*args, **kwargs)
    finally:
        _serving.reset(token)


def header_lines(lines: Iterable[tuple[str | bytes, str | bytes]]) -> Headers:
    """Return field lines as text, one character per byte."""
    return tuple([(as_text(name), as_text(value)) for name, value in lines])


def as_text(value: str | bytes) -> str:
    """Return a field's name or value as text; requests and urllib3 accept both."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value)


def content_of(body: Any) -> bytes:
    """Return the content of text, bytes, pieces or a file; empty for None.

    A file is read from its current position.
    """
    read = getattr(body, "read", None)
    content = body if read is None else read()
    if isinstance(content, str):
        return content.encode()
    if content is None or isinstance(content, bytes | bytearray | memoryview):
        return bytes(content or b"")
    return b"".join(map(content_of, content))


def is_digest(value: str) -> bool:
    """Return whether credentials or a challenge use the Digest scheme."""
    return value.lower().startswith("digest ")


def is_stale(authorization: str, target: str) -> bool:
    """Return whether a value is a Digest signature over another target (RFC 7616, 3.4)."""
    if not is_digest(authorization):
        return False
    try:
        return (
            parse_keqv_list(parse_http_list(authorization.partition(" ")[2])).get("uri")
            != target
        )
    except (ValueError, IndexError):
        return True


def unsigned(said: str) -> Reply:
    """Log why a call can't be signed, and return a 401 without a challenge."""
    logger.warning("%s", said)
    code = "SHIM_DIGEST_NEEDS_AUTH"
    return Reply(
        401,
        (("Content-Type", "application/json"), *help_link(code)),
        dumps(error_body(401, code, said)),
    )


class _Pieces(io.RawIOBase):
    """A file of pieces.

    Closing it closes the response they come from, whose connection returns to its pool.
    """

    def __init__(self, pieces: Iterable[bytes], source: Any) -> None:
        self._pieces = filter(None, pieces)
        self._source = source
        self._left = b""
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._left or next(self._pieces, b"")
        size = min(len(piece), len(buffer))
        buffer[:size] = piece[:size]
        self._left = piece[size:]
        self.ended = not size
        return size

    def close(self) -> None:
        if not self.closed and self._source is not None:
            self._source.close()
            if hasattr(self._source, "release_conn"):
                self._source.release_conn()
        super().close()


class ContentFile(io.BufferedReader):
    """The content of a response as a file: the chunks read so far, then the rest.

    It closes once it is read to its end, like http.client's, because urllib3 continues
    to read until then. Closing it closes ``source``, where the content comes from.
    """

    def __init__(
        self, chunks: Iterable[bytes], rest: Iterable[bytes] = (), source: Any = None
    ) -> None:
        self._file = _Pieces(chain(chunks, rest), source)
        super().__init__(self._file)

    def isclosed(self) -> bool:
        """Return whether nothing is left to read."""
        return self.closed or (self._file.ended and not self.peek(1))
