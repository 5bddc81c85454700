"""One of the two libraries, as the code that they share needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from shim.doors.httpx_family.streams import AsyncResponseContent, ResponseContent

if TYPE_CHECKING:  # a program may have httpx2 alone in memory, and call it httpx
    import httpx


class Module(Protocol):
    """The names of httpx that are used."""

    __name__: str
    AsyncByteStream: type[httpx.AsyncByteStream]
    AsyncClient: type[httpx.AsyncClient]
    ByteStream: type[httpx.ByteStream]
    Client: type[httpx.Client]
    Headers: type[httpx.Headers]
    HTTPError: type[httpx.HTTPError]
    ReadTimeout: type[httpx.ReadTimeout]
    Request: type[httpx.Request]
    Response: type[httpx.Response]
    SyncByteStream: type[httpx.SyncByteStream]


@attrs.frozen(eq=False)
class Library:
    """A library, and the kinds of content that its responses take: each is one of its own streams too."""

    module: Module
    content: type[ResponseContent]
    async_content: type[AsyncResponseContent]
    nothing: ResponseContent = attrs.field(init=False)
    async_nothing: AsyncResponseContent = attrs.field(init=False)

    @nothing.default
    def _nothing(self) -> ResponseContent:
        return self.content(())

    @async_nothing.default
    def _async_nothing(self) -> AsyncResponseContent:
        return self.async_content(())
