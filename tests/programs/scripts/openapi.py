# ruff: noqa: D101, D102, N818 - as the generator's templates have it
"""Calls Atlas as a client of OpenAPI Generator (``-g python``) does: a shortened rest.py and api_client.py."""

import json
import os
import re
from urllib.parse import quote

import urllib3


class ApiException(Exception):
    def __init__(self, status=None, reason=None, body=None):
        super().__init__(f"({status})\nReason: {reason}\n")
        self.status = status
        self.reason = reason
        self.body = body


class RESTClientObject:
    def __init__(self):
        pool_args = {
            "retries": urllib3.Retry(3, status_forcelist=[500, 502]),
            "maxsize": 4,
        }
        self.pool_manager = urllib3.PoolManager(**pool_args)

    def request(self, method, url, headers=None, body=None, _request_timeout=None):
        connect, read = (
            _request_timeout
            if isinstance(_request_timeout, tuple)
            else (_request_timeout,) * 2
        )
        more = {
            "timeout": urllib3.Timeout(connect=connect, read=read),
            "headers": headers,
            "preload_content": False,
        }
        if method in ["POST", "PUT", "PATCH", "OPTIONS", "DELETE"]:
            return self.pool_manager.request(
                method, url, body=None if body is None else json.dumps(body), **more
            )
        return self.pool_manager.request(method, url, fields={}, **more)


class ApiClient:
    rest_client = RESTClientObject()

    def call_api(self, method, path, body=None, _request_timeout=None, **params):
        for name, value in params.items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        media = "application/vnd.atlas.2023-01-01+json"
        headers = {"User-Agent": "OpenAPI-Generator/1.0.0/python", "Accept": media}
        headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
        if body is not None:
            headers["Content-Type"] = media
        response = self.rest_client.request(
            method, os.environ["ATLAS"] + path, headers, body, _request_timeout
        )
        data = response.data
        if not 200 <= response.status <= 299:
            raise ApiException(response.status, response.reason, data.decode("utf-8"))
        match = re.search(
            r"charset=([a-zA-Z\-\d]+)[\s;]?", response.headers.get("content-type") or ""
        )
        return response.status, json.loads(
            data.decode(match.group(1) if match else "utf-8")
        )


BACKUP = "/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup"
client = ApiClient()
where = {"groupId": os.environ["GROUP"], "clusterName": os.environ["CLUSTER"]}

status, page = client.call_api(
    "GET", f"{BACKUP}/snapshots", _request_timeout=30, **where
)
print(status, page["totalCount"] == len(page["results"]) > 0)
snapshot = page["results"][-1]
path = f"{BACKUP}/snapshots/{{snapshotId}}"
status, one = client.call_api(
    "GET", path, _request_timeout=(5, 30), snapshotId=snapshot["id"], **where
)
print(status, one["id"] == snapshot["id"], one["status"], one["frequencyType"])
target = {"targetClusterName": where["clusterName"], "targetGroupId": where["groupId"]}
order = {"deliveryType": "automated", "snapshotId": snapshot["id"], **target}
status, job = client.call_api("POST", f"{BACKUP}/restoreJobs", order, **where)
print(status, job["deliveryType"])
print(
    client.call_api("GET", f"{BACKUP}/restoreJobs/{job['id']}", **where)[1]["id"]
    == job["id"]
)
try:
    client.call_api("GET", path, snapshotId="0" * 24, **where)
except ApiException as error:
    print(
        error.status,
        error.reason,
        sorted(
            set(json.loads(error.body)) & {"error", "errorCode", "detail", "reason"}
        ),
    )
