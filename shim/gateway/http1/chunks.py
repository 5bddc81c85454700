"""Chunked content (RFC 9112, 7.1) taken apart: exactly to its end, and with bounds on what is not content.

The parser of heads could do this too, but it neither tells where content ends among the bytes that it was given,
nor how long an extension or a trailer has grown. Both are dropped (RFC 9112, 7.1.1; RFC 9110, 6.5.1).
"""

from __future__ import annotations

import re

LINE = 4096
"""Bytes of a chunk's size with its extensions."""

TRAILERS = 16384
"""Bytes of all trailers."""

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*")
_NO_TRAILERS = frozenset({b"content-length", b"host", b"transfer-encoding"})


class ChunkError(ValueError):
    """The content is not framed as RFC 9112, 7.1, wants it, or has more beside it than is taken."""


class ChunkDecoder:
    """Takes the bytes of one message's content as they come; ``done`` once its end was seen."""

    __slots__ = ("_last", "_left", "_line", "_trailers", "done")

    def __init__(self) -> None:
        self._line = b""  # what has come of a line
        self._left = 0  # of a chunk, with the line break behind it
        self._last = False
        self._trailers = 0
        self.done = False

    def feed(self, data: bytes, start: int, pieces: list[bytes]) -> int:
        """Append what ``data`` has from ``start`` on to ``pieces``; return where it stopped; raises ChunkError."""
        end = len(data)
        while start < end and not self.done:
            if self._left > 2:
                stop = min(end, start + self._left - 2)
                pieces.append(data[start:stop])
                self._left -= stop - start
                start = stop
            elif self._left:
                if data[start] != b"\r\n"[2 - self._left]:
                    raise ChunkError("a chunk is longer than its size")
                self._left -= 1
                start += 1
            else:
                start = self._take_line(data, start)
        return start

    def _take_line(self, data: bytes, start: int) -> int:
        stop = data.find(b"\n", start)
        self._line += data[start:] if stop < 0 else data[start : stop + 1]
        if len(self._line) > LINE:
            raise ChunkError("a line between chunks is too long")
        if stop < 0:
            return len(data)
        line, self._line = self._line, b""
        if not line.endswith(b"\r\n"):
            raise ChunkError("a line does not end with CR LF")
        if not self._last:
            self._begin(line[:-2])
        elif line == b"\r\n":
            self.done = True
        else:
            self._trailers += len(line)
            found = _TRAILER.fullmatch(line[:-2])
            if self._trailers > TRAILERS or found is None or found[1].lower() in _NO_TRAILERS:
                raise ChunkError("trailers that are none, too long, or about framing")
        return stop + 1

    def _begin(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise ChunkError("a chunk's size is no number")
        size = int(found[1], 16)
        self._last = not size
        self._left = size + 2 if size else 0
