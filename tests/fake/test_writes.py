"""Creating, updating and deleting flex clusters and instances: the replies, and the reads on both sides."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas
from tests.fake.asking import recorded, shape

TAGS = [{"key": "env", "value": "test"}]
PROVIDER = {"backingProviderName": "GCP", "regionName": "WESTERN_EUROPE"}
BODIES: dict[str, dict[str, Any]] = {
    "flexClusters": {"name": "new", "providerSettings": PROVIDER, "tags": TAGS},
    "serverless": {
        "name": "new",
        "providerSettings": {**PROVIDER, "providerName": "SERVERLESS"},
        "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
        "tags": TAGS,
    },
}
KINDS = list(BODIES)
RECORDINGS = {"flexClusters": "flex-cluster", "serverless": "serverless-instance"}


@pytest.fixture
def fake() -> FakeAtlas:
    """The demo world while both sides can be written."""
    return FakeAtlas(today=date(2026, 1, 10))


@pytest.mark.parametrize("kind", KINDS)
def test_a_creation_has_the_recorded_reply(ask, kind):
    """Status, media type, Java method and members are the recorded ones; tags are shown if there are any."""
    rows = [
        (row, json.loads(row["body"]))
        for row in recorded(f"{RECORDINGS[kind]}-create", 201)
    ]
    # Some recordings have one.
    without_strings = [
        (row, body) for row, body in rows if not body["connectionStrings"]
    ]
    for number, (row, theirs) in enumerate(without_strings):
        tags = {"tags": TAGS if "tags" in theirs else []}
        reply = ask(kind, "POST", {**BODIES[kind], "name": f"new{number}", **tags})
        assert reply.status == row["status"]
        assert reply.header("Content-Type") == dict(row["headers"])["Content-Type"]
        assert shape(reply.json) == shape(theirs)
        assert reply.json["stateName"] == theirs["stateName"] == "CREATING"
    assert without_strings


@pytest.mark.parametrize("kind", KINDS)
def test_a_created_cluster_exists_on_both_sides(fake, ask, kind):
    """Lists and gets show it as requested, and it is ready after a while."""
    made = ask(kind, "POST", BODIES[kind]).json
    for side in KINDS:
        one = ask(f"{side}/new").json
        assert one["id"] == made["id"]
        assert one["tags"] == TAGS
        assert one["stateName"] == "CREATING"
        assert one["connectionStrings"] == {}
        assert {name: one["providerSettings"][name] for name in PROVIDER} == PROVIDER
        assert made["id"] in [each["id"] for each in ask(side).json["results"]]
    fake.today += timedelta(seconds=60)
    for side in KINDS:
        one = ask(f"{side}/new").json
        assert one["stateName"] == "IDLE"
        assert "standardSrv" in one["connectionStrings"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_has_the_recorded_reply_and_is_shown(fake, ask, kind):
    """It is 200 and UPDATING for a while.

    An omitted member keeps its value, and a cluster that is CREATING stays so.
    """
    change = {"terminationProtectionEnabled": True}
    target = f"{kind}/{DEMO_CLUSTER}"
    one = ask(target).json
    reply = ask(target, "PATCH", change)
    assert reply.status == 200
    assert reply.json == {**one, **change, "stateName": "UPDATING"}
    fake.today += timedelta(seconds=30)
    assert ask(target).json["stateName"] == "IDLE"
    ask(kind, "POST", BODIES[kind])
    new = ask(f"{kind}/new", "PATCH", {"tags": []}).json
    assert new["stateName"] == "CREATING"
    assert new["tags"] == []
    seen = {
        (row["status"], json.loads(row["body"])["stateName"])
        for row in recorded("serverless-instance-update")
    }
    assert seen == {(200, "UPDATING"), (200, "CREATING")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_deletion_has_the_recorded_reply(fake, ask, kind):
    """It is 204 without content from flex, and 202 with an empty object from legacy.

    The state is DELETING, then both have no cluster.
    """
    target = f"{kind}/{DEMO_CLUSTER}"
    reply = ask(target, "DELETE")
    for row in recorded(f"{RECORDINGS[kind]}-delete"):
        assert reply.status == row["status"]
        assert reply.body.decode() == row["body"]
        assert reply.header("Content-Type") == dict(row["headers"])["Content-Type"]
    assert ask(target).json["stateName"] == "DELETING"
    assert ask(target, "DELETE").code == "400 CLUSTER_ALREADY_REQUESTED_DELETION"
    fake.today += timedelta(seconds=60)
    for side in KINDS:
        assert ask(f"{side}/{DEMO_CLUSTER}").status == 404
        assert ask(side).json["results"] == []
    assert ask(kind, "POST", {**BODIES[kind], "name": DEMO_CLUSTER}).status == 201


def test_a_protected_cluster_is_not_deleted(fake, ask):
    """The reply has the text of public test logs; the protection can be removed."""
    flex, legacy = (f"{kind}/{DEMO_CLUSTER}" for kind in KINDS)
    fake.cluster(DEMO_GROUP, DEMO_CLUSTER).protected = True
    sentence = (
        f"Cannot terminate cluster {DEMO_CLUSTER} in group {DEMO_GROUP} because termination protection is enabled. "
        "Disable termination protection and try again."
    )
    refused = ask(flex, "DELETE")
    assert refused.code == "400 ATLAS_GENERAL_ERROR"
    assert refused.json["detail"] == f"Reason: {sentence}."
    assert refused.json["parameters"] == [sentence]
    assert ask(legacy, "DELETE").code == refused.code
    assert ask(flex).json["stateName"] == "IDLE"
    ask(flex, "PATCH", {"terminationProtectionEnabled": False})
    assert ask(flex, "DELETE").status == 204
