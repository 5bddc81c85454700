"""A program as a user writes it with aiohttp's types; a test of the entry point runs the part that sends calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import shim
from shim import aiohttp
from shim.aiohttp import web
from shim.aiohttp.client import ClientTimeout
from shim.aiohttp.client_exceptions import ClientResponseError

if TYPE_CHECKING:
    import aiohttp as plain


async def ask(url: str) -> int:
    """Return a status and the size of a content as one sum."""
    async with aiohttp.ClientSession(timeout=ClientTimeout(total=10)) as session:
        try:
            async with session.get(url, params={"a": "b"}) as response:
                response.raise_for_status()
                assert_type(shim.record(response), shim.Record | None)
                return response.status + len(await response.read())
        except ClientResponseError as error:
            return error.status


async def answer(request: web.Request) -> web.Response:
    """Pass on the chunks of another iterator."""
    async with aiohttp.request(
        "GET", "https://example.org", headers=request.headers
    ) as response:
        return web.Response(text=await response.text())


def as_plain(session: aiohttp.ClientSession) -> plain.ClientSession:
    """Return a session for code that knows aiohttp's types only."""
    return session


async def wrong(session: aiohttp.ClientSession) -> None:
    """Check that calls which aiohttp's types refuse are refused."""
    response = await session.get("https://example.org", heders={})  # type: ignore[call-arg]
    response.reed()  # type: ignore[attr-defined]
    aiohttp.ClientSession(timout=1)  # type: ignore[call-arg]
    aiohttp.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
