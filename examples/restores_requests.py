"""List the restore jobs of a former serverless instance with requests and an API key (HTTP Digest).

    python examples/restores_requests.py GROUP CLUSTER

The key is in MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY. A
signature covers the path of a call, and is made for the path that the call really
takes: no trip more than before.
"""

from __future__ import annotations

import os
import sys

from requests.auth import HTTPDigestAuth

from shim import requests  # was: import requests

ATLAS = os.environ.get("MONGODB_ATLAS_BASE_URL", "https://cloud.mongodb.com")


def main(group: str, cluster: str) -> None:
    """Print a line for each restore job."""
    key = HTTPDigestAuth(
        os.environ["MONGODB_ATLAS_PUBLIC_API_KEY"],
        os.environ["MONGODB_ATLAS_PRIVATE_API_KEY"],
    )
    response = requests.get(
        f"{ATLAS}/api/atlas/v2/groups/{group}/serverless/{cluster}/backup/restoreJobs",
        headers={"Accept": "application/vnd.atlas.2023-01-01+json"},
        auth=key,
        timeout=60,
    )
    response.raise_for_status()
    for job in response.json()["results"]:
        print(job["id"], job["deliveryType"], job.get("finishedAt", "unfinished"))


if __name__ == "__main__":
    main(*sys.argv[1:])
