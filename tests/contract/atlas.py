"""The objects that lookups find, for each write of the contract tests: a cluster, an integration, a person."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from shim.core.messages import Call
from tests.core.driver import GONE, Given, answers

ID = "6510aa1b2c3d4e5f60718293"
_OFF = {
    "compute": {"enabled": False, "scaleDownEnabled": False},
    "diskGB": {"enabled": False},
}
_KIND = {
    "diskIOPS": 3000,
    "diskSizeGB": 10,
    "ebsVolumeType": "PROVISIONED",
    "instanceSize": "M20",
    "nodeCount": 0,
}
_DEDICATED = {
    "analyticsAutoScaling": _OFF, "analyticsSpecs": _KIND, "autoScaling": _OFF,
    "electableSpecs": {**_KIND, "nodeCount": 3}, "priority": 6, "providerName": "AWS", "readOnlySpecs": _KIND,
    "regionName": "US_EAST_1",
}  # fmt: skip
_SHARED = {
    "backingProviderName": "AWS", "electableSpecs": {"diskSizeGB": 2, "instanceSize": "M2", "nodeCount": 3},
    "priority": 6, "providerName": "TENANT", "regionName": "US_EAST_1",
}  # fmt: skip


def _cluster(region: dict[str, Any]) -> dict[str, Any]:
    specs = [{"id": ID, "regionConfigs": [region], "zoneId": ID, "zoneName": "Zone 1"}]
    return {"clusterType": "SHARDED", "name": "c", "replicationSpecs": specs}


class Atlas:
    """Atlas before one write: without the objects that the write creates, with those that it changes."""

    def __init__(self, method: str, path: str, ended: str, body: Any) -> None:
        """Record whether the call is of an ended version, and whether a cluster is shared or dedicated."""
        self.ended = ("Accept", ended)
        self.makes = method == "POST"
        self.invites = "/invites" in path
        self.cluster = _cluster(_SHARED if "TENANT" in json.dumps(body) else _DEDICATED)

    def __call__(self, call: Call) -> Given:
        """Return the reply to a call."""
        if self.ended in call.headers:
            return GONE
        if call.method == "GET" and re.fullmatch(r".*/clusters/[^/]+", call.path):
            return answers(self.cluster)
        export = {
            "bucketName": "b",
            "iamRoleId": ID,
            "id": ID,
            "logTypes": ["MONGOD"],
            "prefixPath": "p",
            "type": "S3_LOG_EXPORT",
            "useLegacyPathStructure": True,
        }
        status = "PENDING" if self.invites else "ACTIVE"
        roles = (
            ({"orgRoles": ["ORG_OWNER"], "groupRoleAssignments": []})
            if "/orgs/" in call.path
            else (["GROUP_OWNER"])
        )
        person = {
            "id": ID,
            "orgMembershipStatus": status,
            "roles": roles,
            "teamIds": [],
            "username": dict(parse_qsl(call.query)).get("username", "u"),
        }
        if call.path.endswith("/backup/schedule"):
            return answers({"copySettings": [{"zoneId": ID}]})
        found = (export) if call.path.endswith("/logIntegrations") else (person)
        if self.makes and call.method == "GET" and not call.path.endswith("/orgs"):
            results = []
        else:
            results = [found]
        return answers({**found, "results": results, "totalCount": len(results)})
