"""Upstream's bodies: flex snapshot lists of 8, 100 and 500 items, in the recorded format."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

SIZES = {"small": 8, "accents": 8, "middle": 100, "large": 500}
"""The number of snapshots in a body; each item of the second has a non-ASCII letter and an escape."""
GROUP = "6510aa1b2c3d4e5f60718293"


def snapshots(name: str, variant: int = 0) -> bytes:
    """Return a flex list on one line, oldest first; two variants share no id and no time."""
    count, release = SIZES[name], " (bêta\t1)" if name == "accents" else ""
    first = datetime(2026, 1, 1, 17, 5, 10, tzinfo=UTC) + timedelta(seconds=7 * variant)
    results = []
    for index in range(count):
        day = first + timedelta(days=index)
        results.append({
            "expiration": f"{day + timedelta(days=8):%Y-%m-%dT%H:%M:%SZ}",
            "finishTime": f"{day + timedelta(seconds=97):%Y-%m-%dT%H:%M:%SZ}",
            "id": f"{0x6B05C3C6F892DAD018F30000 + 1000 * variant + index:024x}",
            "mongoDBVersion": f"8.0.17{release}",
            "scheduledTime": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "startTime": f"{day + timedelta(seconds=26):%Y-%m-%dT%H:%M:%SZ}",
            "status": "COMPLETED",
        })  # fmt: skip
    link = f"http://localhost/api/atlas/v2/groups/{GROUP}/flexClusters/x/backup/snapshots?pageNum=1"
    page = {
        "links": [{"href": link, "rel": "self"}],
        "results": results,
        "totalCount": count,
    }
    return json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode()


def legacy_path(name: str) -> str:
    """Return the legacy path of a call; the cluster's name selects the body."""
    return f"/api/atlas/v2/groups/{GROUP}/serverless/{name}/backup/snapshots?itemsPerPage=500"
