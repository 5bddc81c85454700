"""Creating, updating and deleting flex clusters and instances: what is stored, shown, refused, and when it ends."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import jsonschema
import pytest

from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, FakeAtlas

V2 = f"/api/atlas/v2/groups/{DEMO_GROUP}"
BEFORE = date(2026, 1, 10)
TAGS = [{"key": "env", "value": "test"}]
PROVIDER = {"backingProviderName": "GCP", "regionName": "WESTERN_EUROPE"}
FLEX: dict[str, Any] = {"name": "new", "providerSettings": PROVIDER, "tags": TAGS}
LEGACY: dict[str, Any] = {
    "name": "new",
    "providerSettings": {**PROVIDER, "providerName": "SERVERLESS"},
    "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
    "tags": TAGS,
}
BODIES = {"flexClusters": FLEX, "serverless": LEGACY}
KINDS = list(BODIES)


@pytest.fixture
def fake() -> FakeAtlas:
    """The demo world while both sides can be written."""
    return FakeAtlas(today=BEFORE)


def _document(reply):
    return json.loads(reply.body)


def _code(reply):
    return (reply.status, _document(reply)["errorCode"])


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [(name, _shape(each)) for name, each in value.items()]
    if isinstance(value, list):
        return [_shape(each) for each in value[:1]]
    return type(value).__name__


def _create(ask, fake, kind, **changes):
    body = {**BODIES[kind], **changes}
    return ask(fake, f"{V2}/{kind}", method="POST", body={key: each for key, each in body.items() if each is not ...})


@pytest.mark.parametrize(
    ("kind", "recording"), [("flexClusters", "flex-cluster"), ("serverless", "serverless-instance")]
)
def test_a_creation_is_answered_as_recorded(fake, ask, recorded, kind, recording):
    """Status, media type, Java method and members are the recorded ones; tags are shown if there are any."""
    seen = 0
    for row in recorded(f"{recording}-create"):
        theirs, fields = json.loads(row["body"]), dict(row["headers"])
        if theirs["connectionStrings"]:  # some have one at once, which is chance
            continue
        reply = _create(ask, fake, kind, name=f"new{seen}", tags=TAGS if "tags" in theirs else ...)
        assert reply.status == row["status"] == 201
        for field in ("Content-Type", "X-Java-Method"):
            assert reply.header(field) == fields[field]
        assert _shape(_document(reply)) == _shape(theirs)
        assert _document(reply)["stateName"] == theirs["stateName"] == "CREATING"
        seen += 1
    assert seen


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_created_is_there_for_both_sides(fake, ask, kind):
    """It is listed and got with what the caller asked for, and is ready after a while."""
    made = _document(_create(ask, fake, kind))
    for side in KINDS:
        one = _document(ask(fake, f"{V2}/{side}/new"))
        assert [one["id"], one["tags"], one["stateName"], one["connectionStrings"]] == [
            made["id"],
            TAGS,
            "CREATING",
            {},
        ]
        assert {name: one["providerSettings"][name] for name in PROVIDER} == PROVIDER
        assert made["id"] in [each["id"] for each in _document(ask(fake, f"{V2}/{side}"))["results"]]
    fake.advance(60)
    for side in KINDS:
        one = _document(ask(fake, f"{V2}/{side}/new"))
        assert (one["stateName"], "standardSrv" in one["connectionStrings"]) == ("IDLE", True)
    assert fake.cluster(DEMO_GROUP, "new").tier == "flex"


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_is_answered_as_recorded_and_shown(fake, ask, recorded, kind):
    """200, UPDATING for a while; a member that was not sent stays; what is being created stays CREATING."""
    change = {"terminationProtectionEnabled": True}
    one = _document(ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}"))
    reply = ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}", method="PATCH", body=change)
    assert (reply.status, _document(reply)) == (200, {**one, **change, "stateName": "UPDATING"})
    fake.advance(30)
    assert _document(ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}"))["stateName"] == "IDLE"
    _create(ask, fake, kind)
    reply = ask(fake, f"{V2}/{kind}/new", method="PATCH", body={"tags": []})
    assert (_document(reply)["stateName"], _document(reply)["tags"]) == ("CREATING", [])
    if kind == "serverless":
        seen = {(row["status"], json.loads(row["body"])["stateName"]) for row in recorded("serverless-instance-update")}
        assert seen == {(200, "UPDATING"), (200, "CREATING")}


@pytest.mark.parametrize(
    ("kind", "recording"), [("flexClusters", "flex-cluster"), ("serverless", "serverless-instance")]
)
def test_a_deletion_is_answered_as_recorded(fake, ask, recorded, kind, recording):
    """204 without content of flex, 202 with an empty object of legacy; it is DELETING, and then gone for both."""
    reply = ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}", method="DELETE")
    for row in recorded(f"{recording}-delete"):
        theirs = dict(row["headers"])
        assert (reply.status, reply.body.decode()) == (row["status"], row["body"])
        assert reply.header("Content-Type") == theirs["Content-Type"]
        assert reply.header("X-Java-Method") == theirs["X-Java-Method"]
    assert _document(ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}"))["stateName"] == "DELETING"
    again = ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}", method="DELETE")
    assert _code(again) == (400, "CLUSTER_ALREADY_REQUESTED_DELETION")
    fake.advance(60)
    for side in KINDS:
        assert ask(fake, f"{V2}/{side}/{DEMO_CLUSTER}").status == 404
        assert _document(ask(fake, f"{V2}/{side}"))["results"] == []
    assert _create(ask, fake, kind, name=DEMO_CLUSTER).status == 201


def test_a_protected_cluster_is_not_deleted(fake, ask):
    """Flex answers in the words of public test logs, legacy with the code that is known; it can be unprotected."""
    fake.cluster(DEMO_GROUP, DEMO_CLUSTER).protected = True
    refused = ask(fake, f"{V2}/flexClusters/{DEMO_CLUSTER}", method="DELETE")
    sentence = (
        f"Cannot terminate cluster {DEMO_CLUSTER} in group {DEMO_GROUP} because termination protection is enabled. "
        "Disable termination protection and try again."
    )
    assert _document(refused) == {
        "detail": f"Reason: {sentence}.",
        "error": 400,
        "errorCode": "ATLAS_GENERAL_ERROR",
        "parameters": [sentence],
        "reason": "Bad Request",
    }
    legacy = ask(fake, f"{V2}/serverless/{DEMO_CLUSTER}", method="DELETE")
    assert _code(legacy) == (400, "CANNOT_TERMINATE_CLUSTER_WHEN_TERMINATION_PROTECTION_ENABLED")
    assert _document(ask(fake, f"{V2}/flexClusters/{DEMO_CLUSTER}"))["stateName"] == "IDLE"
    open_again = {"terminationProtectionEnabled": False}
    ask(fake, f"{V2}/flexClusters/{DEMO_CLUSTER}", method="PATCH", body=open_again)
    assert ask(fake, f"{V2}/flexClusters/{DEMO_CLUSTER}", method="DELETE").status == 204


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [DEMO_CLUSTER, DEMO_DEDICATED])
def test_a_name_is_taken_once(fake, ask, kind, name):
    """In the recorded words, whatever tier has it."""
    reply = _create(ask, fake, kind, name=name)
    assert _code(reply) == (400, "DUPLICATE_CLUSTER_NAME")
    assert _document(reply)["detail"] == (
        f"A cluster or serverless instance named {name} is already present in group {DEMO_GROUP}."
    )


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown member": ({"diskSizeGB": 5}, "INVALID_ATTRIBUTE"),
    "unknown inner member": ({"providerSettings": {**PROVIDER, "zone": "a"}}, "INVALID_ATTRIBUTE"),
    "no name": ({"name": ...}, "MISSING_ATTRIBUTE"),
    "no provider": ({"providerSettings": ...}, "MISSING_ATTRIBUTE"),
    "no region": ({"providerSettings": {"backingProviderName": "AWS"}}, "MISSING_ATTRIBUTE"),
    "no backing provider": ({"providerSettings": {"regionName": "US_EAST_1"}}, "MISSING_ATTRIBUTE"),
    "unknown backing provider": ({"providerSettings": {**PROVIDER, "backingProviderName": "X"}}, "INVALID_ENUM_VALUE"),
    "other provider": ({"providerSettings": {**PROVIDER, "providerName": "TENANT"}}, "INVALID_ENUM_VALUE"),
    "text for an object": ({"providerSettings": "AWS"}, "INVALID_ATTRIBUTE"),
    "text for a flag": ({"terminationProtectionEnabled": "yes"}, "INVALID_ATTRIBUTE"),
    "text for tags": ({"tags": "env"}, "INVALID_ATTRIBUTE"),
    "half a tag": ({"tags": [{"key": "env"}]}, "INVALID_ATTRIBUTE"),
    "empty tag": ({"tags": [{"key": "", "value": "x"}]}, "INVALID_ATTRIBUTE"),
    "bad name": ({"name": "a b"}, "CLUSTER_NAME_INVALID"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", BAD)
def test_a_bad_creation_is_refused_and_nothing_is_made(fake, ask, kind, case):
    """Each defect has its code, for both sides alike."""
    changes, code = BAD[case]
    assert _code(_create(ask, fake, kind, **changes)) == (400, code)
    assert len(_document(ask(fake, f"{V2}/flexClusters"))["results"]) == 1


def test_each_side_has_its_own_provider_name(fake, ask):
    """A flex cluster is no SERVERLESS one, and a flex body has no serverless members."""
    for kind, word in (("flexClusters", "SERVERLESS"), ("serverless", "FLEX")):
        settings = {**PROVIDER, "providerName": word}
        assert _code(_create(ask, fake, kind, providerSettings=settings)) == (400, "INVALID_ENUM_VALUE")
    assert _code(_create(ask, fake, "flexClusters", serverlessBackupOptions={})) == (400, "INVALID_ATTRIBUTE")
    assert _create(ask, fake, "flexClusters", providerSettings={**PROVIDER, "providerName": "FLEX"}).status == 201


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [{"name": "x"}, {"providerSettings": PROVIDER}, {"tags": 1}, b"[]", b""])
def test_a_bad_update_is_refused_and_nothing_changes(fake, ask, kind, body):
    """Neither its name nor its provider can change."""
    before = ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}").body
    reply = ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}", method="PATCH", body=body)
    assert _code(reply) == (400, "MALFORMED_JSON" if isinstance(body, bytes) else "INVALID_ATTRIBUTE")
    assert ask(fake, f"{V2}/{kind}/{DEMO_CLUSTER}").body == before


@pytest.mark.parametrize(("method", "body"), [("PATCH", {}), ("DELETE", None)])
def test_a_write_finds_what_a_read_finds(fake, ask, method, body):
    """Unknown names and other tiers are refused in the words of each side."""
    cases = {
        ("flexClusters", "nobody"): (404, "CLUSTER_NOT_FOUND"),
        ("serverless", "nobody"): (404, "SERVERLESS_INSTANCE_NOT_FOUND"),
        ("flexClusters", DEMO_DEDICATED): (400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"),
        ("serverless", DEMO_DEDICATED): (400, "CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API"),
    }
    for (kind, name), expected in cases.items():
        assert _code(ask(fake, f"{V2}/{kind}/{name}", method=method, body=body)) == expected
    assert _code(ask(fake, f"/api/atlas/v2/groups/{'1' * 24}/flexClusters", method="POST", body=FLEX)) == (
        404,
        "GROUP_NOT_FOUND",
    )


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("POST", "", LEGACY),
        ("PATCH", f"/{DEMO_CLUSTER}", {"tags": []}),
        ("DELETE", f"/{DEMO_CLUSTER}", None),
        ("GET", f"/{DEMO_CLUSTER}/performanceAdvisor/autoIndexing", None),
        ("POST", f"/{DEMO_CLUSTER}/performanceAdvisor/autoIndexing?enable=true", None),
    ],
)
def test_legacy_writes_end_with_the_backups(fake, ask, api, method, rest, body):
    """From the sunset on 410, and nothing happens; flex goes on."""
    fake.today = BACKUP_SUNSET
    before = _document(ask(fake, f"{V2}/flexClusters"))["results"]
    target = f"{V2}/serverless{rest}".replace("/v2/", f"/{api}/")
    assert _code(ask(fake, target, method=method, body=body)) == (410, "VERSION_GONE")
    assert _document(ask(fake, f"{V2}/flexClusters"))["results"] == before
    assert _create(ask, fake, "flexClusters").status == 201


def test_writes_live_on_under_v1_where_it_outlives_v2(fake, ask):
    """``old_gone`` False keeps v1.0 of writes as of backups."""
    fake.today, fake.old_gone = BACKUP_SUNSET, False
    target = f"{V2}/serverless/{DEMO_CLUSTER}".replace("/v2/", "/v1.0/")
    assert ask(fake, target, method="DELETE").status == 202


def test_the_bodies_fit_the_contract(fake, ask, contract):
    """What creations and updates answer has no member that the contracts do not name, but for what was recorded."""
    created = _document(_create(ask, fake, "flexClusters"))
    document = contract("flex-clusters-2026-08")
    whole = {"$ref": "#/components/schemas/FlexClusterDescription20241113", "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(created)
    names = contract("legacy-serverless-writes-2026-03")["components"]["schemas"]
    made = _document(_create(ask, fake, "serverless", name="other"))
    assert made.keys() <= names["ServerlessInstanceDescription"]["properties"].keys()


def test_auto_indexing_is_a_bare_boolean(fake, ask):
    """Read as false or true; switched by a call without content."""
    target = f"{V2}/serverless/{DEMO_CLUSTER}/performanceAdvisor/autoIndexing"
    assert (ask(fake, target).status, ask(fake, target).body) == (200, b"false")
    reply = ask(fake, f"{target}?enable=true", method="POST")
    assert (reply.status, reply.body) == (200, b"")
    assert ask(fake, target).body == b"true"
    assert _document(ask(fake, f"{target}?envelope=true")) == {"content": True, "status": 200}
    for query in ("", "?enable=maybe"):
        assert _code(ask(fake, target + query, method="POST")) == (400, "INVALID_QUERY_PARAMETER")


def test_writes_are_counted(fake, ask):
    """With method, target and body, refused ones too."""
    _create(ask, fake, "flexClusters")
    ask(fake, f"{V2}/flexClusters/new", method="DELETE")
    ask(fake, f"{V2}/flexClusters/nobody", method="DELETE")
    (creation,) = fake.trips("POST", "/flexClusters")
    assert json.loads(creation.body) == FLEX
    assert [each.target.rpartition("/")[2] for each in fake.trips("DELETE")] == ["new", "nobody"]
