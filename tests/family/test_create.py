"""Creating a restore job: what flex gets for each delivery type, and what the caller gets.

Sources: the contracts of both endpoints (members and required ones), the v1.0 documentation (201).
"""

import gzip
import json

import pytest

from tests.core.driver import answers, drive, refuses
from tests.family.replay import CLUSTER, GROUP, ID
from tests.family.test_writes import BODY, JOBS

TARGET = f"/api/atlas/v2{JOBS}"
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters/{CLUSTER}/backup"
KIND = "application/vnd.atlas.2024-11-13+json"
DAY = "2026-01-01T00:00:00Z"
READ_ONLY = {
    **dict.fromkeys(("cancelled", "expired", "failed"), False),
    **dict.fromkeys(("expiresAt", "finishedAt", "timestamp"), DAY),
    **dict.fromkeys(("deliveryUrl", "links"), ()),
    "desiredTimestamp": {"date": DAY, "increment": 1, "time": 1},
    "id": ID,
}
"""Members of a job that was read, which a new one does not have."""


@pytest.mark.parametrize(
    ("given", "path", "sent"),
    [
        (READ_ONLY, "restoreJobs", {"snapshotId": ID, "targetDeploymentItemName": "other", "targetProjectId": GROUP}),
        ({"deliveryType": "download"}, "download", {"snapshotId": ID}),
    ],
)
def test_flex_gets_what_its_contract_has(engine, given, path, sent):
    """Automated restores and downloads go to their own endpoints, with their own members and version."""
    (send,) = drive(engine, TARGET, [answers({"id": ID})], method="POST", body=BODY | given).sends
    assert (send.call.target, json.loads(send.call.body or b"")) == (f"{FLEX}/{path}", sent)
    assert send.call.headers == (("Accept", KIND), ("Content-Type", KIND))


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
def test_what_the_legacy_endpoint_would_refuse_is_refused_before_a_write(engine, given, code):
    """Atlas' own shape and code answer, and nothing is sent."""
    whole = {
        name: value for name, value in ({**BODY, **given} if isinstance(given, dict) else {}).items() if value != ...
    }
    driven = drive(engine, TARGET, [], method="POST", body=whole or given)
    assert (driven.reply.status, driven.document["errorCode"], driven.sends) == (400, code, ())
    if whole:
        ((name, said),) = given.items()
        assert name in driven.document["detail"] or driven.document["parameters"] == [said]


def test_a_missing_snapshot_is_upstreams_to_refuse(engine):
    """The legacy contract doesn't require snapshotId, so the endpoint says so itself, byte for byte."""
    body = {name: value for name, value in BODY.items() if name != "snapshotId"}
    driven = drive(engine, TARGET, [refuses(400, "MISSING_ATTRIBUTE")], method="POST", body=body)
    assert (driven.passed, driven.routes) == (True, ("flex",))


def test_a_compressed_body_is_not_translated(engine):
    """What can't be read can't be rewritten: 415 before anything is sent."""
    content, headers = gzip.compress(json.dumps(BODY).encode()), (("Content-Encoding", "gzip"),)
    driven = drive(engine, TARGET, [], method="POST", body=content, headers=headers)
    assert (driven.reply.status, driven.document["errorCode"], driven.sends) == (415, "SHIM_CONTENT_CODED", ())
