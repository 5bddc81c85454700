"""One call by aiohttp."""

import asyncio
import json
import sys

import aiohttp

method, url, data, headers = json.loads(sys.argv[1])


async def status() -> int:
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, url, data=data) as response,
    ):
        return response.status


print(asyncio.run(status()))
