"""Each member of the body of each write that ends: it is sent on, noted in the record, or refused by its name.

Bodies come from the old description, one for each member; what is sent fits the new one. Families in which something
gets lost are listed as they are, so that this fails when they are mended, too.
"""

import copy
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from shim.core.recognise import shared_engine
from shim.core.settings import Settings, parse_writes
from tests.contract.atlas import ID, Atlas
from tests.contract.schema import Bodies, Leaf
from tests.core.driver import CASES, Driven, drive

ENGINE = shared_engine({})
AFTER = datetime(2027, 7, 2, tzinfo=UTC).timestamp()
ON = Settings(writes=parse_writes("clusters,people,log-export", name="writes"))
BODIES = Bodies("cluster-writes-2026-08", "ends-2027-writes")
ENDS = json.loads((CASES / "contract" / "ends-2027-writes.json").read_text("utf-8"))["x-ends"]
WRITES = [
    (one["method"], one["path"].removeprefix("/api/atlas/v2"), one["version"].removesuffix("+json")) for one in ENDS
]
WRITES = [write for write in WRITES if (write[0], f"/api/atlas/v2{write[1]}", write[2]) in BODIES.bodies]
AS_IT_IS = {write for write in WRITES if write[2] == "2024-08-05" and "/clusters" in write[1]}
"""Writes whose body passes unread, since both versions have one description."""

ZONE = {
    "regionConfigs": [{
        "electableSpecs": {"instanceSize": "M20", "nodeCount": 3}, "priority": 6, "providerName": "AWS",
        "regionName": "US_EAST_1",
    }],
    "zoneName": "Zone 1",
}  # fmt: skip
LEGACY_ZONE = {"regionsConfig": {"US_EAST_1": {"electableNodes": 3, "priority": 6}}, "zoneName": "Zone 1"}
CLUSTER, PERSON = "/groups/{groupId}/clusters", {"roles": ["GROUP_OWNER"], "username": "u"}
AROUND: dict[tuple[str, str, str], dict[str, Any]] = {
    ("POST", CLUSTER, "2023-02-01"): {"name": "c", "replicationSpecs": [ZONE]},
    ("POST", CLUSTER, "2023-01-01"): {
        "name": "c",
        "providerSettings": {"instanceSizeName": "M20", "providerName": "AWS", "regionName": "US_EAST_1"},
    },
    **{(method, "/groups/{groupId}/invites", "2023-01-01"): PERSON for method in ("POST", "PATCH")},
    **{
        (method, "/orgs/{orgId}/invites", "2023-01-01"): {**PERSON, "roles": ["ORG_MEMBER"]}
        for method in ("POST", "PATCH")
    },
    ("PATCH", "/orgs/{orgId}/invites/{invitationId}", "2023-01-01"): {"roles": ["ORG_MEMBER"]},
    ("POST", "/groups/{groupId}/access", "2023-02-01"): PERSON,
    ("POST", "/groups/{groupId}/pushBasedLogExport", "2023-01-01"): {
        "bucketName": "b",
        "iamRoleId": ID,
        "prefixPath": "p",
    },
    ("POST", "/groups/{groupId}/backup/exportBuckets", "2023-01-01"): {"cloudProvider": "AWS"},
    ("PUT", "/groups/{groupId}/backupCompliancePolicy", "2023-01-01"): {
        "authorizedEmail": "a@example.com",
        "authorizedUserFirstName": "A",
        "authorizedUserLastName": "B",
    },
    ("PUT", "/groups/{groupId}/users/{userId}/roles", "2023-01-01"): {"groupRoles": ["GROUP_READ_ONLY"]},
    ("PUT", "/orgs/{orgId}/users/{userId}/roles", "2023-01-01"): {"orgRoles": ["ORG_READ_ONLY"]},
}
"""What stands around a member in a body that Atlas takes, besides what the description requires."""
INSIDE = {
    "replicationSpecs[].regionConfigs": {"replicationSpecs": [ZONE]},
    "replicationSpecs[].regionsConfig": {"replicationSpecs": [LEGACY_ZONE]},
}
"""What stands around members of these lists."""
NEEDED = {"replicationSpecs[].id is for reads alone", "replicationSpecs[].zoneId is for reads alone"}
"""Atlas needs the ids of shards and zones that are there, though its description has them for reads alone."""

EXCEPTIONS: dict[str, set[str]] = {
    # as programs sent it while Atlas took the old version, whose description has it for reads alone, too
    "PATCH /groups/{groupId}/clusters/{clusterName}/backup/schedule 2023-01-01": {
        "copySettings[].copyPolicyItems[].id", "policies[].policyItems[].id",
    },
    # its other words need other members than the rest of the body has
    "POST /groups/{groupId}/backup/exportBuckets 2023-01-01": {"cloudProvider"},
}  # fmt: skip
"""Members that do not pass the gate yet, by call."""


def schema_of(write: tuple[str, str, str]) -> dict[str, Any]:
    method, path, version = write
    return BODIES.bodies[method, f"/api/atlas/v2{path}", version]


def merged(one: Any, other: Any) -> Any:
    """Return a body with the members of another laid over it."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {name: merged(one.get(name), value) for name, value in other.items()}
    if isinstance(one, list) and isinstance(other, list) and one and other:
        return [merged(one[0], other[0])]
    return copy.deepcopy(other)


def without(body: Any, steps: Sequence[str]) -> Any:
    """Return a body without what stands at the end of some steps."""
    step, *rest = steps
    if step == "[]":
        return [without(one, rest) for one in body] if rest else []
    if step == "{}":
        return {name: without(one, rest) for name, one in body.items()} if rest else {}
    return {name: without(one, rest) if name == step else one for name, one in body.items() if rest or name != step}


def sent(write: tuple[str, str, str], body: Any) -> tuple[list[Any], Driven]:
    """Make an old call; return what its successors were sent, as method, target, version and body, and how it ended."""
    method, path, version = write
    media = f"application/vnd.atlas.{version}+json"
    target = re.sub(r"\{\w+\}", ID, f"/api/atlas/v2{path}")
    headers, atlas = (("Accept", media), ("Content-Type", media)), Atlas(method, path, media, body)
    driven = drive(ENGINE, target, atlas, method=method, headers=headers, body=body, settings=ON, clock=AFTER)
    calls = [send.call for send in driven.sends if send.route != "legacy"]
    versions = [re.sub(r".*\.([-\d]+)\+.*", r"\1", dict(call.headers)["Accept"]) for call in calls]
    said = [json.loads(call.body or b"null") for call in calls]
    return [*zip([call.method for call in calls], [call.target for call in calls], versions, said, strict=True)], driven


def unlike_new(write: tuple[str, str, str], calls: Sequence[Any]) -> list[str]:
    """Return what of the written bodies the new description has not."""
    found = list[str]()
    for method, target, version, body in calls:
        for (known, path, since), schema in BODIES.bodies.items():
            if (known, since) == (method, version) and re.fullmatch(re.sub(r"\{\w+\}", "[^/:]+", path), target):
                found += BODIES.defects(schema, body)
    passing = " is for reads alone" if write in AS_IT_IS else "\n"
    return [one for one in found if one not in NEEDED and not one.endswith(passing)]


def fate(write: tuple[str, str, str], leaf: Leaf) -> str:
    """Say what is wrong with what becomes of a member; empty if it is sent on, noted or refused by its name."""
    around = merged(BODIES.required(schema_of(write)), AROUND.get(write, {}))
    for start, one in INSIDE.items():
        around = merged(around, one) if leaf.place.startswith(start) else around
    body, steps = merged(around, leaf.body), leaf.place.replace("[]", ".[]").replace("{}", ".{}").lstrip(".").split(".")
    calls, driven = sent(write, body)
    # a text that the old description leaves open may be any
    if wrong := [one for one in unlike_new(write, calls) if "'mark" not in one]:
        return f"is sent, and not in the new body: {wrong[0]}"
    names = [name for name in steps if name not in {"[]", "{}"}]
    writes = [call for call in calls if call[0] != "GET"]
    if not writes and not driven.passed and driven.document.get("errorCode") == "SHIM_NO_SUCCESSOR":
        return ""  # the whole call is refused
    if not writes and not driven.passed and 400 <= driven.reply.status < 500:
        said = [*driven.document["parameters"], driven.document["detail"]]
        return "" if any(names[0] in one or names[-1] in one for one in said) else f"is refused as {said}"
    notes = driven.outcome.record.notes
    if leaf.is_read_only or any(names[0] in one or one.startswith("nothing was sent") for one in notes):
        return ""
    if json.dumps({names[-1]: leaf.mark})[1:-1] in json.dumps(calls):
        return ""
    return "is lost" if calls == sent(write, without(body, steps))[0] else ""


@pytest.mark.parametrize("write", WRITES, ids=" ".join)
def test_no_member_is_lost_without_a_word(write):
    """Nor sent where the new description has no place for it."""
    found = {(leaf.place, said) for leaf in BODIES.leaves(schema_of(write)) if (said := fate(write, leaf))}
    assert {place for place, _ in found} == EXCEPTIONS.get(" ".join(write), set()), sorted(found)


def test_the_gate_has_all_members():
    """Of all families that write; a description that is read wrong would have few."""
    places = {(write, leaf.place) for write in WRITES for leaf in BODIES.leaves(schema_of(write))}
    assert len(WRITES) > 30
    assert len(places) > 1000
