"""aiohttp's Digest middleware, as programs use it, but without a connection that it leaves open."""

from typing import Any

import aiohttp


async def _read_challenges(request: Any, handler: Any) -> aiohttp.ClientResponse:
    """Read the content of each 401.

    The middleware above drops that response unread. If its content arrives after the
    session is closed, the garbage collector reports an unclosed connection, in any
    later test.
    """
    response: aiohttp.ClientResponse = await handler(request)
    if response.status == 401:
        await response.read()
    return response


def signing(public: str, private: str) -> list[Any]:
    """Return the middlewares of a session that signs its requests."""
    return [aiohttp.DigestAuthMiddleware(public, private), _read_challenges]
