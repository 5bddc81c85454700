"""List the snapshots of a former serverless instance, by the import that replaces ``import httpx``.

    python examples/snapshots_httpx.py GROUP CLUSTER

The token is that of a service account, in MONGODB_ATLAS_ACCESS_TOKEN.
"""

from __future__ import annotations

import os
import sys

from shim import httpx, record  # was: import httpx

ATLAS = os.environ.get("MONGODB_ATLAS_BASE_URL", "https://cloud.mongodb.com")


def main(group: str, cluster: str) -> None:
    """Print a line for each snapshot, and then what its values are worth."""
    headers = {
        "Accept": "application/vnd.atlas.2023-01-01+json",
        "Authorization": f"Bearer {os.environ['MONGODB_ATLAS_ACCESS_TOKEN']}",
    }
    with httpx.Client(base_url=ATLAS, headers=headers) as client:
        response = client.get(
            f"/api/atlas/v2/groups/{group}/serverless/{cluster}/backup/snapshots"
        )
    response.raise_for_status()
    for snapshot in response.json()["results"]:
        print(snapshot["id"], snapshot["createdAt"], snapshot["status"])
    translated = record(response)  # None where the call was none of the shim's business
    if translated is not None:
        for level, fields in translated.by_level().items():
            print(f"{level}: {', '.join(fields)}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
