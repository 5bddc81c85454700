"""The drop-in session of aiohttp as one of the ways in, for callers that wait."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
from yarl import URL

from shim import aiohttp
from tests.family.doors import DOORS, Ask, settings


async def _ask(session: aiohttp.ClientSession, method: str, url: str, data: bytes | None, options: Any) -> Any:
    """Call, and return the reply, or raise the fault, as httpx has them."""
    target = URL(url, encoded=True)
    try:
        async with session.request(method, target, data=data, allow_redirects=False, **options) as response:
            content = await response.read()
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise httpx.ReadTimeout(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error)) from error
    lines = [(name, value) for name, value in response.raw_headers if name.lower() != b"content-encoding"]
    return httpx.Response(response.status, headers=lines, content=content, request=httpx.Request(method, url))


@contextlib.contextmanager
def through_aiohttp(
    origin: str, *, over: bool, route: str = "auto", patience: float = 30.0, writes: str = "off"
) -> Iterator[Ask]:
    """Call with the drop-in session, each call in the same loop."""

    async def opened() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=patience, sock_connect=patience))

    with settings(origin, over=over, route=route, writes=writes), asyncio.Runner() as runner:
        session = runner.run(opened())

        def ask(method: str, target: str, content: bytes | None = None, **options: Any) -> Any:
            return runner.run(_ask(session, method, origin + target, content, options))

        try:
            yield ask
        finally:
            runner.run(session.close())


WRITE_DOORS: dict[str, Any] = {**DOORS, "aiohttp": through_aiohttp}
"""The ways in that writes are tested through: whether one is sent twice is each library's own business."""
