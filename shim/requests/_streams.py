"""Reading a response's raw content within bounds, and giving it back as it came from the wire."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from requests import Response
from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, SSLError  # noqa: A004 - requests' own
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError
from urllib3.exceptions import SSLError as PoolSSLError

PIECE = 65536


class _Pieces(io.RawIOBase):
    """A file of pieces; closing it closes the urllib3 response that they come from."""

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
    """The content of a response, as a file for urllib3: the chunks that are here already, then the rest.

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


def drain(native: Response, limit: int) -> ResponseContent:
    """Read raw content until it ends or exceeds ``limit`` bytes; raises what reading ``content`` would."""
    if native._content_consumed or native._content is not False:  # noqa: SLF001 - to read is what this would change
        return ResponseContent([native.content or b""], decoded=True)
    stream = getattr(native.raw, "stream", None)
    rest = iter(_pieces(native.raw) if stream is None else stream(PIECE, decode_content=False))
    content = ResponseContent(chunks := [], rest, native.raw, decoded=stream is None)
    content.complete = False
    size = 0
    try:
        for chunk in rest:
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                return content
    except ProtocolError as error:
        raise ChunkedEncodingError(error) from error
    except DecodeError as error:
        raise ContentDecodingError(error) from error
    except ReadTimeoutError as error:
        raise ConnectionError(error) from error
    except PoolSSLError as error:
        raise SSLError(error) from error
    if missing := getattr(native.raw, "length_remaining", None):  # urllib3 1.26 does not raise this itself
        raise ChunkedEncodingError(f"Connection broken: {missing} bytes are missing")
    content.complete = True
    return content


def _pieces(raw: Any) -> Iterable[bytes]:
    """Requests takes any file for ``raw``, and does not decode what it reads from one."""
    while raw is not None and (piece := raw.read(PIECE)):
        yield piece


def put_back(native: Response, content: ResponseContent, method: str | None) -> None:
    """Let a response that was drained be read again, byte for byte."""
    if native._content_consumed:  # noqa: SLF001 - then its content is held already
        return
    old = native.raw
    if not isinstance(old, HTTPResponse):
        native.raw = content
        return
    native.raw = HTTPResponse(
        body=content,
        headers=old.headers,
        status=old.status,
        version=old.version,
        reason=old.reason,
        preload_content=False,
        decode_content=old.decode_content,
        original_response=old._original_response,  # noqa: SLF001 - where requests finds the cookies
        request_method=method,
    )
    if hasattr(old, "version_string"):  # from urllib3 2.3 on
        native.raw.version_string = old.version_string
