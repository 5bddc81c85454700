"""The bodies that upstream answers with: flex snapshot lists of 8 and of 500, as recorded ones are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

SIZES = {"small": 8, "large": 500}
GROUP = "6510aa1b2c3d4e5f60718293"


def snapshots(count: int, variant: int = 0) -> bytes:
    """Return a flex list of so many snapshots, oldest first, on one line; variants have no id and no time in common."""
    first = datetime(2026, 1, 1, 17, 5, 10, tzinfo=UTC) + timedelta(seconds=7 * variant)
    results = []
    for index in range(count):
        day = first + timedelta(days=index)
        results.append({
            "expiration": f"{day + timedelta(days=8):%Y-%m-%dT%H:%M:%SZ}",
            "finishTime": f"{day + timedelta(seconds=97):%Y-%m-%dT%H:%M:%SZ}",
            "id": f"{0x6B05C3C6F892DAD018F30000 + 1000 * variant + index:024x}",
            "mongoDBVersion": "8.0.17",
            "scheduledTime": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "startTime": f"{day + timedelta(seconds=26):%Y-%m-%dT%H:%M:%SZ}",
            "status": "COMPLETED",
        })  # fmt: skip
    link = f"http://localhost/api/atlas/v2/groups/{GROUP}/flexClusters/x/backup/snapshots?pageNum=1"
    page = {"links": [{"href": link, "rel": "self"}], "results": results, "totalCount": count}
    return json.dumps(page, separators=(",", ":")).encode()


def legacy_path(name: str) -> str:
    """Return the legacy path that a candidate is asked for; the cluster's name picks the body."""
    return f"/api/atlas/v2/groups/{GROUP}/serverless/{name}/backup/snapshots?itemsPerPage=500"
