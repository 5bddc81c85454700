"""One call by httpx's awaited client."""

import asyncio
import json
import sys

import httpx

method, url, data, headers = json.loads(sys.argv[1])


async def status() -> int:
    async with httpx.AsyncClient() as client:
        response = await client.request(method, url, content=data, headers=headers)
        return response.status_code


print(asyncio.run(status()))
