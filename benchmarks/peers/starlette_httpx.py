"""The usual way: Starlette on uvicorn, httpx behind it, and the translation that a team would write for itself.

Run by ``uvicorn``; the variable UPSTREAM names upstream.
"""

from __future__ import annotations

import json
import os
import re

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

LEGACY = re.compile(
    r"/api/atlas/(v1\.0|v2)/groups/([^/]+)/serverless/([^/]+)/backup/snapshots"
)
STATUS = {
    "PENDING": "queued",
    "QUEUED": "queued",
    "RUNNING": "inProgress",
    "COMPLETED": "completed",
    "FAILED": "failed",
}


def flex_path(path: str) -> str | None:
    """Return the successor's path, None for a call that is not retired."""
    match = LEGACY.fullmatch(path)
    return (
        match
        and f"/api/atlas/v2/groups/{match[2]}/flexClusters/{match[3]}/backup/snapshots?itemsPerPage=500"
    )


def legacy_body(path: str, content: bytes, base: str) -> bytes:
    """Return the legacy list that a flex list becomes."""
    match = LEGACY.fullmatch(path)
    assert match is not None
    results = [
        {
            "createdAt": item.get("startTime") or item.get("scheduledTime"),
            "expiresAt": item["expiration"],
            "frequencyType": "daily",
            "id": item["id"],
            "mongodVersion": item["mongoDBVersion"],
            "serverlessInstanceName": match[3],
            "snapshotType": "scheduled",
            "status": STATUS[item["status"]],
            "links": [{"href": f"{base}{path}/{item['id']}", "rel": "self"}],
        }
        for item in json.loads(content)["results"]
    ]
    results.sort(key=lambda item: (item["createdAt"], item["id"]), reverse=True)
    link = {"href": f"{base}{path}?pageNum=1&itemsPerPage=500", "rel": "self"}
    page = {"links": [link], "results": results, "totalCount": len(results)}
    return json.dumps(page, separators=(",", ":")).encode()


client = httpx.AsyncClient(
    base_url=os.environ["UPSTREAM"], limits=httpx.Limits(max_connections=None)
)


async def relay(request: Request) -> Response:
    """Translate a retired call, relay any other."""
    path = request.url.path
    target = flex_path(path)
    reply = await client.get(
        target or path, headers={"Accept": "application/vnd.atlas.2024-11-13+json"}
    )
    content = (
        legacy_body(path, reply.content, f"http://{request.headers['host']}")
        if target
        else reply.content
    )
    return Response(content, reply.status_code, media_type="application/json")


app = Starlette(routes=[Route("/{path:path}", relay)])
