"""Content of a response that was read in part, as a file that has all of it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

PIECE = 65536
"""Bytes that are read at once."""


class _Pieces(io.RawIOBase):
    """A file of pieces; closing it closes the response that they come from, and gives its place in a pool back."""

    def __init__(self, pieces: Iterator[bytes], source: Any) -> None:
        self._pieces = pieces
        self._source = source
        self._left = b""
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._left or next(filter(None, self._pieces), b"")
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


class ResponseContent(io.BufferedReader):
    """The content of a response, as a file: the chunks that are here already, then the rest.

    It is closed once it was read to its end, as http.client's are, since urllib3 goes on reading until then.
    Closing it closes ``source``, where the content comes from. ``complete`` says that the chunks are all there
    is, ``decoded`` that they are no longer as they came from the wire: somebody else, such as an adapter or an
    authentication, had read the response before.
    """

    def __init__(
        self, chunks: list[bytes], rest: Iterable[bytes] = (), source: Any = None, *, decoded: bool = False
    ) -> None:
        self.chunks = chunks
        self.complete = True
        self.decoded = decoded
        self._file = _Pieces(chain(chunks, rest), source)
        super().__init__(self._file)

    def isclosed(self) -> bool:
        """Tell whether nothing is left to read."""
        return self.closed or (self._file.ended and not self.peek(1))
