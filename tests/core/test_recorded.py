"""Recorded flex snapshots, held against the decided fields written down by hand, and against the contract.

The table below is the design's; it shares nothing with the mapping documents or the code that reads them.
"""

import json
import re
from typing import Any

import jsonschema
import pytest

from shim.core.memory import Memory
from tests.core.driver import AFTER, BASE, BEFORE, CASES, GONE, answers, drive

WORDS = {
    "PENDING": "queued",
    "QUEUED": "queued",
    "RUNNING": "inProgress",
    "COMPLETED": "completed",
    "FAILED": "failed",
}
FLEX = re.compile(r"/api/atlas/v2/groups/([^/]+)/flexClusters/([^/]+)/backup/snapshots(?:/([^/]+))?")


def recorded(name):
    lines = (CASES / "recorded" / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


RECORDED = recorded("flex-snapshot-list") + recorded("flex-snapshot-get")
SUCCESSES = [one for one in RECORDED if one["status"] == 200]
ERRORS = [one for one in RECORDED if one["status"] >= 400]
ITEMS = [item for one in SUCCESSES for body in [json.loads(one["body"])] for item in body.get("results", [body])]


def legacy(snapshot: dict[str, Any], api: str, group: str, cluster: str) -> dict[str, Any]:
    """The decided fields of a snapshot on the flex side."""
    path = f"/api/atlas/{api}/groups/{group}/serverless/{cluster}/backup/snapshots"
    return {
        "id": snapshot["id"],
        "createdAt": snapshot.get("startTime") or snapshot["scheduledTime"],
        "expiresAt": snapshot["expiration"],
        "frequencyType": "daily",
        "mongodVersion": snapshot["mongoDBVersion"],
        "serverlessInstanceName": cluster,
        "snapshotType": "scheduled",
        "status": WORDS[snapshot["status"]],
        "links": [{"href": f"{BASE}{path}/{snapshot['id']}", "rel": "self"}],
    }


SOURCES = {"id", "startTime", "scheduledTime", "expiration", "mongoDBVersion", "status"}
"""What a legacy snapshot is made of; a flex one has ``finishTime`` besides, for which there is no legacy field."""


def told(exchange):
    """What upstream says: the recording, byte for byte."""
    return exchange["status"], tuple(map(tuple, exchange["headers"])), exchange["body"].encode()


def asked(exchange, api):
    """The legacy call whose successor was recorded."""
    match = FLEX.fullmatch(exchange["path"])
    assert match is not None
    group, cluster, ident = match.groups()
    tail = f"/{ident}" if ident else ""
    return f"/api/atlas/{api}/groups/{group}/serverless/{cluster}/backup/snapshots{tail}", group, cluster


def names(exchanges):
    return [f"{one['recorded']}-{number}" for number, one in enumerate(exchanges)]


@pytest.fixture(scope="module")
def conforms():
    """Checks a document against a schema of the contract."""
    contract = json.loads((CASES / "contract" / "legacy-serverless-2025-10.json").read_text("utf-8"))

    def check(document, schema):
        whole = {"$ref": f"#/components/schemas/{schema}", "components": contract["components"]}
        jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker()).validate(document)

    return check


def test_there_is_something_to_hold_against_it():
    """The recordings are not empty, and have both kinds of answer."""
    assert len(SUCCESSES) >= 20
    assert len(ERRORS) >= 20
    assert len(ITEMS) >= 100


def test_the_table_drops_no_recorded_member():
    """Every member that recorded snapshots have is a source, but the one without a legacy field."""
    assert {name for item in ITEMS for name in item} == SOURCES | {"finishTime"}


@pytest.mark.parametrize("api", ["v1.0", "v2"])
@pytest.mark.parametrize("exchange", SUCCESSES, ids=names(SUCCESSES))
@pytest.mark.parametrize("clock", [BEFORE, AFTER])
def test_a_recorded_success_has_exactly_the_decided_fields(engine, conforms, exchange, api, clock):
    """Each value is upstream's, the path's or a declared one; nothing is dropped, nothing is added."""
    target, group, cluster = asked(exchange, api)
    driven = drive(engine, target, [*([GONE] if clock == BEFORE else []), told(exchange)], clock=clock)
    body = json.loads(exchange["body"])
    assert driven.outcome.record.dropped == ()
    assert driven.targets[-1].partition("?")[0] == exchange["path"]
    if "results" not in body:
        assert driven.document == legacy(body, api, group, cluster)
        conforms(driven.document, "ServerlessBackupSnapshot")
        return
    newest_first = sorted(body["results"], key=lambda item: (item["startTime"], item["id"]), reverse=True)
    assert driven.document == {
        "links": [{"href": f"{BASE}{target}?pageNum=1&itemsPerPage=100", "rel": "self"}],
        "results": [legacy(item, api, group, cluster) for item in newest_first],
        "totalCount": body["totalCount"],
    }
    conforms(driven.document, "PaginatedApiAtlasServerlessBackupSnapshotView")


@pytest.mark.parametrize("exchange", ERRORS, ids=names(ERRORS))
def test_a_recorded_error_leads_on_or_is_handed_back(engine, exchange):
    """A cluster that is not flex is asked for on the dedicated tier; what that says stands."""
    target, *_ = asked(exchange, "v2")
    body = json.loads(exchange["body"])
    assert body["errorCode"] == "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"
    driven = drive(engine, target, [told(exchange), told(exchange)])
    assert driven.passed
    assert driven.routes == ("flex", "dedicated")
    assert driven.outcome.record.sent[-1].status == exchange["status"]


DEDICATED = [
    one
    for name in ("dedicated-snapshot-get", "dedicated-snapshot-list")
    for one in recorded(name)
    if one["status"] == 200
]


@pytest.mark.parametrize("exchange", DEDICATED, ids=names(DEDICATED))
def test_a_recorded_dedicated_snapshot_keeps_its_legacy_fields(engine, conforms, exchange):
    """Fields of the same name and meaning are handed over, and only words the legacy interface had."""
    target = re.sub(r"/clusters/([^/?]+).*?/backup", r"/serverless/\1/backup", exchange["path"].partition("?")[0])
    memory = Memory()
    code = "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"
    driven = drive(engine, target, [answers({"errorCode": code}, 400), told(exchange)], memory=memory)
    body, page = json.loads(exchange["body"]), driven.document
    schema = "PaginatedApiAtlasServerlessBackupSnapshotView" if "results" in body else "ServerlessBackupSnapshot"
    conforms(page, schema)
    sources = {item["id"]: item for item in body.get("results", [body])}
    cluster = target.split("/serverless/")[1].split("/")[0]
    for made in page.get("results", [page]):
        source = sources.pop(made["id"])
        assert made["serverlessInstanceName"] == cluster
        for name in ("createdAt", "expiresAt", "mongodVersion", "status"):
            assert made.get(name) == source.get(name)
        if source["frequencyType"] not in {"hourly", "daily", "weekly", "monthly"}:
            assert "frequencyType" not in made
        if source["status"] in {"queued", "inProgress"} and source["storageSizeBytes"] == 0:
            assert "storageSizeBytes" not in made
        else:
            assert made["storageSizeBytes"] == source["storageSizeBytes"]
    assert sources == {}
