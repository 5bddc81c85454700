"""Chunked content (RFC 9112, 7.1) taken apart: exactly to its end, and with bounds on what is not content.

Extensions and trailers are dropped (RFC 9112, 7.1.1; RFC 9110, 6.5.1).
"""

from __future__ import annotations

import re

LINE = 4096  # bytes of a chunk's size with its extensions
TRAILERS = 16384  # bytes of all trailers
BESIDE = 65536  # bytes of sizes and extensions beyond one for each byte of content: only tiny chunks need more
AT_ONCE = 128  # chunks that are taken apart before others get their turn

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*)?\r\n")
_NO_TRAILERS = frozenset({b"content-length", b"host", b"transfer-encoding"})


class MalformedError(ValueError):
    """A reply's head, or content in chunks, is not as RFC 9112 wants it, or has more beside it than is taken."""


class ChunkDecoder:
    """Takes the bytes of one message's content as they come; ``done`` once its end was seen."""

    def __init__(self) -> None:
        self._left = 0  # bytes of a chunk, with the line break behind it
        self._is_last = self.done = False
        self._trailers = 0
        self._beside = BESIDE

    def feed(self, data: bytes, start: int) -> tuple[bytes, int]:
        """Return the content in ``data`` from ``start`` on, and where it stopped; raises MalformedError.

        That is before a line that isn't whole, which comes again with what follows, or behind ``AT_ONCE`` chunks.
        """
        pieces = []
        for _ in range(AT_ONCE):
            if not self._left:
                if self.done or not (length := self._take_line(data, start)):
                    break
                start += length
            if self._left > 2:
                pieces.append(data[start : start + self._left - 2])
                start += len(pieces[-1])
                self._left -= len(pieces[-1])
            if self._left == 2 and data.startswith(b"\r\n", start):
                self._left = 0
                start += 2
            elif self._left == 2 and data[start:] not in {b"", b"\r"}:
                raise MalformedError("a chunk is longer than its size")
            if self._left:
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces), start

    def _take_line(self, data: bytes, start: int) -> int:
        """Take a size or a trailer, and return its length; 0 if it isn't whole."""
        line = (_TRAILER if self._is_last else _SIZE).match(data, start)
        if line is None and data.find(b"\n", start) >= 0:
            raise MalformedError("a chunk's size is not a number, or a trailer is malformed")
        length = (len(data) if line is None else line.end()) - start
        if length > LINE:
            raise MalformedError("a line between chunks is too long")
        if line is None:
            return 0
        if not self._is_last:
            size = int(line[1], 16)
            self._left, self._is_last = size + 2 if size else 0, not size
            self._beside += min(size, LINE) - length
            if self._beside < 0:
                raise MalformedError("far more sizes and extensions than content")
        elif line[1] is None:
            self.done = True
        else:
            self._trailers += length
            if self._trailers > TRAILERS or line[1].lower() in _NO_TRAILERS:
                raise MalformedError("trailers that are too long, or about framing")
        return length
