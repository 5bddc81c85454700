"""Pages through snapshots with a session that retries, checks in a hook, and sends prepared requests."""

import os
from threading import Thread

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from urllib3.util.retry import Retry

API = os.environ["ATLAS"] + "/api/atlas/v2"
PATH = f"{API}/groups/{os.environ['GROUP']}/serverless/{os.environ['CLUSTER']}/backup/snapshots"

checked = []


def check(response, *args, **kwargs):
    checked.append(response.status_code)
    response.raise_for_status()


session = requests.Session()
session.auth = HTTPDigestAuth(os.environ["PUBLIC_KEY"], os.environ["PRIVATE_KEY"])
session.headers.update({"Accept": "application/vnd.atlas.2023-01-01+json"})
retries = Retry(total=3, backoff_factor=0, status_forcelist=[429, 500, 502, 503, 504])
for scheme in ("http://", "https://"):
    session.mount(scheme, HTTPAdapter(max_retries=retries))

# once by hand; Digest answers the challenge inside
first = session.get(PATH, params={"itemsPerPage": 2}, timeout=(3.05, 27))
first.raise_for_status()
session.hooks["response"].append(check)

url = PATH + "?itemsPerPage=2&pageNum=1"
seen = []
while url:
    page = session.get(url, timeout=(3.05, 27)).json()
    seen += [snapshot["id"] for snapshot in page["results"]]
    url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
print(
    len(seen) == len(set(seen)) == page["totalCount"],
    seen[:2] == [one["id"] for one in first.json()["results"]],
)

prepared = session.prepare_request(
    requests.Request("GET", f"{PATH}/{seen[0]}", params={"pretty": "true"})
)
response = session.send(prepared, timeout=10)
print(
    response.status_code,
    response.json()["id"] == seen[0],
    response.url == prepared.url,
    response.history,
)

with session.get(PATH, stream=True, timeout=10) as streamed:
    content = b"".join(streamed.iter_content(64))
print(streamed.status_code, content.startswith(b"{"), streamed.headers["Content-Type"])

try:
    session.get(f"{PATH}/{'0' * 24}", timeout=10)
except requests.HTTPError as error:
    print(
        error.response.status_code,
        set(error.response.json()) >= {"error", "errorCode", "detail", "reason"},
    )
print(set(checked))

session.hooks["response"].clear()
statuses = []
threads = [
    Thread(
        target=lambda one=one: statuses.append(session.get(f"{PATH}/{one}").status_code)
    )
    for one in seen[:3]
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(statuses)
