"""Response streams that remember what was read of them and close what they came from."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence

import attrs
import httpx


def _nothing() -> None:
    return None


@attrs.define(eq=False)
class Body(httpx.SyncByteStream):
    """Chunks that are here already, then the rest; closing closes the source and calls ``done``.

    ``complete`` says that the chunks are all there is, ``decoded`` that they are no longer as they
    came from the wire: somebody else, such as an auth flow, had read the response before.
    """

    chunks: Sequence[bytes]
    rest: Iterable[bytes] = ()
    source: httpx.SyncByteStream | httpx.Response | None = None
    complete: bool = True
    decoded: bool = False
    done: Callable[[], None] = _nothing

    def __iter__(self) -> Iterator[bytes]:
        """Yield raw bytes, as they came from the wire."""
        yield from self.chunks
        yield from self.rest

    def close(self) -> None:
        """Close the source."""
        if self.source is not None:
            self.source.close()
        self.done()


@attrs.define(eq=False)
class AsyncBody(httpx.AsyncByteStream):
    """The same as Body for AsyncClient."""

    chunks: Sequence[bytes]
    rest: AsyncIterable[bytes] | None = None
    source: httpx.AsyncByteStream | httpx.Response | None = None
    complete: bool = True
    decoded: bool = False
    done: Callable[[], None] = _nothing

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
        self.done()


def drain(native: httpx.Response, limit: int) -> Body:
    """Read raw content until it ends or exceeds ``limit`` bytes; the caller closes on an exception."""
    if native.is_stream_consumed:
        return Body([native.content], source=native, decoded=True)
    rest = native.iter_raw()
    body = Body(chunks := [], rest, native, complete=False)
    size = 0
    for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return body
    body.complete = True
    return body


async def adrain(native: httpx.Response, limit: int) -> AsyncBody:
    """The same as drain for AsyncClient."""
    if native.is_stream_consumed:
        return AsyncBody([native.content], source=native, decoded=True)
    rest = native.aiter_raw()
    body = AsyncBody(chunks := [], rest, native, complete=False)
    size = 0
    async for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return body
    body.complete = True
    return body
