"""The usual way: Starlette on uvicorn, httpx behind it. Run by ``uvicorn``; UPSTREAM names upstream."""

from __future__ import annotations

import os

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers.translate import flex_path, legacy_body

client = httpx.AsyncClient(base_url=os.environ["UPSTREAM"], limits=httpx.Limits(max_connections=None))


async def relay(request: Request) -> Response:
    """Translate a retired call, relay any other."""
    path = request.url.path
    target = flex_path(path)
    reply = await client.get(target or path, headers={"Accept": "application/vnd.atlas.2024-11-13+json"})
    content = legacy_body(path, reply.content, f"http://{request.headers['host']}") if target else reply.content
    return Response(content, reply.status_code, media_type="application/json")


app = Starlette(routes=[Route("/{path:path}", relay)])
