"""The bodies of instance writes: what flex is told, what is refused before that, and what the caller gets.

Recordings of both sides say what a creation and a deletion were answered with.
"""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.family import oracle
from tests.family.replay import AFTER, KINDS, VERSIONS, recordings
from tests.family.test_instance_writes import CLUSTER, CREATE, GOOD, NAME, ONE, STATUSES, UPDATE, write
from tests.peers.scripted import by_side, ok, upstream

CREATIONS = recordings("flex-cluster-create")
DELETIONS = recordings("flex-cluster-delete")
RECORDED_DELETION = recordings("serverless-instance-delete")[0]


def where_of(reply, api, group):
    """Return what the oracle needs to know of a reply's call."""
    parts = urlsplit(str(reply.url))
    return oracle.Where(base=f"{parts.scheme}://{parts.netloc}", api=api, group=group, cluster="", now=AFTER)


def test_flex_is_told_what_its_contract_has(door):
    """The provider name and the backup options, which flex does not know, are dropped; null counts as not given."""
    settings = {"backingProviderName": "AWS", "regionName": "US_EAST_1"}
    least = {"name": NAME, "providerSettings": settings}
    bodies = [
        ("create", CREATE, {**least, "tags": CREATE["tags"], "terminationProtectionEnabled": False}),
        ("create", {**CREATE, "tags": None, "terminationProtectionEnabled": None}, least),
        ("create", least, least),
        ("update", UPDATE, UPDATE),
        ("update", {"serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False}, "tags": []}, {"tags": []}),
        ("update", {}, {}),
    ]
    with upstream(lambda arrival: GOOD["create" if arrival.method == "POST" else "update"]) as atlas:
        with door(atlas.origin, over=True, writes="instances") as ask:
            for call, body, _ in bodies:
                assert write(ask, call, body=body).status_code == STATUSES[call]
        assert [json.loads(arrival.body) for arrival in atlas.arrivals] == [sent for _, _, sent in bodies]


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("exchange", CREATIONS, ids=range(len(CREATIONS)))
def test_a_recorded_creation_is_an_instance(door, exchange, api):
    """201, with the fields that the oracle takes from the recording."""
    made = exchange.document
    group = exchange.path.split("/")[5]
    settings = {name: made["providerSettings"][name] for name in ("backingProviderName", "regionName")}
    body = {"name": made["name"], "providerSettings": settings, "tags": made.get("tags", [])}
    with (
        upstream(by_side(flex=exchange.raw)) as atlas,
        door(atlas.origin, over=True, writes="instances") as ask,
    ):
        reply = ask("POST", f"/api/atlas/{api}/groups/{group}/serverless", json=body)
        assert atlas.writes == ["flex"]
        assert json.loads(atlas.arrivals[0].body) == body
    assert (reply.status_code, reply.headers["Content-Type"]) == (201, KINDS[api])
    assert reply.json() == oracle.instance(made, where_of(reply, api, group))


@pytest.mark.parametrize("exchange", DELETIONS, ids=range(len(DELETIONS)))
def test_a_recorded_deletion_is_answered_as_legacy_was_recorded(door, exchange):
    """202 with an empty object, whose bytes and content type are those of the recorded legacy answer."""
    group, name = exchange.path.split("/")[5], exchange.path.split("/")[7]
    with (
        upstream(by_side(flex=exchange.raw)) as atlas,
        door(atlas.origin, over=True, writes="instances") as ask,
    ):
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
        with upstream(by_side(flex=GOOD["create"])) as atlas, door(atlas.origin, over=True, writes="instances") as ask:
            assert write(ask, "create", body=body).status_code == exchange.status
            sent = json.loads(atlas.arrivals[0].body)
        assert {name: sent[name] for name in ("name", "tags", "terminationProtectionEnabled")} == {
            name: made[name] for name in ("name", "tags", "terminationProtectionEnabled")
        }


REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "continuous backup": (
        "create",
        {**CREATE, "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": True}},
        "SHIM_CONTINUOUS_BACKUP_UNSUPPORTED",
        "serverlessBackupOptions.serverlessContinuousBackupEnabled",
    ),
    "continuous backup later": (
        "update",
        {"serverlessBackupOptions": {"serverlessContinuousBackupEnabled": True}},
        "SHIM_CONTINUOUS_BACKUP_UNSUPPORTED",
        "serverlessBackupOptions.serverlessContinuousBackupEnabled",
    ),
    "unknown member": ("create", {**CREATE, "diskSizeGB": 5}, "INVALID_ATTRIBUTE", "diskSizeGB"),
    "unknown inner member": (
        "create",
        {**CREATE, "providerSettings": {**CREATE["providerSettings"], "zone": "a"}},
        "INVALID_ATTRIBUTE",
        "providerSettings.zone",
    ),
    "no name": ("create", {"providerSettings": CREATE["providerSettings"]}, "MISSING_ATTRIBUTE", "name"),
    "no region": (
        "create",
        {"name": NAME, "providerSettings": {"backingProviderName": "AWS"}},
        "MISSING_ATTRIBUTE",
        "providerSettings.regionName",
    ),
    "a number for a name": ("create", {**CREATE, "name": 5}, "INVALID_ATTRIBUTE", "name"),
    "another provider": (
        "update",
        {"providerSettings": CREATE["providerSettings"]},
        "INVALID_ATTRIBUTE",
        "providerSettings",
    ),
    "a word for a flag": (
        "update",
        {"terminationProtectionEnabled": "yes"},
        "INVALID_ATTRIBUTE",
        "terminationProtectionEnabled",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_flex_cannot_take_is_refused_by_name(door, case):
    """400 in Atlas' shape, before anything is sent."""
    call, body, code, name = REFUSED[case]
    with upstream(by_side()) as atlas, door(atlas.origin, over=True, writes="instances-strict") as ask:
        reply = write(ask, call, body=body)
        assert (reply.status_code, reply.json()["errorCode"], reply.json()["parameters"]) == (400, code, [name])
        assert atlas.arrivals == []


@pytest.mark.parametrize("call", ["create", "update"])
def test_continuous_backup_is_ignored_as_atlas_did(door, call):
    """Generated clients send the contract's default, true; it is left out of what flex gets, and nothing else is."""
    body: dict[str, Any] = {"serverlessBackupOptions": {"serverlessContinuousBackupEnabled": True}, "tags": []}
    if call == "create":
        body = {**CREATE, **body}
    with upstream(by_side(flex=GOOD[call])) as atlas, door(atlas.origin, over=True, writes="instances") as ask:
        assert write(ask, call, body=body).status_code == STATUSES[call]
        (sent,) = [json.loads(arrival.body) for arrival in atlas.arrivals]
        assert "serverlessBackupOptions" not in sent
        assert sent["tags"] == []


def test_an_instance_that_was_read_can_be_sent_back(door):
    """A program that reads, changes and writes the whole gives members that are no matter of the caller's."""
    with upstream(lambda arrival: ok(CLUSTER, 201 if arrival.method == "POST" else 200)) as atlas:
        with door(atlas.origin, over=True, writes="instances") as ask:
            read = ask("GET", f"/api/atlas/v2{ONE}").json()
            settings = {**read["providerSettings"], **CREATE["providerSettings"]}
            assert write(ask, "create", body={**read, "providerSettings": settings}).status_code == 201
        assert set(json.loads(atlas.arrivals[-1].body)) == {"name", "providerSettings", "tags"}


def test_the_recordings_are_there():
    """No part is left untested because a file is missing."""
    assert {exchange.status for exchange in CREATIONS} == {201}
    assert {exchange.status for exchange in DELETIONS} == {204}
    assert all(datetime.fromisoformat(exchange.document["createDate"]) for exchange in CREATIONS)
