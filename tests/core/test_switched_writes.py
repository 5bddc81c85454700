"""Writes of instances: gone, unless a switch lets them go to flex clusters; each is sent once."""

import json
from typing import Any

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import RouteWord, Settings, read_settings
from shim.errors import SettingsError
from tests.core.driver import AFTER, BEFORE, answers, drive, refuses

LIST = "/api/atlas/v2/groups/g1/serverless"
ONE = f"{LIST}/shop"
ON = Settings(writes=frozenset({"instances"}))
CREATE: dict[str, Any] = {
    "name": "shop",
    "providerSettings": {"backingProviderName": "AWS", "providerName": "SERVERLESS", "regionName": "US_EAST_1"},
    "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
    "tags": [{"key": "env", "value": "demo"}],
    "terminationProtectionEnabled": False,
}
UPDATE = {"terminationProtectionEnabled": True, "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False}}
CLUSTER = {"id": "1", "name": "shop", "stateName": "CREATING", "backupSettings": {"enabled": True}}
CALLS = [("POST", LIST, CREATE), ("PATCH", ONE, UPDATE), ("DELETE", ONE, None)]


def write(engine, method, target, body, upstream, *, settings=ON, clock=AFTER):
    content = None if body is None else json.dumps(body).encode()
    return drive(engine, target, upstream, method=method, body=content, settings=settings, clock=clock)


@pytest.mark.parametrize(("method", "target", "body"), CALLS)
def test_off_is_the_410_of_today_and_names_the_switch(engine, method, target, body):
    """Legacy says that it is gone; nothing is sent to flex."""
    gone = refuses(410, "VERSION_GONE")
    driven = write(engine, method, target, body, [gone], settings=Settings())
    assert (driven.routes, driven.reply.status) == (("legacy",), 410)
    assert driven.document["errorCode"] == "SHIM_NO_SUCCESSOR"
    assert "ATLAS_SHIM_WRITES=instances" in driven.document["detail"]
    assert write(engine, method, target, body, [], settings=Settings(route=RouteWord.FLEX)).reply.status == 410


def test_a_creation_is_sent_once_in_flex_terms(engine):
    """ProviderName and backup options are dropped; the answer is an instance, with 201."""
    driven = write(engine, "POST", LIST, CREATE, [answers(CLUSTER, 201)])
    (sent,) = driven.sends
    assert (sent.call.method, sent.call.target) == ("POST", "/api/atlas/v2/groups/g1/flexClusters")
    assert json.loads(sent.call.body or b"") == {
        "name": "shop",
        "providerSettings": {"backingProviderName": "AWS", "regionName": "US_EAST_1"},
        "tags": [{"key": "env", "value": "demo"}],
        "terminationProtectionEnabled": False,
    }
    assert driven.reply.status == 201
    assert driven.document["providerSettings"]["providerName"] == "SERVERLESS"


def test_an_update_is_sent_once_in_flex_terms(engine):
    """The answer is 200, as recorded."""
    driven = write(engine, "PATCH", ONE, UPDATE, [answers(CLUSTER)])
    (sent,) = driven.sends
    assert (sent.call.method, sent.call.target) == ("PATCH", "/api/atlas/v2/groups/g1/flexClusters/shop")
    assert json.loads(sent.call.body or b"") == {"terminationProtectionEnabled": True}
    assert (driven.reply.status, driven.document["name"]) == (200, "shop")


@pytest.mark.parametrize("flex", [(204, (), b""), (202, (), b"{}")])
def test_a_deletion_is_sent_once_and_answered_as_recorded(engine, flex):
    """202 with an empty object, whatever success flex says."""
    driven = write(engine, "DELETE", ONE, None, [flex])
    (sent,) = driven.sends
    assert (sent.call.method, sent.call.target) == ("DELETE", "/api/atlas/v2/groups/g1/flexClusters/shop")
    assert (driven.reply.status, driven.content) == (202, b"{}")


@pytest.mark.parametrize(("method", "target", "body"), CALLS)
def test_an_error_of_flex_is_the_answer(engine, method, target, body):
    """A write is never sent again on a guess."""
    for status in (400, 401, 409, 429, 500, 503):
        driven = write(engine, method, target, body, [refuses(status, "SOME_CODE")])
        assert (driven.routes, driven.passed) == (("flex",), True)
    driven = write(engine, method, target, body, [refuses(404, "CLUSTER_NOT_FOUND")])
    assert driven.routes == ("flex",)


@pytest.mark.parametrize(("method", "target", "body"), CALLS)
def test_before_the_sunset_only_a_proof_leads_on(engine, method, target, body):
    """Legacy is asked; a 410 says that nothing was executed, any other answer stands."""
    flex = (204, (), b"") if method == "DELETE" else answers(CLUSTER, 201)
    driven = write(engine, method, target, body, [refuses(410, "VERSION_GONE"), flex], clock=BEFORE)
    assert driven.routes == ("legacy", "flex")
    assert write(engine, method, target, body, [refuses(503, "NO")], clock=BEFORE).passed


@pytest.mark.parametrize(("method", "target", "body"), [("POST", LIST, CREATE), ("PATCH", ONE, UPDATE)])
def test_continuous_backup_is_refused_before_anything_is_sent(engine, method, target, body):
    """Flex clusters have none, and dropping it in silence would lose backups."""
    more = {**body, "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": True}}
    driven = write(engine, method, target, more, [])
    assert driven.reply.status == 400
    assert driven.document["errorCode"] == "SHIM_CONTINUOUS_BACKUP_UNSUPPORTED"
    assert driven.document["parameters"] == ["serverlessBackupOptions.serverlessContinuousBackupEnabled"]


@pytest.mark.parametrize(
    ("method", "target", "body", "name"),
    [
        ("POST", LIST, {**CREATE, "replicaSetScalingStrategy": "X"}, "replicaSetScalingStrategy"),
        (
            "POST",
            LIST,
            {**CREATE, "providerSettings": {**CREATE["providerSettings"], "zone": 1}},
            "providerSettings.zone",
        ),
        ("POST", LIST, {**CREATE, "providerSettings": "AWS"}, "providerSettings"),
        ("PATCH", ONE, {**UPDATE, "providerSettings": {"regionName": "X"}}, "providerSettings"),
        ("PATCH", ONE, {**UPDATE, "tags": "x"}, "tags"),
    ],
)
def test_a_field_that_flex_cannot_take_is_refused_by_name(engine, method, target, body, name):
    """Nothing is sent; the name is that of the member in the body."""
    driven = write(engine, method, target, body, [])
    assert (driven.reply.status, driven.document["errorCode"]) == (400, "INVALID_ATTRIBUTE")
    assert driven.document["parameters"] == [name]


def test_a_required_member_may_stand_inside_an_object(engine):
    """The first that is missing is named."""
    body = {"name": "shop", "providerSettings": {"backingProviderName": "AWS"}}
    driven = write(engine, "POST", LIST, body, [])
    assert driven.document["errorCode"] == "MISSING_ATTRIBUTE"
    assert driven.document["parameters"] == ["providerSettings.regionName"]


def test_an_instance_that_was_read_can_be_sent_back(engine):
    """Its read-only members are read over."""
    read = drive(engine, ONE, [answers(CLUSTER)], settings=Settings(route=RouteWord.FLEX)).document
    body = {**read, **CREATE, "providerSettings": {**read["providerSettings"], **CREATE["providerSettings"]}}
    driven = write(engine, "POST", LIST, body, [answers(CLUSTER, 201)])
    assert driven.reply.status == 201


@pytest.mark.parametrize("accept", ["*/*", "application/vnd.atlas.2023-01-01+json"])
def test_auto_indexing_is_off(engine, accept):
    """A bare false, once legacy is gone; nobody is asked."""
    target = f"{ONE}/performanceAdvisor/autoIndexing"
    driven = drive(engine, target, [], clock=AFTER, headers=(("Accept", accept),))
    assert (driven.reply.status, driven.content) == (200, b"false")
    assert driven.outcome.record.route == "none"
    enveloped = drive(engine, f"{target}?envelope=true", [], clock=AFTER)
    assert enveloped.document == {"status": 200, "content": False}
    before = drive(engine, target, [refuses(410, "VERSION_GONE")], clock=BEFORE)
    assert (before.routes, before.content) == (("legacy",), b"false")


def test_auto_indexing_cannot_be_switched_on(engine):
    """There is nothing that could be switched on."""
    target = f"{ONE}/performanceAdvisor/autoIndexing?enable=true"
    driven = drive(engine, target, [refuses(410, "VERSION_GONE")], method="POST", settings=ON)
    assert (driven.reply.status, driven.document["errorCode"]) == (410, "SHIM_NO_SUCCESSOR")


@pytest.mark.parametrize("text", ["?", "off,instances", "a b", "instances,off"])
def test_what_is_no_word_is_refused(text):
    """With the variable's name."""
    with pytest.raises(SettingsError, match="ATLAS_SHIM_WRITES: "):
        read_settings({"ATLAS_SHIM_WRITES": text})


def test_what_is_left_without_a_successor_is_said():
    """The 410's text, the constant with its reason, or nothing where a successor always may be asked."""
    engine = load_engine({})
    said = {one.id: one.without_successor for one in engine.operations}
    assert said["getServerlessAutoIndexing"].startswith("The answer is always false. ")
    assert said["deleteServerlessInstance"].endswith("See https://dochub.mongodb.org/core/flex-migration")
    assert said["listServerlessInstances"] == ""


def test_the_switch_is_a_strict_word():
    """Nothing is switched on by a typo."""
    engine = load_engine({})
    assert read_settings({"ATLAS_SHIM_WRITES": "off"}).writes == frozenset()
    assert read_settings({"ATLAS_SHIM_WRITES": " instances "}).writes == {"instances"}
    with pytest.raises(SettingsError, match="ATLAS_SHIM_WRITES: 'instance' is not one of instances, off"):
        engine.check_settings(read_settings({"ATLAS_SHIM_WRITES": "instance"}))
