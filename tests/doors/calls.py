"""The calls of the tests, and the replies of an Atlas."""

import base64
import json
from collections.abc import Callable

from shim.fake import (
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
)
from tests.peers.answering import reply

SNAPSHOTS = (
    f"/api/atlas/v1.0/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
)
JOBS = SNAPSHOTS.replace("/snapshots", "/restoreJobs")
ORDER = {
    "deliveryType": "automated",
    "snapshotId": "0" * 24,
    "targetClusterName": "other",
    "targetGroupId": "1" * 24,
}
ORDERED = json.dumps(ORDER).encode()
JOB = {
    "deliveryType": "RESTORE", "id": "6a6f78e0cab84da5c4476b25", "projectId": "1" * 24, "snapshotId": "0" * 24,
    "status": "PENDING", "targetDeploymentItemName": "other", "targetProjectId": "1" * 24,
}  # fmt: skip
BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}
KEY = (DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
EMPTY = b'{"results": [], "totalCount": 0}'
NOT_FOUND = b'{"detail":"No.","error":404,"errorCode":"CLUSTER_NOT_FOUND","parameters":[],"reason":"Not Found"}'


def basic(user: tuple[str, str]) -> dict[str, str]:
    """Return the field with this signature."""
    return {
        "Authorization": f"Basic {base64.b64encode(':'.join(user).encode()).decode()}"
    }


def flex(request: bytes) -> bytes:
    """Reply as an Atlas without snapshots."""
    return reply("200 OK", "Content-Type: application/json", body=EMPTY)


def gone(request: bytes) -> bytes:
    """Reply as a retired endpoint."""
    return reply("410 Gone", body=b"{}")


def gone_then_flex(request: bytes) -> bytes:
    """Reply as an Atlas whose legacy endpoint is retired, whatever the date."""
    if b"/flexClusters/" in request:
        return flex(request)
    return gone(request)


def gone_then(
    answer: Callable[[bytes], bytes | None],
) -> Callable[[bytes], bytes | None]:
    """Return an Atlas whose legacy endpoint is retired, and whose successor replies like this."""
    return lambda request: (
        answer(request) if b"/flexClusters/" in request else gone(request)
    )


def taken(request: bytes) -> bytes:
    """Reply as an Atlas that accepts the order of a restore."""
    return reply(
        "200 OK", "Content-Type: application/json", body=json.dumps(JOB).encode()
    )


def content(request: bytes) -> bytes:
    """Return the content of a request."""
    return request.partition(b"\r\n\r\n")[2]


def field(request: bytes, name: str) -> str | None:
    """Return the value of a request's field, or None."""
    for line in request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(": ")
        if key.lower() == name.lower():
            return value
    return None
