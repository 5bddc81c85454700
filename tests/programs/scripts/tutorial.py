"""Lists the snapshots of a serverless instance, as in a tutorial."""

import os

import requests
from requests.auth import HTTPDigestAuth

BASE_URL = os.environ["ATLAS"] + "/api/atlas/v1.0"
GROUP_ID = os.environ["GROUP"]
CLUSTER = os.environ["CLUSTER"]

auth = HTTPDigestAuth(os.environ["PUBLIC_KEY"], os.environ["PRIVATE_KEY"])

response = requests.get(
    f"{BASE_URL}/groups/{GROUP_ID}/serverless/{CLUSTER}/backup/snapshots",
    auth=auth,
    params={"pageNum": 1, "itemsPerPage": 3},
    timeout=10,
)
response.raise_for_status()
data = response.json()
print(response.status_code, response.headers["Content-Type"], response.url)
for snapshot in data["results"]:
    detail = requests.get(
        f"{BASE_URL}/groups/{GROUP_ID}/serverless/{CLUSTER}/backup/snapshots/{snapshot['id']}",
        auth=auth,
        timeout=10,
    )
    detail.raise_for_status()
    print(
        detail.json()["status"],
        snapshot["frequencyType"],
        snapshot["serverlessInstanceName"],
    )
    assert detail.json()["id"] == snapshot["id"]
    assert snapshot["createdAt"] < snapshot["expiresAt"]
