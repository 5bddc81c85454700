"""The bodies of instance writes: what flex is told, what is refused before that, and what the caller gets.

Recordings of both sides say what a creation and a deletion were answered with.
"""

import json
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from tests.family import oracle
from tests.family.doors import playing
from tests.family.replay import AFTER, KINDS, VERSIONS, recordings
from tests.family.replay import CLUSTER as NAME
from tests.family.test_instance_writes import CLUSTER, GOOD, ON, STATUSES
from tests.family.test_writes import CALLS, CREATE, UPDATE, write
from tests.peers.scripted import ok

CREATIONS = recordings("flex-cluster-create")
DELETIONS = recordings("flex-cluster-delete")
RECORDED_DELETION = recordings("serverless-instance-delete")[0]


CONTINUOUS = {"serverlessBackupOptions": {"serverlessContinuousBackupEnabled": True}}
SETTINGS = {"backingProviderName": "AWS", "regionName": "US_EAST_1"}
LEAST = {"name": NAME, "providerSettings": SETTINGS}


@pytest.mark.parametrize(
    ("call", "body", "sent"),
    [
        ("create", CREATE, {**LEAST, "tags": CREATE["tags"], "terminationProtectionEnabled": False}),
        ("create", {**CREATE, "tags": None, "terminationProtectionEnabled": None}, LEAST),
        ("create", LEAST, LEAST),
        ("create", {**LEAST, **CONTINUOUS}, LEAST),
        ("update", UPDATE, UPDATE),
        ("update", {"serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False}, "tags": []}, {"tags": []}),
        ("update", {**CONTINUOUS, "tags": []}, {"tags": []}),
        ("update", {}, {}),
    ],
)
def test_flex_is_told_what_its_contract_has(door, call, body, sent):
    """The provider name and the backup options, which flex does not know, are dropped; null counts as not given.

    Generated clients send the contract's default for continuous backup, true; it is ignored, as Atlas did.
    """
    with playing(door, sides={"flex": GOOD[call]}, **ON) as (atlas, ask):
        assert write(ask, call, body=body).status_code == STATUSES[call]
        assert [json.loads(arrival.body) for arrival in atlas.arrivals] == [sent]


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("exchange", CREATIONS, ids=range(len(CREATIONS)))
def test_a_recorded_creation_is_an_instance(door, exchange, api):
    """201, with the fields that the oracle takes from the recording."""
    made = exchange.document
    group = exchange.path.split("/")[5]
    settings = {name: made["providerSettings"][name] for name in ("backingProviderName", "regionName")}
    body = {"name": made["name"], "providerSettings": settings, "tags": made.get("tags", [])}
    with playing(door, sides={"flex": exchange.raw}, **ON) as (atlas, ask):
        reply = ask("POST", f"/api/atlas/{api}/groups/{group}/serverless", json=body)
        assert atlas.writes == ["flex"]
        assert json.loads(atlas.arrivals[0].body) == body
    assert (reply.status_code, reply.headers["Content-Type"]) == (201, KINDS[api])
    parts = urlsplit(str(reply.url))
    where = oracle.Where(base=f"{parts.scheme}://{parts.netloc}", api=api, group=group, cluster="", now=AFTER)
    assert reply.json() == oracle.instance(made, where)


@pytest.mark.parametrize("exchange", DELETIONS, ids=range(len(DELETIONS)))
def test_a_recorded_deletion_is_answered_as_legacy_was_recorded(door, exchange):
    """202 with an empty object, whose bytes and content type are those of the recorded legacy answer."""
    group, name = exchange.path.split("/")[5], exchange.path.split("/")[7]
    with playing(door, sides={"flex": exchange.raw}, **ON) as (atlas, ask):
        reply = ask("DELETE", f"/api/atlas/v2/groups/{group}/serverless/{name}")
        assert [(arrival.method, arrival.path) for arrival in atlas.arrivals] == [("DELETE", exchange.path)]
    assert (reply.status_code, reply.text) == (RECORDED_DELETION.status, RECORDED_DELETION.body)
    assert reply.headers["Content-Type"] == dict(RECORDED_DELETION.headers)["Content-Type"]


def test_the_recorded_legacy_creations_have_a_body_that_is_taken(door):
    """What a caller must have sent for each recorded instance is taken, and said to flex without losing a choice."""
    for exchange in recordings("serverless-instance-create"):
        made = exchange.document
        settings = {name: made["providerSettings"][name] for name in CREATE["providerSettings"]}
        body = {**{name: made[name] for name in CREATE if name != "providerSettings"}, "providerSettings": settings}
        with playing(door, sides={"flex": GOOD["create"]}, **ON) as (atlas, ask):
            assert write(ask, "create", body=body).status_code == exchange.status
            sent = json.loads(atlas.arrivals[0].body)
        assert [sent[name] == made[name] for name in ("name", "tags", "terminationProtectionEnabled")] == [True] * 3


FLAG = "serverlessBackupOptions.serverlessContinuousBackupEnabled"
ZONE = {**CREATE["providerSettings"], "zone": "a"}


@pytest.mark.parametrize(
    ("call", "body", "code", "name"),
    [
        ("create", {**CREATE, **CONTINUOUS}, "SHIM_CONTINUOUS_BACKUP_UNSUPPORTED", FLAG),
        ("update", CONTINUOUS, "SHIM_CONTINUOUS_BACKUP_UNSUPPORTED", FLAG),
        ("create", {**CREATE, "diskSizeGB": 5}, "INVALID_ATTRIBUTE", "diskSizeGB"),
        ("create", {**CREATE, "providerSettings": ZONE}, "INVALID_ATTRIBUTE", "providerSettings.zone"),
        ("create", {"providerSettings": SETTINGS}, "MISSING_ATTRIBUTE", "name"),
        (
            "create",
            {"name": NAME, "providerSettings": {"backingProviderName": "AWS"}},
            "MISSING_ATTRIBUTE",
            "providerSettings.regionName",
        ),
        ("create", {**CREATE, "name": 5}, "INVALID_ATTRIBUTE", "name"),
        ("update", {"providerSettings": SETTINGS}, "INVALID_ATTRIBUTE", "providerSettings"),
        ("update", {"terminationProtectionEnabled": "yes"}, "INVALID_ATTRIBUTE", "terminationProtectionEnabled"),
    ],
)
def test_what_flex_cannot_take_is_refused_by_name(door, call, body, code, name):
    """400 in Atlas' shape, before anything is sent."""
    with playing(door, writes="instances-strict") as (atlas, ask):
        reply = write(ask, call, body=body)
        assert (reply.status_code, reply.json()["errorCode"], reply.json()["parameters"]) == (400, code, [name])
        assert atlas.arrivals == []


def test_an_instance_that_was_read_can_be_sent_back(door):
    """A program that reads, changes and writes the whole gives members that are no matter of the caller's."""
    answer = lambda arrival: ok(CLUSTER, 201 if arrival.method == "POST" else 200)  # noqa: E731 - one expression
    with playing(door, answer=answer, **ON) as (atlas, ask):
        read = ask("GET", f"/api/atlas/v2{CALLS['update'][1]}").json()
        settings = {**read["providerSettings"], **CREATE["providerSettings"]}
        assert write(ask, "create", body={**read, "providerSettings": settings}).status_code == 201
        assert set(json.loads(atlas.arrivals[-1].body)) == {"name", "providerSettings", "tags"}


def test_the_recordings_are_there():
    """No part is left untested because a file is missing."""
    assert {exchange.status for exchange in CREATIONS} == {201}
    assert {exchange.status for exchange in DELETIONS} == {204}
    assert all(datetime.fromisoformat(exchange.document["createDate"]) for exchange in CREATIONS)
