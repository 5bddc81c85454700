"""Calls of an Atlas client to hostile upstreams: four that pass through, and two that are translated."""

import json

from tests.hostile.faults import GROUP
from tests.peers.served import get

JOB = json.dumps(
    {
        "deliveryType": "automated",
        "snapshotId": "6b05c3c6f892dad018f3f094",
        "targetClusterName": "other",
        "targetGroupId": GROUP,
    }
)
USERS = f"/api/atlas/v2/groups/{GROUP}/databaseUsers"
BACKUP = f"/api/atlas/v2/groups/{GROUP}/serverless/orders/backup"
LINES = ("Accept: application/vnd.atlas.2023-01-01+json", "Accept-Encoding: gzip")


def call(method: str, target: str, content: str = "") -> bytes:
    """Return a request of an Atlas client."""
    length = ((f"Content-Length: {len(content)}",)) if content else (())
    return get(target, *LINES, *length, method=method) + content.encode()


CALLS = {
    "GET": call("GET", USERS),
    "POST": call("POST", USERS, JOB),
    "PUT": call("PUT", USERS, JOB),
    "DELETE": call("DELETE", USERS),
    "retired GET": call("GET", f"{BACKUP}/snapshots"),
    "retired POST": call("POST", f"{BACKUP}/restoreJobs", JOB),
}
"""Calls that pass through, and two that are translated."""
