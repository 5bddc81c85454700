"""Restores the newest snapshot and waits for the job."""

import os
import time

import requests
from requests.auth import HTTPDigestAuth

BASE = f"{os.environ['ATLAS']}/api/atlas/v1.0/groups/{os.environ['GROUP']}/serverless/{os.environ['CLUSTER']}/backup"

with requests.Session() as session:
    session.auth = HTTPDigestAuth(os.environ["PUBLIC_KEY"], os.environ["PRIVATE_KEY"])
    snapshots = session.get(f"{BASE}/snapshots").json()["results"]
    newest = next(snapshot for snapshot in snapshots if snapshot["status"] == "completed")
    created = session.post(
        f"{BASE}/restoreJobs",
        json={
            "deliveryType": "automated",
            "snapshotId": newest["id"],
            "targetClusterName": os.environ["CLUSTER"],
            "targetGroupId": os.environ["GROUP"],
        },
    )
    created.raise_for_status()
    job = created.json()
    print(created.status_code, created.reason, job["deliveryType"], job["targetClusterName"])
    for _ in range(3):
        state = session.get(f"{BASE}/restoreJobs/{job['id']}").json()
        time.sleep(0.01)
    print(state["cancelled"], state["expired"], state["failed"], state["snapshotId"] == newest["id"])
    missing = session.get(f"{BASE}/restoreJobs/{'0' * 24}")
    print(missing.status_code, missing.ok, missing.json()["error"])
