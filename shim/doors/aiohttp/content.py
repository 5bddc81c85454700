"""Content of requests and responses: read within bounds, and left so that it can be read again."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientPayloadError, ClientResponse, ClientSession, FormData, get_payload, payload
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import ContentEncodingError

from shim.doors.aiohttp.inside import json_content
from shim.doors.exchange import Content, aread_within

CODINGS = frozenset({"gzip", "deflate", "br", "zstd"})
"""What aiohttp decodes by itself unless it is asked to leave content as it is; one coding, not several."""


class Collected(AbstractStreamWriter):
    """Takes what a payload writes."""

    def __init__(self) -> None:
        self.content = bytearray()

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Keep a chunk."""
        self.content += chunk

    async def write_eof(self, chunk: bytes = b"") -> None:
        """Keep the last chunk."""
        self.content += chunk

    async def drain(self) -> None:
        """Nothing waits."""

    def enable_compression(self, *_: Any, **__: Any) -> None:
        """Content is taken as it is."""

    def enable_chunking(self) -> None:
        """Content is taken as it is."""

    async def write_headers(self, status_line: str, headers: Any) -> None:
        """Content is all that is taken."""


async def request_content(session: ClientSession, data: Any, json: Any) -> tuple[bytes, Mapping[str, str]]:
    """Return the content of a request and the field lines that aiohttp would add for it; files are closed."""
    if json is not None:
        return json_content(session, json), {"Content-Type": "application/json"}
    if data is None:
        return b"", {}
    data = data() if isinstance(data, FormData) else data
    try:
        body = get_payload(data, disposition=None)
    except payload.LookupError:
        body = FormData(data)()
    collected = Collected()
    try:
        await body.write(collected)
    finally:
        if (close := getattr(body, "close", None)) is not None:  # from 3.12 on; before, writing closes
            await close()
    return bytes(collected.content), body.headers or {}


async def drain(native: ClientResponse, limit: int) -> Content:
    """Read content until it ends or exceeds ``limit`` bytes; ``rest`` is None where the caller can read it already."""
    if native.content.at_eof():  # there is none, or somebody, such as a middleware, has read the response before
        return Content([await native.read()], rest=None)
    try:
        return await aread_within(native.content.iter_any(), limit)
    except ClientPayloadError as error:
        if not isinstance(error.__cause__, ContentEncodingError):
            raise
        return Content([], rest=None, fault="the content is not what its coding says")


def put_back(native: ClientResponse, read: Content) -> None:
    """Let the caller read from the beginning what was read of a response."""
    if read.rest is not None:
        with warnings.catch_warnings():
            # Deprecated for years with nothing in its place; aiohttp 4, where it may go, is refused by our bound.
            warnings.simplefilter("ignore", DeprecationWarning)
            native.content.unread_data(b"".join(read.chunks))
