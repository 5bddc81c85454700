"""The calls that end by 2027-07-01, as a program makes them after that."""

import copy
import json
import re
from datetime import UTC, datetime
from typing import Any

from shim.core.recognize import shared_engine
from shim.core.settings import Settings, parse_writes
from tests.contract.atlas import ID, Atlas
from tests.contract.schema import Bodies
from tests.core.driver import CASES, Driven, drive

ENGINE = shared_engine({})
AFTER = datetime(2027, 7, 2, tzinfo=UTC).timestamp()
ON = Settings(writes=parse_writes("clusters,people,log-export", name="writes"))
BODIES = Bodies("cluster-writes-2026-08", "ends-2027-writes")
ENDS = json.loads((CASES / "contract" / "ends-2027-writes.json").read_text("utf-8"))[
    "x-ends"
]
WRITES = [
    (
        one["method"],
        one["path"].removeprefix("/api/atlas/v2"),
        one["version"].removesuffix("+json"),
    )
    for one in ENDS
]
WRITES = [
    write
    for write in WRITES
    if (write[0], f"/api/atlas/v2{write[1]}", write[2]) in BODIES.bodies
]
AS_IT_IS = {
    write for write in WRITES if write[2] == "2024-08-05" and "/clusters" in write[1]
}
"""Writes whose body is passed through unread, since both versions have the same description."""

ZONE = {
    "regionConfigs": [{
        "electableSpecs": {"instanceSize": "M20", "nodeCount": 3}, "priority": 6, "providerName": "AWS",
        "regionName": "US_EAST_1",
    }],
    "zoneName": "Zone 1",
}  # fmt: skip
LEGACY_ZONE = {
    "regionsConfig": {"US_EAST_1": {"electableNodes": 3, "priority": 6}},
    "zoneName": "Zone 1",
}
CLUSTER = "/groups/{groupId}/clusters"
PERSON = {"roles": ["GROUP_OWNER"], "username": "u"}
FTS = "/groups/{groupId}/clusters/{clusterName}/fts/indexes"
INDEXES = [("POST", FTS, "2023-01-01"), ("PATCH", f"{FTS}/{{indexId}}", "2023-01-01")]
"""An index of type ``search``, which is the default, has mappings; one of type ``vectorSearch`` has fields."""
AROUND: dict[tuple[str, str, str], dict[str, Any]] = {
    ("POST", CLUSTER, "2023-02-01"): {"name": "c", "replicationSpecs": [ZONE]},
    ("POST", CLUSTER, "2023-01-01"): {
        "name": "c",
        "providerSettings": {
            "instanceSizeName": "M20",
            "providerName": "AWS",
            "regionName": "US_EAST_1",
        },
    },
    **{
        (method, "/groups/{groupId}/invites", "2023-01-01"): PERSON
        for method in ("POST", "PATCH")
    },
    **{
        (method, "/orgs/{orgId}/invites", "2023-01-01"): {
            **PERSON,
            "roles": ["ORG_MEMBER"],
        }
        for method in ("POST", "PATCH")
    },
    ("PATCH", "/orgs/{orgId}/invites/{invitationId}", "2023-01-01"): {
        "roles": ["ORG_MEMBER"]
    },
    ("POST", "/groups/{groupId}/access", "2023-02-01"): PERSON,
    **{write: {"mappings": {"dynamic": True}} for write in INDEXES},
    ("POST", "/groups/{groupId}/pushBasedLogExport", "2023-01-01"): {
        "bucketName": "b",
        "iamRoleId": ID,
        "prefixPath": "p",
    },
    ("POST", "/groups/{groupId}/backup/exportBuckets", "2023-01-01"): {
        "cloudProvider": "AWS"
    },
    ("PUT", "/groups/{groupId}/backupCompliancePolicy", "2023-01-01"): {
        "authorizedEmail": "a@example.com",
        "authorizedUserFirstName": "A",
        "authorizedUserLastName": "B",
    },
    ("PUT", "/groups/{groupId}/users/{userId}/roles", "2023-01-01"): {
        "groupRoles": ["GROUP_READ_ONLY"]
    },
    ("PUT", "/orgs/{orgId}/users/{userId}/roles", "2023-01-01"): {
        "orgRoles": ["ORG_READ_ONLY"]
    },
}
"""The other members that Atlas needs next to one, beyond the description's requirements."""


def schema_of(write: tuple[str, str, str]) -> dict[str, Any]:
    method, path, version = write
    return BODIES.bodies[method, f"/api/atlas/v2{path}", version]


def merged(one: Any, other: Any) -> Any:
    """Return a body with another body's members merged into it."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {
            name: merged(one.get(name), value) for name, value in other.items()
        }
    if isinstance(one, list) and isinstance(other, list) and one and other:
        return [merged(one[0], other[0])]
    return copy.deepcopy(other)


def sent(
    write: tuple[str, str, str], body: Any, query: str = ""
) -> tuple[list[Any], Driven]:
    """Make a legacy call; return the requests sent, as method, target, version and body, and the outcome."""
    method, path, version = write
    media = (
        f"application/vnd.atlas.{version}+{'gzip' if path.endswith('.gz') else 'json'}"
    )
    target = re.sub(r"\{\w+\}", ID, f"/api/atlas/v2{path}") + query
    headers = (("Accept", media), ("Content-Type", media))
    atlas = Atlas(method, path, media, body)
    driven = drive(
        ENGINE,
        target,
        atlas,
        method=method,
        headers=headers,
        body=body,
        settings=ON,
        clock=AFTER,
    )
    calls = [send.call for send in driven.sends if send.route != "legacy"]
    versions = [
        re.sub(r".*\.([-\d]+)\+.*", r"\1", dict(call.headers)["Accept"])
        for call in calls
    ]
    said = [json.loads(call.body or b"null") for call in calls]
    return [
        *zip(
            [call.method for call in calls],
            [call.target for call in calls],
            versions,
            said,
            strict=True,
        )
    ], driven
