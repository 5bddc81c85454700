"""Ordering a restore or a download of a shared-tier snapshot: what each side is told, and that it is told once."""

import json

import pytest

from tests.family.replay import VERSIONS
from tests.family.test_shared_tier import DEDICATED, FLEX, GOOD, GROUP, ID, LEGACY_JOB, ORDER, make
from tests.peers.scripted import FLEX_IN_CLUSTER, GONE, NO_CLUSTER, NON_FLEX, by_side, upstream, wire

ORDERS = ["restore", "download"]


def test_flex_is_told_what_its_contract_has(door):
    """A restore has the same body; a download loses its target, which is optional for it (v1.0 pages)."""
    with upstream(by_side(**GOOD)) as atlas, door(atlas.origin, over=True) as ask:
        make(ask, "restore", body={**LEGACY_JOB, **ORDER})  # read-only members of a job that was read are no matter
        make(ask, "restore", body={name: ORDER[name] for name in ("snapshotId", "targetDeploymentItemName")})
        make(ask, "download")
        make(ask, "download", body={"snapshotId": ID})
    assert [(arrival.method, arrival.target) for arrival in atlas.arrivals] == [
        ("POST", f"{FLEX}/restoreJobs"),
        ("POST", f"{FLEX}/restoreJobs"),
        ("POST", f"{FLEX}/download"),
        ("POST", f"{FLEX}/download"),
    ]
    bodies = [json.loads(arrival.body) for arrival in atlas.arrivals]
    assert bodies == [
        ORDER,
        {name: ORDER[name] for name in ("snapshotId", "targetDeploymentItemName")},
        {"snapshotId": ID},
        {"snapshotId": ID},
    ]
    for arrival in atlas.arrivals:
        assert arrival.fields["accept"] == "application/vnd.atlas.2024-11-13+json"
        assert arrival.fields["content-type"] == "application/vnd.atlas.2024-11-13+json"


def test_the_dedicated_tier_is_told_what_its_contract_has(door):
    """It has one endpoint for both, another name for the target, and wants the target's group."""
    answers = {**GOOD, "flex": NON_FLEX}
    with upstream(by_side(**answers)) as atlas, door(atlas.origin, over=True) as ask:
        for call, body in (("restore", ORDER), ("restore", {**ORDER, "targetProjectId": None}), ("download", ORDER)):
            assert make(ask, call, body=body).status_code == 200
    sent = [arrival for arrival in atlas.arrivals if arrival.side == "dedicated"]
    assert [(arrival.method, arrival.target) for arrival in sent] == [("POST", f"{DEDICATED}/restoreJobs")] * 3
    target = {"deliveryType": "automated", "snapshotId": ID, "targetClusterName": "other"}
    assert [json.loads(arrival.body) for arrival in sent] == [
        {**target, "targetGroupId": "0" * 24},
        {**target, "targetGroupId": GROUP},
        {"deliveryType": "download", "snapshotId": ID},
    ]
    assert atlas.writes == ["flex", "dedicated", "dedicated", "dedicated"]


@pytest.mark.parametrize(
    ("over", "replies", "sides"),
    [
        (False, {}, ["legacy"]),
        (True, {}, ["flex"]),
        (False, {"legacy": GONE}, ["legacy", "flex"]),
        (False, {"legacy": wire(404)}, ["legacy", "flex"]),
        (False, {"legacy": wire(405, (("Allow", "GET"),))}, ["legacy", "flex"]),
        (True, {"flex": NON_FLEX}, ["flex", "dedicated"]),
        (False, {"legacy": GONE, "flex": NON_FLEX}, ["legacy", "flex", "dedicated"]),
        (True, {"flex": NO_CLUSTER}, ["flex"]),
        (True, {"flex": NON_FLEX, "dedicated": FLEX_IN_CLUSTER}, ["flex", "dedicated"]),
    ],
)
@pytest.mark.parametrize("call", ORDERS)
def test_an_order_arrives_once_where_it_is_executed(door, call, over, replies, sides):
    """Sides before the last proved that they executed nothing; CLUSTER_NOT_FOUND names no tier, and ends a write."""
    for api in VERSIONS:
        with upstream(by_side(**{**GOOD, **replies})) as atlas, door(atlas.origin, over=over) as ask:
            reply = make(ask, call, api=api)
            assert atlas.writes == sides
            assert len(atlas.arrivals) == len(sides)
            if sides[-1] not in replies:
                assert (reply.status_code, reply.json()["id"]) == (200, ID)


@pytest.mark.parametrize(
    ("call", "body", "code", "name"),
    [
        ("restore", {"snapshotId": ID}, "MISSING_ATTRIBUTE", "targetDeploymentItemName"),
        ("restore", {"targetDeploymentItemName": "x"}, "MISSING_ATTRIBUTE", "snapshotId"),
        ("download", {}, "MISSING_ATTRIBUTE", "snapshotId"),
        ("restore", {**ORDER, "snapshotId": 5}, "INVALID_ATTRIBUTE", "snapshotId"),
        ("restore", {**ORDER, "instanceName": "x"}, "INVALID_ATTRIBUTE", "instanceName"),
        ("download", {**ORDER, "targetClusterName": "x"}, "INVALID_ATTRIBUTE", "targetClusterName"),
    ],
)
def test_what_the_old_endpoint_would_refuse_is_refused_before_a_write(door, call, body, code, name):
    """Atlas' own shape and code answer, by name, and nothing is sent."""
    with upstream(by_side(**GOOD)) as atlas, door(atlas.origin, over=True) as ask:
        reply = make(ask, call, body=body)
        assert (reply.status_code, reply.json()["errorCode"], reply.json()["parameters"]) == (400, code, [name])
        assert atlas.arrivals == []
