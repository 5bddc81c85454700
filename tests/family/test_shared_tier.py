"""Shared-tier backups, under the tenant paths: what flex and the dedicated tier get.

Six operations: two lists, two gets, a restore and a download.
"""

import json

import pytest

from shim.core.route import Memory
from tests.core.driver import NON_FLEX, answers, drive, refuses
from tests.family.replay import CLUSTER, GROUP, ID
from tests.family.test_writes import FLEX_JOB, ORDER, TENANT

READS = ["/snapshots", f"/snapshots/{ID}", "/restores", f"/restores/{ID}"]
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters/{CLUSTER}/backup"
DEDICATED = f"/api/atlas/v2/groups/{GROUP}/clusters/{CLUSTER}/backup"
KIND = "application/vnd.atlas.2024-11-13+json"
JOB = answers({"id": ID, "results": [{"id": ID}], "totalCount": 1})


def order(engine, call, body, *given, memory=None):
    """Order a restore or a download."""
    target = f"/api/atlas/v2{TENANT}/{call}"
    return drive(engine, target, given or [JOB], method="POST", body=body, memory=memory)


@pytest.mark.parametrize("leading", [NON_FLEX, refuses(404, "CLUSTER_NOT_FOUND")])
@pytest.mark.parametrize("path", READS)
def test_a_read_goes_on_to_the_dedicated_tier(engine, path, leading):
    """Where flex says that the cluster is not a flex one, or that there is none; the tier is remembered for all six."""
    memory = Memory()
    first = drive(engine, f"/api/atlas/v2{TENANT}{path}", [leading, JOB], memory=memory)
    assert (first.routes, first.reply.status) == (("flex", "dedicated"), 200)
    assert [one.partition("/backup/")[0] + "/backup" for one in first.targets] == [FLEX, DEDICATED]
    assert drive(engine, f"/api/atlas/v1.0{TENANT}{path}", [JOB], memory=memory).routes == ("dedicated",)
    assert order(engine, "restore", ORDER, memory=memory).routes == ("dedicated",)


RESTORE = {name: ORDER[name] for name in ("snapshotId", "targetDeploymentItemName")}
AUTOMATED = {"deliveryType": "automated", "snapshotId": ID, "targetClusterName": "other"}


@pytest.mark.parametrize(
    ("call", "body", "sent", "dedicated"),
    [
        ("restore", ORDER, ORDER, {**AUTOMATED, "targetGroupId": "0" * 24}),
        # read-only members of a job that was read are no matter
        ("restore", {**FLEX_JOB, "clusterName": CLUSTER, **ORDER}, ORDER, {**AUTOMATED, "targetGroupId": "0" * 24}),
        ("restore", RESTORE, RESTORE, {**AUTOMATED, "targetGroupId": GROUP}),
        ("restore", {**ORDER, "targetProjectId": None}, RESTORE, {**AUTOMATED, "targetGroupId": GROUP}),
        ("download", ORDER, {"snapshotId": ID}, {"deliveryType": "download", "snapshotId": ID}),
        ("download", {"snapshotId": ID}, {"snapshotId": ID}, {"deliveryType": "download", "snapshotId": ID}),
    ],
)
def test_each_tier_gets_what_its_contract_has(engine, call, body, sent, dedicated):
    """Flex has the same body, and a download loses its target, which is optional for it (v1.0 pages).

    The dedicated tier has one endpoint for both, another name for the target, and wants the target's group.
    """
    driven = order(engine, call, body, NON_FLEX, JOB)
    assert (driven.reply.status, driven.routes) == (200, ("flex", "dedicated"))
    assert driven.targets == (f"{FLEX}/{'restoreJobs' if call == 'restore' else call}", f"{DEDICATED}/restoreJobs")
    assert [json.loads(send.call.body or b"") for send in driven.sends] == [sent, dedicated]
    assert driven.sends[0].call.headers == (("Accept", KIND), ("Content-Type", KIND))


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
def test_what_the_old_endpoint_would_refuse_is_refused_before_a_write(engine, call, body, code, name):
    """Atlas' own shape and code answer, by name, and nothing is sent."""
    driven = order(engine, call, body)
    assert (driven.reply.status, driven.document["errorCode"], driven.document["parameters"]) == (400, code, [name])
    assert driven.sends == ()
