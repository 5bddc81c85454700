"""Creating restore jobs: what is stored, what is refused, and that a refusal stores nothing."""

from __future__ import annotations

import json

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, FakeAtlas

ROOT = f"/api/atlas/v2/groups/{DEMO_GROUP}"
FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/restoreJobs"
DOWNLOAD = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/download"
LEGACY = f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/restoreJobs"
DEDICATED = f"{ROOT}/clusters/{DEMO_DEDICATED}/backup/restoreJobs"
NONE = "f" * 24


@pytest.fixture
def snapshot(fake: FakeAtlas) -> str:
    """A snapshot of the demo cluster."""
    identity: str = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]
    return identity


def _legacy(snapshot: str, word: str = "automated") -> dict[str, str]:
    return {
        "deliveryType": word,
        "snapshotId": snapshot,
        "targetClusterName": DEMO_CLUSTER,
        "targetGroupId": DEMO_GROUP,
    }


def _code(reply):
    return (reply.status, json.loads(reply.body)["errorCode"])


def test_a_flex_restore_is_stored_and_done_after_a_while(fake, ask, snapshot):
    """The job can be read, is finished two minutes later, and has the cluster's own group where none was named."""
    reply = ask(fake, FLEX, method="POST", body={"snapshotId": snapshot, "targetDeploymentItemName": DEMO_DEDICATED})
    job = json.loads(reply.body)
    assert (reply.status, job["status"], job["targetProjectId"]) == (200, "PENDING", DEMO_GROUP)
    assert json.loads(ask(fake, f"{FLEX}/{job['id']}").body) == job
    assert json.loads(ask(fake, FLEX).body)["results"][0] == job
    fake.advance(120)
    assert json.loads(ask(fake, f"{FLEX}/{job['id']}").body)["status"] == "COMPLETED"


@pytest.mark.parametrize(("api", "status"), [("v2", 200), ("v1.0", 201)])
def test_a_legacy_restore_has_the_status_of_its_api(fake, ask, snapshot, api, status):
    """v2 answers 200 and v1.0 answers 201; the job is the same on the flex side."""
    reply = ask(fake, LEGACY.replace("/v2/", f"/{api}/"), method="POST", body=_legacy(snapshot))
    job = json.loads(reply.body)
    assert (reply.status, job["deliveryType"], job["failed"]) == (status, "automated", False)
    assert json.loads(ask(fake, f"{FLEX}/{job['id']}").body)["snapshotId"] == snapshot


def test_a_legacy_download_is_a_flex_download(fake, ask, snapshot):
    """A job that was ordered as download is a DOWNLOAD on the flex side."""
    job = json.loads(ask(fake, LEGACY, method="POST", body=_legacy(snapshot, "download")).body)
    assert json.loads(ask(fake, f"{FLEX}/{job['id']}").body)["deliveryType"] == "DOWNLOAD"


def test_a_point_in_time_is_for_dedicated_clusters_alone(fake, ask, snapshot):
    """A serverless instance refuses it, and a dedicated cluster needs the point in time."""
    assert _code(ask(fake, LEGACY, method="POST", body=_legacy(snapshot, "pointInTime"))) == (
        400,
        "UNSUPPORTED_DELIVERY_METHOD",
    )
    order = {"deliveryType": "pointInTime", "targetClusterName": DEMO_DEDICATED, "targetGroupId": DEMO_GROUP}
    assert _code(ask(fake, DEDICATED, method="POST", body=order)) == (400, "MISSING_ATTRIBUTE")
    reply = ask(fake, DEDICATED, method="POST", body={**order, "pointInTimeUTCSeconds": 1_768_000_000})
    assert (reply.status, json.loads(reply.body)["deliveryType"]) == (200, "pointInTime")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"snapshotId": None}, 400, "MISSING_ATTRIBUTE"),
        ({"targetClusterName": None}, 400, "MISSING_ATTRIBUTE"),
        ({"targetGroupId": None}, 400, "MISSING_ATTRIBUTE"),
        ({"deliveryType": None}, 400, "MISSING_ATTRIBUTE"),
        ({"deliveryType": "RESTORE"}, 400, "INVALID_ENUM_VALUE"),
        ({"snapshotId": "latest"}, 400, "INVALID_ATTRIBUTE"),
        ({"targetClusterName": 7}, 400, "INVALID_ATTRIBUTE"),
        ({"targetDeploymentItemName": "x"}, 400, "INVALID_ATTRIBUTE"),
        ({"snapshotId": NONE}, 404, "TENANT_SNAPSHOT_NOT_FOUND"),
        ({"targetClusterName": "nobody"}, 404, "CLUSTER_NOT_FOUND"),
        ({"targetGroupId": NONE}, 404, "GROUP_NOT_FOUND"),
    ],
)
def test_a_bad_legacy_order_is_refused_and_not_stored(fake, ask, snapshot, change, status, code):
    """Each defect has its own code."""
    before = len(fake.cluster(DEMO_GROUP, DEMO_CLUSTER).jobs)
    assert _code(ask(fake, LEGACY, method="POST", body={**_legacy(snapshot), **change})) == (status, code)
    assert len(fake.cluster(DEMO_GROUP, DEMO_CLUSTER).jobs) == before


@pytest.mark.parametrize(
    ("target", "order", "code"),
    [
        (FLEX, {"targetDeploymentItemName": DEMO_CLUSTER}, "MISSING_ATTRIBUTE"),
        (FLEX, {"snapshotId": NONE}, "MISSING_ATTRIBUTE"),
        (FLEX, {"snapshotId": NONE, "targetClusterName": DEMO_CLUSTER}, "INVALID_ATTRIBUTE"),
        (DOWNLOAD, {}, "MISSING_ATTRIBUTE"),
        (DOWNLOAD, {"snapshotId": NONE, "targetDeploymentItemName": DEMO_CLUSTER}, "INVALID_ATTRIBUTE"),
        (DEDICATED, {"deliveryType": "automated", "snapshotId": NONE}, "MISSING_ATTRIBUTE"),
        (FLEX, b"", "MALFORMED_JSON"),
        (FLEX, b"[]", "MALFORMED_JSON"),
        (FLEX, b'{"snapshotId":', "MALFORMED_JSON"),
        (FLEX, b"\xff", "MALFORMED_JSON"),
        (FLEX, b"[" * 100_000, "MALFORMED_JSON"),
    ],
)
def test_a_bad_order_is_refused(fake, ask, target, order, code):
    """A missing member, a member of another API and a broken body each have a code."""
    assert _code(ask(fake, target, method="POST", body=order)) == (400, code)


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/vnd.atlas.2024-11-13+json", 200),
        ("application/vnd.atlas.2025-03-12+json;charset=utf-8", 200),
        ("application/vnd.atlas.2023-01-01+json", 415),
        ("application/x-www-form-urlencoded", 415),
        (None, 415),
    ],
)
def test_an_order_is_json_of_a_version_that_exists(fake, ask, snapshot, media, status):
    """A flex order may not have the vendor type of the legacy version."""
    order = {"snapshotId": snapshot, "targetDeploymentItemName": DEMO_CLUSTER}
    assert ask(fake, FLEX, method="POST", body=order, media=media).status == status


def test_a_lone_surrogate_goes_out_as_it_came(fake, ask, snapshot):
    """A name that UTF-8 cannot encode stays an escape in the refusal."""
    order = b'{"snapshotId":"%s","targetDeploymentItemName":"\\ud800"}' % snapshot.encode()
    reply = ask(fake, FLEX, method="POST", body=order)
    assert reply.status == 404
    assert json.loads(reply.body)["parameters"] == ["\ud800", DEMO_GROUP]


def test_a_dedicated_download_gets_a_link_and_never_finishes(fake, ask):
    """As recorded, expiresAt appears together with the link and finishedAt never does."""
    snapshot = fake.cluster(DEMO_GROUP, DEMO_DEDICATED).snapshots[0]["id"]
    order = {"deliveryType": "download", "snapshotId": snapshot}
    job = json.loads(ask(fake, DEDICATED, method="POST", body=order).body)
    assert "expiresAt" not in job
    fake.advance(120)
    job = json.loads(ask(fake, f"{DEDICATED}/{job['id']}").body)
    assert (len(job["deliveryUrl"]), "finishedAt" in job, job["expired"]) == (1, False, False)
    fake.advance(7200)
    assert json.loads(ask(fake, f"{DEDICATED}/{job['id']}").body)["expired"] is True
