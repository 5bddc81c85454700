"""The translation that the Python peers do, written by hand: what a team would write for itself."""

from __future__ import annotations

import json
import re

LEGACY = re.compile(r"/api/atlas/(v1\.0|v2)/groups/([^/]+)/serverless/([^/]+)/backup/snapshots")
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
    return match and f"/api/atlas/v2/groups/{match[2]}/flexClusters/{match[3]}/backup/snapshots?itemsPerPage=500"


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
