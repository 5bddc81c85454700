"""Creating a restore job: what flex gets for each delivery type, and what the caller gets.

Sources: the contracts of both endpoints (members and required ones), the v1.0 documentation (201).
"""

import gzip
import json

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.family.doors import playing
from tests.family.replay import AFTER, ID, caller, gateway
from tests.peers.scripted import ok

DAY = "2026-01-01T00:00:00Z"
READ_ONLY = {
    **dict.fromkeys(("cancelled", "expired", "failed"), False),
    **dict.fromkeys(("expiresAt", "finishedAt", "timestamp"), DAY),
    **dict.fromkeys(("deliveryUrl", "links"), ()),
    "desiredTimestamp": {"date": DAY, "increment": 1, "time": 1},
    "id": ID,
}
"""Members of a job that was read, which a new one does not have."""


@pytest.fixture
def fake():
    """A strict Atlas after the sunset."""
    return FakeAtlas(today=AFTER)


@pytest.fixture
def client(fake):
    """A caller of a gateway before that Atlas."""
    with (
        FakeServer(fake) as server,
        gateway(server.url) as served,
        caller(served, headers={"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": "*/*"}) as made,
    ):
        yield made


def path_of(cluster=DEMO_CLUSTER, api="v2"):
    """Return the path of the restore jobs of a cluster."""
    return f"/api/atlas/{api}/groups/{DEMO_GROUP}/serverless/{cluster}/backup/restoreJobs"


def snapshot_of(fake, cluster=DEMO_CLUSTER):
    """Return the id of a cluster's newest snapshot."""
    return fake.cluster(DEMO_GROUP, cluster).snapshots[-1]["id"]


def body_of(fake, cluster=DEMO_CLUSTER, **members):
    """Return a legacy body."""
    made = {
        "deliveryType": "automated",
        "snapshotId": snapshot_of(fake, cluster),
        "targetClusterName": cluster,
        "targetGroupId": DEMO_GROUP,
        **members,
    }
    return {name: value for name, value in made.items() if value is not ...}


def test_flex_is_told_what_its_contract_has(fake, client):
    """Automated restores and downloads go to their own endpoints, with their own members and version."""
    client.post(path_of(), json=body_of(fake, **READ_ONLY))
    client.post(path_of(), json=body_of(fake, deliveryType="download"))
    restore, download = fake.trips("POST")
    flex = f"/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters/{DEMO_CLUSTER}/backup"
    assert (restore.target, download.target) == (f"{flex}/restoreJobs", f"{flex}/download")
    made = {"snapshotId": snapshot_of(fake)}
    assert json.loads(download.body) == made
    made |= {"targetDeploymentItemName": DEMO_CLUSTER, "targetProjectId": DEMO_GROUP}
    assert json.loads(restore.body) == made
    for arrival in (restore, download):
        assert arrival.header("Accept") == "application/vnd.atlas.2024-11-13+json"
        assert arrival.header("Content-Type") == "application/vnd.atlas.2024-11-13+json"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b'{"deliveryType": "\xff"}', "MALFORMED_JSON"),
        ({"colour": "red"}, "INVALID_ATTRIBUTE"),
        ({"targetDeploymentItemName": "x"}, "INVALID_ATTRIBUTE"),
        ({"snapshotId": 5}, "INVALID_ATTRIBUTE"),
        ({"oplogTs": "5"}, "INVALID_ATTRIBUTE"),
        ({"deliveryType": {"a": 1}}, "INVALID_ATTRIBUTE"),
        ({"deliveryType": None}, "MISSING_ATTRIBUTE"),
        *(({name: ...}, "MISSING_ATTRIBUTE") for name in ("deliveryType", "targetClusterName", "targetGroupId")),
        *(({"deliveryType": word}, "INVALID_ENUM_VALUE") for word in ("carrierPigeon", "RESTORE")),
    ],
)
def test_what_the_legacy_endpoint_would_refuse_is_refused_before_a_write(fake, client, given, code):
    """Atlas' own shape and code answer, and nothing is sent."""
    content = json.dumps(body_of(fake, **given)).encode() if isinstance(given, dict) else given
    reply = client.post(path_of(), content=content, headers={"Content-Type": "application/json"})
    document = reply.json()
    assert (reply.status_code, document["errorCode"], fake.arrivals) == (400, code, [])
    if isinstance(given, dict):
        ((name, said),) = given.items()
        assert name in document["detail"] or document["parameters"] == [said]


def test_a_missing_snapshot_is_upstreams_to_refuse(fake, client):
    """The legacy contract doesn't require snapshotId, so the endpoint says so itself, byte for byte."""
    reply = client.post(path_of(), json=body_of(fake, snapshotId=...))
    assert (reply.status_code, reply.json()["errorCode"]) == (400, "MISSING_ATTRIBUTE")
    assert len(fake.trips("POST")) == 1
    assert reply.headers["X-Error-Code"] == "MISSING_ATTRIBUTE"


def test_before_the_sunset_the_body_is_the_callers_own(door):
    """On the legacy route not one byte of the body changes, valid or not."""
    content = b'{ "deliveryType" : "x", "unknown":1.50 }\n'
    with playing(door, answer=lambda _: ok({}, 201), over=False) as (atlas, ask):
        reply = ask("POST", path_of() + "?pretty=true", content=content, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.content) == (201, b"{}")
    assert [(arrival.target, arrival.body) for arrival in atlas.arrivals] == [(path_of() + "?pretty=true", content)]


def test_a_compressed_body_is_not_translated(fake, door):
    """What can't be read can't be rewritten: 415 before anything is sent."""
    content = gzip.compress(json.dumps(body_of(fake)).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with playing(door, answer=lambda _: ok({})) as (atlas, ask):
        reply = ask("POST", path_of(), content=content, headers=headers)
    assert (reply.status_code, reply.json()["errorCode"]) == (415, "SHIM_CONTENT_CODED")
    assert atlas.arrivals == []
