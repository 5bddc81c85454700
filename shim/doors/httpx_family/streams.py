"""Reading a response's raw content within bounds, and giving it back as it came from the wire."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import httpx


@attrs.define(eq=False)
class ResponseContent:
    """The content of a response: the chunks that are here already, then the rest.

    Closing it closes ``source``, where the content comes from, and sets ``elapsed`` of ``response``, whose
    exchange began at ``start``. ``complete`` says that the chunks are all there is, ``decoded`` that they are no
    longer as they came from the wire: somebody else, such as an auth flow, had read the response before.
    """

    chunks: Sequence[bytes]
    rest: Iterable[bytes] = ()
    source: httpx.SyncByteStream | httpx.Response | None = None
    complete: bool = True
    decoded: bool = False
    response: httpx.Response | None = None
    start: float = 0.0

    @property
    def is_made(self) -> bool:
        """Whether this is content of the shim's own: nothing of it comes from a wire, and it has no coding."""
        return self.source is None

    def __iter__(self) -> Iterator[bytes]:
        """Yield raw bytes, as they came from the wire."""
        yield from self.chunks
        yield from self.rest

    def close(self) -> None:
        """Close the source."""
        if self.source is not None:
            self.source.close()
        self.take_time()

    def take_time(self) -> None:
        """Say how long the exchange took, and let go of the response: a circle is work for the collector."""
        if self.response is not None:
            self.response.elapsed = timedelta(seconds=time.perf_counter() - self.start)
            self.response = None


@attrs.define(eq=False)
class AsyncResponseContent:
    """The same as ResponseContent for AsyncClient."""

    chunks: Sequence[bytes]
    rest: AsyncIterable[bytes] | None = None
    source: httpx.AsyncByteStream | httpx.Response | None = None
    complete: bool = True
    decoded: bool = False
    response: httpx.Response | None = None
    start: float = 0.0

    @property
    def is_made(self) -> bool:
        """The same as in ResponseContent."""
        return self.source is None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield raw bytes, as they came from the wire."""
        for chunk in self.chunks:
            yield chunk
        if self.rest is not None:
            async for chunk in self.rest:
                yield chunk

    async def aclose(self) -> None:
        """Close the source; an iterator that was left in the middle goes first."""
        close = getattr(self.rest, "aclose", None)
        if close is not None and self.rest is not self.source:
            await close()
        if self.source is not None:
            await self.source.aclose()
        self.take_time()

    def take_time(self) -> None:
        """The same as in ResponseContent."""
        if self.response is not None:
            self.response.elapsed = timedelta(seconds=time.perf_counter() - self.start)
            self.response = None


def take_content(response: httpx.Response) -> bool:
    """Give a response of the shim's own its content, and close it; tell whether it is one that nobody has read.

    httpx does the same by four generators, which are a tenth of a call's cost.
    """
    stream = response.stream
    if not isinstance(stream, ResponseContent | AsyncResponseContent) or not stream.is_made:
        return False
    if response.is_stream_consumed or response.is_closed:
        return False
    response._content = content = b"".join(stream.chunks)  # noqa: SLF001 - what httpx keeps, and looks for, in read()
    response._num_bytes_downloaded = len(content)  # noqa: SLF001 - as above
    response.is_stream_consumed = response.is_closed = True
    stream.take_time()
    return True


def drain(native: httpx.Response, limit: int, kind: type[ResponseContent]) -> ResponseContent:
    """Read raw content until it ends or exceeds ``limit`` bytes; the caller closes on an exception."""
    if native.is_stream_consumed:
        return kind([native.content], source=native, decoded=True)
    rest = native.iter_raw()
    content = kind(chunks := [], rest, native, complete=False)
    size = 0
    for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return content
    content.complete = True
    return content


async def adrain(native: httpx.Response, limit: int, kind: type[AsyncResponseContent]) -> AsyncResponseContent:
    """The same as drain for AsyncClient."""
    if native.is_stream_consumed:
        return kind([native.content], source=native, decoded=True)
    rest = native.aiter_raw()
    content = kind(chunks := [], rest, native, complete=False)
    size = 0
    async for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return content
    content.complete = True
    return content
