"""A program as a user writes it around aiohttp's types; a test of the door runs the part that asks."""

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
    """Hand on what somebody else says."""
    async with aiohttp.request(
        "GET", "https://example.org", headers=request.headers
    ) as response:
        return web.Response(text=await response.text())


def as_plain(session: aiohttp.ClientSession) -> plain.ClientSession:
    """Return a session for somebody who knows aiohttp alone."""
    return session


async def wrong(session: aiohttp.ClientSession) -> None:
    """What aiohttp's types refuse is refused."""
    response = await session.get("https://example.org", heders={})  # type: ignore[call-arg]
    response.reed()  # type: ignore[attr-defined]
    aiohttp.ClientSession(timout=1)  # type: ignore[call-arg]
    aiohttp.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
