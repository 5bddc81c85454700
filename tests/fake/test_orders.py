"""Ordering restore jobs: what is answered, stored and shown on each side."""

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


def test_a_flex_restore_is_stored_and_done_after_a_while(fake, ask, snapshot):
    """The job can be read, is finished two minutes later, and has the cluster's own group where none was named."""
    order = {"snapshotId": snapshot, "targetDeploymentItemName": DEMO_DEDICATED}
    reply = ask(f"{FLEX}/restoreJobs", "POST", order)
    job = reply.json
    assert (reply.status, job["status"], job["targetProjectId"]) == (200, "PENDING", DEMO_GROUP)
    one = f"{FLEX}/restoreJobs/{job['id']}"
    assert ask(one).json == ask(f"{FLEX}/restoreJobs").json["results"][0] == job
    fake.advance(120)
    assert ask(one).json["status"] == "COMPLETED"


def test_a_flex_download_gets_a_link(fake, ask, snapshot):
    """When it is done."""
    job = ask(f"{FLEX}/download", "POST", {"snapshotId": snapshot}).json
    assert "snapshotUrl" not in job
    fake.advance(120)
    job = ask(f"{FLEX}/restoreJobs/{job['id']}").json
    assert (job["status"], job["deliveryType"]) == ("COMPLETED", "DOWNLOAD")
    assert job["snapshotUrl"].startswith("https://")


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(("word", "flex_word"), [("automated", "RESTORE"), ("download", "DOWNLOAD")])
def test_a_legacy_order_is_a_job_of_flex_too(ask, snapshot, api, word, flex_word):
    """Both interfaces answer 200, and flex has the job."""
    target = f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/restoreJobs".replace("v2", api)
    order = {"deliveryType": word, "snapshotId": snapshot}
    reply = ask(target, "POST", order | {"targetClusterName": DEMO_CLUSTER, "targetGroupId": DEMO_GROUP})
    job = reply.json
    assert (reply.status, job["deliveryType"], job["failed"]) == (200, word, False)
    flex = ask(f"{FLEX}/restoreJobs/{job['id']}").json
    assert (flex["snapshotId"], flex["deliveryType"]) == (snapshot, flex_word)


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(("word", "delivery"), [("restore", "RESTORE"), ("download", "DOWNLOAD")])
def test_an_order_of_the_shared_tier_is_a_job_of_flex_too(ask, snapshot, api, word, delivery):
    """200 under both interfaces (v1.0 pages); a download needs no target."""
    target = f"{ROOT}/clusters/{DEMO_CLUSTER}/backup/tenant/{word}".replace("v2", api)
    order = {"snapshotId": snapshot} | ({"targetDeploymentItemName": DEMO_CLUSTER} if word == "restore" else {})
    reply = ask(target, "POST", order)
    job = reply.json
    assert (reply.status, job["deliveryType"], job["status"]) == (200, delivery, "PENDING")
    assert ask(f"{FLEX}/restoreJobs/{job['id']}").json["deliveryType"] == delivery


def test_a_dedicated_cluster_takes_a_point_in_time(ask):
    """It needs no snapshot then."""
    order = {"deliveryType": "pointInTime", "targetClusterName": DEMO_DEDICATED, "targetGroupId": DEMO_GROUP}
    reply = ask(DEDICATED, "POST", {**order, "pointInTimeUTCSeconds": 1_768_000_000})
    assert (reply.status, reply.json["deliveryType"]) == (200, "pointInTime")


def test_a_lone_surrogate_goes_out_as_it_came(ask, snapshot):
    """A name that UTF-8 cannot encode stays an escape in the refusal."""
    order = b'{"snapshotId":"%s","targetDeploymentItemName":"\\ud800"}' % snapshot.encode()
    reply = ask(f"{FLEX}/restoreJobs", "POST", order)
    assert (reply.status, reply.json["parameters"]) == (404, ["\ud800", DEMO_GROUP])
