"""Creating, updating and deleting instances: nothing without the switch, and each call once with it.

What flex gets, what is refused before that, and what the caller gets: recordings say how a creation and a deletion
were answered by both sides. What a fault of flex leads to is among ``test_writes``.
"""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.family import oracle
from tests.family.atlas_errors import ERRORS, is_intact
from tests.family.doors import playing
from tests.family.replay import AFTER, GROUP, KINDS, VERSIONS, recordings
from tests.family.replay import CLUSTER as NAME
from tests.family.test_writes import CALLS as ALL
from tests.family.test_writes import CREATE, UPDATE, attempt, write
from tests.family.test_writes import INSTANCES as CALLS
from tests.peers.scripted import GONE, error, ok, wire

FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters"
CLUSTER = {"id": "1", "name": NAME, "stateName": "UPDATING", "backupSettings": {"enabled": True}, "tags": []}
GOOD = {
    "create": ok({**CLUSTER, "stateName": "CREATING"}, 201),
    "create with a slash": ok(CLUSTER, 201),
    "update": ok(CLUSTER),
    "delete": wire(204),
}
LEGACY_GOOD = {
    "create": ok({"name": NAME}, 201),
    "create with a slash": ok({"name": NAME}, 201),
    "update": ok({"name": NAME}),
    "delete": ok({}, 202),
}
STATUSES = {"create": 201, "create with a slash": 201, "update": 200, "delete": 202}
SENT = {
    "create": ("POST", FLEX),
    "create with a slash": ("POST", FLEX),
    "update": ("PATCH", f"{FLEX}/{NAME}"),
    "delete": ("DELETE", f"{FLEX}/{NAME}"),
}
ON: dict[str, Any] = {"writes": "instances"}


@pytest.fixture
def door(write_door):
    """Each way in for writes."""
    return write_door


# The switch is off


@pytest.mark.parametrize("call", CALLS)
def test_off_nothing_is_written_anywhere(door, call):
    """Atlas says that its endpoint is gone; the answer names the switch, and no flex cluster hears of it."""
    with playing(door, sides={"legacy": GONE}) as (atlas, ask):
        for _ in range(2):
            reply = write(ask, call)
            assert (reply.status_code, reply.json()["errorCode"]) == (410, "SHIM_NO_SUCCESSOR")
            assert "ATLAS_SHIM_WRITES=instances" in reply.json()["detail"]
            assert "flexClusters" in reply.json()["detail"]
        assert atlas.sides == ["legacy"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("writes", ["off", "instances"])
@pytest.mark.parametrize("route", ["legacy", "off"])
def test_on_the_legacy_route_the_switch_means_nothing(door, call, writes, route):
    """Atlas' own 410 is the answer, and one call arrived."""
    with playing(door, sides={"legacy": GONE}, route=route, writes=writes) as (atlas, ask):
        assert write(ask, call).json()["errorCode"] == "VERSION_GONE"
        assert atlas.sides == ["legacy"]


# The switch is on


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("route", ["auto", "date", "flex"])
@pytest.mark.parametrize("call", CALLS)
def test_on_each_call_arrives_once(door, call, route, api):
    """At the flex endpoint, in its version; status and content type are the legacy ones."""
    with playing(door, sides={"flex": GOOD[call]}, route=route, **ON) as (atlas, ask):
        reply = write(ask, call, api)
        (arrival,) = atlas.arrivals
    assert (arrival.method, arrival.target) == SENT[call]
    assert arrival.fields["accept"] == "application/vnd.atlas.2024-11-13+json"
    assert arrival.fields.get("content-type", "application/vnd.atlas.2024-11-13+json") == arrival.fields["accept"]
    assert ("content-type" in arrival.fields) is (arrival.body != b"") is (call != "delete")
    assert (reply.status_code, reply.headers["Content-Type"]) == (STATUSES[call], KINDS[api])


@pytest.mark.parametrize("answer", [wire(204), wire(202), ok({}, 202), ok({"x": 1}), wire(200, (), b"done")])
def test_any_success_of_a_deletion_is_one(door, answer):
    """Whatever content it has, none of which the caller needs; and the connection goes on."""
    with playing(door, sides={"flex": answer}, **ON) as (atlas, ask):
        for _ in range(2):
            reply = write(ask, "delete")
            assert (reply.status_code, reply.content) == (202, b"{}")
        assert atlas.writes == ["flex"] * 2


@pytest.mark.parametrize(("replies", "sides"), [
    ({}, ["legacy"]), ({"legacy": GONE}, ["legacy", "flex"]), ({"legacy": wire(404)}, ["legacy", "flex"]),
    ({"legacy": wire(405, (("Allow", "GET"),))}, ["legacy", "flex"]),
    ({"legacy": error(404, "SERVERLESS_INSTANCE_NOT_FOUND")}, ["legacy"]),
    ({"legacy": error(404, "NOT_FOUND")}, ["legacy"]), ({"legacy": error(500, "UNEXPECTED_ERROR")}, ["legacy"]),
    ({"legacy": b""}, ["legacy"]),
])  # fmt: skip
@pytest.mark.parametrize("call", CALLS)
def test_before_the_sunset_only_a_proof_leads_to_flex(door, call, replies, sides):
    """Legacy is asked first; a write is never sent again on a guess, and what is blank is its reads alone."""
    answers = {"legacy": LEGACY_GOOD[call], "flex": GOOD[call], **replies}
    with playing(door, over=False, sides=answers, **ON) as (atlas, ask):
        reply = attempt(ask, call)
        assert atlas.sides == sides
        if sides[-1] not in replies:
            assert reply.status_code == STATUSES[call]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_of_flex_is_the_answer(door, call, name):
    """Byte for byte, but for the code of a cluster that is not there, which legacy had a word of its own for."""
    status, fields, body = ERRORS[name]
    with playing(door, sides={"flex": wire(status, fields, body)}, **ON) as (atlas, ask):
        reply = write(ask, call)
        assert atlas.sides == ["flex"]
    if name == "no-cluster" and not call.startswith("create"):
        body = body.replace(b"CLUSTER_NOT_FOUND", b"SERVERLESS_INSTANCE_NOT_FOUND")
        fields = (*fields[:1], ("X-Error-Code", "SERVERLESS_INSTANCE_NOT_FOUND"))
    is_intact(reply, (status, fields, body))


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
        read = ask("GET", f"/api/atlas/v2{ALL['update'][1]}").json()
        settings = {**read["providerSettings"], **CREATE["providerSettings"]}
        assert write(ask, "create", body={**read, "providerSettings": settings}).status_code == 201
        assert set(json.loads(atlas.arrivals[-1].body)) == {"name", "providerSettings", "tags"}


def test_the_recordings_are_there():
    """No part is left untested because a file is missing."""
    assert {exchange.status for exchange in CREATIONS} == {201}
    assert {exchange.status for exchange in DELETIONS} == {204}
    assert all(datetime.fromisoformat(exchange.document["createDate"]) for exchange in CREATIONS)
