# ruff: noqa: D101, D102, N818 - as the generator's templates have it
"""Calls Atlas as a client does that OpenAPI Generator made (``-g python``): rest.py and api_client.py, cut to size."""

import io
import json
import os
import re
from urllib.parse import quote

import urllib3


class ApiException(Exception):
    def __init__(self, status=None, reason=None, body=None):
        super().__init__(f"({status})\nReason: {reason}\n")
        self.status, self.reason, self.body = status, reason, body


class RESTResponse(io.IOBase):
    def __init__(self, resp):
        self.response = resp
        self.status = resp.status
        self.reason = resp.reason
        self.data = None

    def read(self):
        if self.data is None:
            self.data = self.response.data
        return self.data

    def getheader(self, name, default=None):
        return self.response.headers.get(name, default)


class RESTClientObject:
    def __init__(self):
        pool_args = {"retries": urllib3.Retry(3, status_forcelist=[500, 502]), "maxsize": 4}
        self.pool_manager = urllib3.PoolManager(**pool_args)

    def request(self, method, url, headers=None, body=None, _request_timeout=None):
        method = method.upper()
        headers = headers or {}
        timeout = None
        if _request_timeout:
            if isinstance(_request_timeout, (int, float)):
                timeout = urllib3.Timeout(total=_request_timeout)
            elif isinstance(_request_timeout, tuple) and len(_request_timeout) == 2:
                timeout = urllib3.Timeout(connect=_request_timeout[0], read=_request_timeout[1])
        try:
            if method in ["POST", "PUT", "PATCH", "OPTIONS", "DELETE"]:
                content_type = headers.get("Content-Type")
                assert not content_type or re.search("json", content_type, re.IGNORECASE)
                request_body = None
                if body is not None:
                    request_body = json.dumps(body)
                r = self.pool_manager.request(
                    method, url, body=request_body, timeout=timeout, headers=headers, preload_content=False
                )
            else:
                r = self.pool_manager.request(
                    method, url, fields={}, timeout=timeout, headers=headers, preload_content=False
                )
        except urllib3.exceptions.SSLError as e:
            raise ApiException(status=0, reason="\n".join([type(e).__name__, str(e)])) from e
        return RESTResponse(r)


class ApiClient:
    def __init__(self):
        self.rest_client = RESTClientObject()
        self.default_headers = {"User-Agent": "OpenAPI-Generator/1.0.0/python"}

    def call_api(self, method, path, body=None, _request_timeout=None, **params):
        for name, value in params.items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        headers = {
            **self.default_headers,
            "Accept": "application/vnd.atlas.2023-01-01+json",
            "Authorization": f"Bearer {os.environ['TOKEN']}",
        }
        if body is not None:
            headers["Content-Type"] = "application/vnd.atlas.2023-01-01+json"
        response = self.rest_client.request(
            method, os.environ["ATLAS"] + path, headers=headers, body=body, _request_timeout=_request_timeout
        )
        response.read()
        if not 200 <= response.status <= 299:
            raise ApiException(response.status, response.reason, response.data.decode("utf-8"))
        match = re.search(r"charset=([a-zA-Z\-\d]+)[\s;]?", response.getheader("content-type") or "")
        return response.status, json.loads(response.data.decode(match.group(1) if match else "utf-8"))


BACKUP = "/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup"
client, where = ApiClient(), {"groupId": os.environ["GROUP"], "clusterName": os.environ["CLUSTER"]}

status, page = client.call_api("GET", f"{BACKUP}/snapshots", _request_timeout=30, **where)
print(status, page["totalCount"] == len(page["results"]) > 0)
snapshot = page["results"][-1]
path = f"{BACKUP}/snapshots/{{snapshotId}}"
status, one = client.call_api("GET", path, _request_timeout=(5, 30), snapshotId=snapshot["id"], **where)
print(status, one["id"] == snapshot["id"], one["status"], one["frequencyType"])
job = {
    "deliveryType": "automated",
    "snapshotId": snapshot["id"],
    "targetClusterName": where["clusterName"],
    "targetGroupId": where["groupId"],
}
status, job = client.call_api("POST", f"{BACKUP}/restoreJobs", job, **where)
print(status, job["deliveryType"])
print(client.call_api("GET", f"{BACKUP}/restoreJobs/{job['id']}", **where)[1]["id"] == job["id"])
try:
    client.call_api("GET", path, snapshotId="0" * 24, **where)
except ApiException as error:
    print(error.status, error.reason, sorted(set(json.loads(error.body)) & {"error", "errorCode", "detail", "reason"}))
