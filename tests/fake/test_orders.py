"""Restore jobs: the reply to an order, the stored job, and its reads on each side."""

from datetime import timedelta

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, FakeAtlas
from tests.fake.asking import ROOT

FLEX = f"flexClusters/{DEMO_CLUSTER}/backup"
DEDICATED = f"clusters/{DEMO_DEDICATED}/backup/restoreJobs"


@pytest.fixture
def snapshot(fake: FakeAtlas) -> str:
    """A snapshot of the demo cluster."""
    identity: str = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]
    return identity


AUTOMATED = {
    "deliveryType": "automated",
    "targetClusterName": DEMO_CLUSTER,
    "targetGroupId": DEMO_GROUP,
}
TENANT = f"clusters/{DEMO_CLUSTER}/backup/tenant"


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(
    ("target", "order", "word"),
    [
        (f"serverless/{DEMO_CLUSTER}/backup/restoreJobs", AUTOMATED, "RESTORE"),
        (
            f"serverless/{DEMO_CLUSTER}/backup/restoreJobs",
            AUTOMATED | {"deliveryType": "download"},
            "DOWNLOAD",
        ),
        (f"{TENANT}/restore", {"targetDeploymentItemName": DEMO_CLUSTER}, "RESTORE"),
        (f"{TENANT}/download", {}, "DOWNLOAD"),
    ],
)
def test_an_order_of_a_retired_endpoint_is_a_job_of_flex_too(
    ask, snapshot, api, target, order, word
):
    """Both interfaces return 200, and flex has the job; a download of the shared tier needs no target."""
    reply = ask(
        f"{ROOT}/{target}".replace("v2", api), "POST", {**order, "snapshotId": snapshot}
    )
    job = reply.json
    assert reply.status == 200
    assert job["deliveryType"] == order.get("deliveryType", word)
    flex = ask(f"{FLEX}/restoreJobs/{job['id']}").json
    assert flex["snapshotId"] == snapshot
    assert flex["deliveryType"] == word
    assert flex["status"] == "PENDING"


def test_a_dedicated_cluster_accepts_a_point_in_time(ask):
    """It needs no snapshot then."""
    order = {
        "deliveryType": "pointInTime",
        "targetClusterName": DEMO_DEDICATED,
        "targetGroupId": DEMO_GROUP,
    }
    reply = ask(DEDICATED, "POST", {**order, "pointInTimeUTCSeconds": 1_768_000_000})
    assert reply.status == 200
    assert reply.json["deliveryType"] == "pointInTime"


LEGACY = f"serverless/{DEMO_CLUSTER}/backup"


def test_a_legacy_restore_has_its_stages(fake, ask):
    """The job is unfinished at first, then finished with a link, and the link expires."""
    fake.sunset += timedelta(days=1)
    job = fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER, download=True, ago=timedelta())
    target = f"{LEGACY}/restoreJobs/{job.id}"
    first = ask(target).json
    assert "finishedAt" not in first
    assert first["deliveryUrl"] == []
    fake.today += timedelta(minutes=2)
    done = ask(target).json
    assert done["finishedAt"] > done["timestamp"]
    assert len(done["deliveryUrl"]) == 1
    fake.today += timedelta(hours=5)
    assert ask(target).json["expired"] is True
