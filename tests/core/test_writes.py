"""Orders: given once, in words that the side they go to has."""

import json

import pytest

from shim.core.memory import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import (
    AFTER,
    BEFORE,
    GONE,
    JOBS,
    NON_FLEX,
    SNAPSHOT,
    Clock,
    answers,
    drive,
    refuses,
)

FLEX = f"/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots/{SNAPSHOT['id']}"


NO_CLUSTER = refuses(404, "CLUSTER_NOT_FOUND")


def route(word: RouteWord) -> Settings:
    return Settings(route=word)


RESTORE = {"deliveryType": "automated", "snapshotId": "s", "targetClusterName": "t", "targetGroupId": "g2"}


JOB = answers({"id": "1", "status": "PENDING", "deliveryType": "RESTORE"})


def create(engine, upstream, body=RESTORE, **more):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return drive(engine, f"/api/atlas/v2{JOBS}", upstream, method="POST", body=content, **more)


POINT = RESTORE | {"deliveryType": "pointInTime", "oplogTs": 1, "oplogInc": 1}


@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500, 502, 503, 504])
def test_a_write_is_not_sent_again_on_a_guess(engine, status):
    """An error that does not prove that nothing was executed is the answer."""
    for clock, side in ((BEFORE, "legacy"), (AFTER, "flex")):
        driven = create(engine, [refuses(status, "ANY")], clock=clock)
        assert driven.passed
        assert driven.routes == (side,)


def test_a_write_goes_on_after_a_retirement(engine):
    """A retired version executed nothing, so the order is given to its successor, once."""
    driven = create(engine, [GONE, JOB], clock=BEFORE)
    assert driven.routes == ("legacy", "flex")
    assert json.loads(driven.sends[1].call.body or b"") == {
        "snapshotId": "s",
        "targetDeploymentItemName": "t",
        "targetProjectId": "g2",
    }


def test_a_write_for_a_cluster_that_is_not_found_is_not_sent_elsewhere(engine):
    """Only an answer that names the tier leads a write on."""
    assert create(engine, [NO_CLUSTER]).routes == ("flex",)
    assert create(engine, [NON_FLEX, answers({"id": "1"})]).routes == ("flex", "dedicated")


def test_the_dedicated_tier_gets_the_callers_own_body(engine):
    """Where the body stays the same it stays so byte for byte, with its length."""
    content = b'{ "deliveryType":"automated","snapshotId":"s","targetClusterName":"t","targetGroupId":"g2" }'
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(content))))
    driven = create(engine, [NON_FLEX, answers({"id": "1"})], content, headers=headers)
    call = driven.sends[1].call
    assert call.body == content
    assert dict(call.headers) == {
        "Accept": "application/vnd.atlas.2023-01-01+json",
        "Content-Type": "application/vnd.atlas.2023-01-01+json",
        "Content-Length": str(len(content)),
    }


@pytest.mark.parametrize(("api", "status"), [("v2", 200), ("v1.0", 201)])
def test_a_created_job_has_the_status_of_its_version(engine, api, status):
    """v2 answered 200, v1.0 answered 201."""
    content = json.dumps(RESTORE).encode()
    driven = drive(engine, f"/api/atlas/{api}{JOBS}", [JOB], method="POST", body=content)
    assert driven.reply.status == status


def test_a_word_that_flex_cannot_serve_is_refused_where_flex_is_all_there_is(engine):
    """By flag nothing is sent: the caller gets the reason."""
    driven = create(engine, [], POINT, settings=route(RouteWord.FLEX))
    assert driven.steps == ()
    assert (driven.reply.status, driven.document["errorCode"]) == (400, "SHIM_POINT_IN_TIME_UNSUPPORTED")


def test_before_a_refusal_a_read_asks_where_the_cluster_lives(engine):
    """In auto a GET tells the tier; on flex the word is refused, and nothing was written."""
    driven = create(engine, [answers({"name": "c1"})], POINT)
    assert [send.call.method for send in driven.sends] == ["GET"]
    assert driven.sends[0].call.body is None
    assert driven.document["errorCode"] == "SHIM_POINT_IN_TIME_UNSUPPORTED"
    elsewhere = create(engine, [NON_FLEX, answers({"id": "1"})], POINT)
    assert [(send.route, send.call.method) for send in elsewhere.sends] == [("flex", "GET"), ("dedicated", "POST")]


def test_a_tier_that_is_known_is_not_asked_for(engine):
    """Neither the read before the refusal nor what was learned depends on what a wall clock says."""
    memory, uptime = Memory(), Clock(1000.0)
    listed = drive(engine, f"/api/atlas/v2{JOBS}", [answers({"results": []})], memory=memory, monotonic=uptime)
    assert listed.routes == ("flex",)
    assert create(engine, [], POINT, memory=memory, monotonic=uptime).steps == ()
    assert len(memory.tiers) == 1


def test_a_probe_that_comes_too_late_is_not_made(engine):
    """The deadline holds for the question about the tier too."""
    clock = Clock(BEFORE)

    def slow(call):
        clock.now += 61
        return GONE

    driven = create(engine, slow, POINT, clock=clock)
    assert driven.routes == ("legacy",)
    assert driven.document["errorCode"] == "SHIM_DEADLINE_EXCEEDED"


@pytest.mark.parametrize(
    ("body", "code", "parameters"),
    [
        (b"", "MALFORMED_JSON", []),
        (b"[]", "MALFORMED_JSON", []),
        (b"{" * 5000, "MALFORMED_JSON", []),
        ({}, "MISSING_ATTRIBUTE", ["deliveryType"]),
        (RESTORE | {"deliveryType": None}, "MISSING_ATTRIBUTE", ["deliveryType"]),
        (RESTORE | {"deliveryType": "Automated"}, "INVALID_ENUM_VALUE", ["Automated"]),
        (RESTORE | {"snapshotId": 5}, "INVALID_ATTRIBUTE", ["snapshotId"]),
        (RESTORE | {"surprise": 5}, "INVALID_ATTRIBUTE", ["surprise"]),
    ],
)
def test_a_body_that_legacy_would_refuse_is_refused_unsent(engine, body, code, parameters):
    """The caller gets the 400 that Atlas has for it, and nothing is written anywhere."""
    driven = create(engine, [], body)
    assert driven.steps == ()
    assert (driven.reply.status, driven.document["errorCode"]) == (400, code)
    assert driven.document["parameters"] == parameters
