"""Pages through snapshots with the standard library only, signed by Digest."""

import json
import os
from urllib.error import HTTPError
from urllib.request import (
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    build_opener,
    install_opener,
    urlopen,
)

passwords = HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(
    None, os.environ["ATLAS"], os.environ["PUBLIC_KEY"], os.environ["PRIVATE_KEY"]
)
install_opener(build_opener(HTTPDigestAuthHandler(passwords)))

PATH = f"{os.environ['ATLAS']}/api/atlas/v2/groups/{os.environ['GROUP']}/serverless/{os.environ['CLUSTER']}/backup"
VERSION = "application/vnd.atlas.2023-01-01+json"

url = f"{PATH}/snapshots?itemsPerPage=2&pageNum=1"
seen = []
while url:
    with urlopen(Request(url, headers={"Accept": VERSION}), timeout=10) as response:
        page = json.load(response)
    print(response.status, response.headers["Content-Type"], response.url == url)
    seen += [snapshot["id"] for snapshot in page["results"]]
    url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
print(len(set(seen)) == page["totalCount"])

body = {
    "deliveryType": "automated",
    "snapshotId": seen[0],
    "targetClusterName": os.environ["CLUSTER"],
    "targetGroupId": os.environ["GROUP"],
}
request = Request(
    f"{PATH}/restoreJobs",
    json.dumps(body).encode(),
    {"Accept": VERSION, "Content-Type": VERSION},
)
with urlopen(request, timeout=10) as response:
    print(response.getcode(), json.load(response)["deliveryType"])
try:
    urlopen(Request(f"{PATH}/snapshots/{'0' * 24}", headers={"Accept": VERSION}))
except HTTPError as error:
    print(error, error.code, json.load(error)["error"])
