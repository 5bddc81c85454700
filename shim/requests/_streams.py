"""Reading a response's raw content within bounds, and putting it back as it came from the wire."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import attrs
from requests import Response
from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, SSLError  # noqa: A004 - requests' own
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError
from urllib3.exceptions import SSLError as PoolSSLError

from shim.requests._recognition import header_lines

PIECE = 65536


@attrs.define(eq=False)
class Body:
    """What was read of a response, and the iterator of the rest.

    ``complete`` says that there is no rest; ``decoded`` that the bytes are not as they came from
    the wire, since an adapter or an authentication had read the response before.
    """

    chunks: list[bytes]
    rest: Iterator[bytes]
    complete: bool
    decoded: bool


def lines_of(response: Response) -> Any:
    """Return a response's field lines, repeated ones apart where the library below kept them apart."""
    raw = getattr(response.raw, "headers", None)
    return header_lines(raw if hasattr(raw, "items") else response.headers)


def drain(response: Response, limit: int) -> Body:
    """Read raw content until it ends or exceeds ``limit`` bytes; raises what reading ``content`` would."""
    if response._content_consumed or response._content is not False:  # noqa: SLF001 - to read is what this would change
        return Body([response.content or b""], iter(()), complete=True, decoded=True)
    stream = getattr(response.raw, "stream", None)
    rest = _pieces(response.raw) if stream is None else stream(PIECE, decode_content=False)
    body = Body([], iter(rest), complete=False, decoded=stream is None)
    size = 0
    try:
        for chunk in body.rest:
            body.chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                return body
    except ProtocolError as error:
        raise ChunkedEncodingError(error) from error
    except DecodeError as error:
        raise ContentDecodingError(error) from error
    except ReadTimeoutError as error:
        raise ConnectionError(error) from error
    except PoolSSLError as error:
        raise SSLError(error) from error
    body.complete = True
    return body


def _pieces(raw: Any) -> Iterable[bytes]:
    """Requests takes any file for ``raw``, and does not decode what it reads from one."""
    while raw is not None and (piece := raw.read(PIECE)):
        yield piece


class _Pieces(io.RawIOBase):
    """A file of what was read, then of what was not; closing it closes the response that it came from."""

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
            getattr(self._source, "release_conn", _nothing)()
        super().close()


class Content(io.BufferedReader):
    """A file for urllib3's responses: it is closed once it was read to its end, as http.client's are.

    urllib3 goes on reading until then. ``source`` is what the pieces come from, closed with it.
    """

    def __init__(self, pieces: Iterable[bytes], source: Any = None) -> None:
        self._file = _Pieces(iter(pieces), source)
        super().__init__(self._file)

    def isclosed(self) -> bool:
        """Tell whether nothing is left to read."""
        return self.closed or (self._file.ended and not self.peek(1))


def _nothing() -> None:
    return None


def put_back(response: Response, body: Body, method: str | None) -> None:
    """Let a response that was read be read again, byte for byte."""
    if response._content_consumed:  # noqa: SLF001 - then its content is held already
        return
    old = response.raw
    replay = Content(chain(body.chunks, body.rest), old)
    if not isinstance(old, HTTPResponse):
        response.raw = replay
        return
    response.raw = HTTPResponse(
        body=replay,
        headers=old.headers,
        status=old.status,
        version=old.version,
        version_string=old.version_string,
        reason=old.reason,
        preload_content=False,
        decode_content=old.decode_content,
        original_response=old._original_response,  # noqa: SLF001 - where requests finds the cookies
        request_method=method,
    )
