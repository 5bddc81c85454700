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
_TRAILER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*\r\n")
_NO_TRAILERS = frozenset({b"content-length", b"host", b"transfer-encoding"})


class MalformedError(ValueError):
    """A reply's head, or content in chunks, is not as RFC 9112 wants it, or has more beside it than is taken."""


class ChunkDecoder:
    """Takes the bytes of one message's content as they come; ``done`` once its end was seen."""

    __slots__ = ("_beside", "_last", "_left", "_line", "_trailers", "done")

    def __init__(self) -> None:
        self._line = b""  # the beginning of a line
        self._left = 0  # of a chunk, with the line break behind it
        self._last = False
        self._trailers = 0
        self._beside = BESIDE
        self.done = False

    def feed(self, data: bytes, start: int) -> tuple[bytes, int]:
        """Return the content in ``data`` from ``start`` on, and where it stopped: after ``AT_ONCE`` chunks at most."""
        end, pieces, lines = len(data), [], 0
        while start < end and not self.done:
            left = self._left
            if not left:
                if lines == AT_ONCE:
                    break
                lines += 1
                start = self._take_line(data, start)
            elif left > 2:
                stop = min(end, start + left - 2)
                pieces.append(data[start:stop])
                is_whole = data.startswith(b"\r\n", stop)  # most chunks are
                self._left = 0 if is_whole else left - (stop - start)
                start = stop + 2 if is_whole else stop
            elif data[start] != b"\r\n"[2 - left]:
                raise MalformedError("a chunk is longer than its size")
            else:
                self._left -= 1
                start += 1
        return pieces[0] if len(pieces) == 1 else b"".join(pieces), start

    def _take_line(self, data: bytes, start: int) -> int:
        """Take a line, or its beginning; return where the next line or the chunk's content starts."""
        if not (self._line or self._last) and (found := _SIZE.match(data, start)) is not None:  # most lines are whole
            self._begin(found, found.end() - start)
            return found.end()
        stop = data.find(b"\n", start)
        self._line += data[start:] if stop < 0 else data[start : stop + 1]
        if len(self._line) > LINE:
            raise MalformedError("a line between chunks is too long")
        if stop < 0:
            return len(data)
        line, self._line = self._line, b""
        if not self._last:
            self._begin(_SIZE.fullmatch(line), len(line))
        elif line == b"\r\n":
            self.done = True
        else:
            self._trailers += len(line)
            found = _TRAILER.fullmatch(line)
            if self._trailers > TRAILERS or found is None or found[1].lower() in _NO_TRAILERS:
                raise MalformedError("trailers that are malformed, too long, or about framing")
        return stop + 1

    def _begin(self, line: re.Match[bytes] | None, length: int) -> None:
        if line is None:
            raise MalformedError("a chunk's size is not a number")
        if length > LINE:
            raise MalformedError("a line between chunks is too long")
        size = int(line[1], 16)
        self._beside += min(size, LINE) - length
        if self._beside < 0:
            raise MalformedError("far more sizes and extensions than content")
        self._last = not size
        self._left = size + 2 if size else 0
