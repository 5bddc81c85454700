"""Orders: given once, in words that the side they go to has."""

import json

from shim.core.context import Memory
from tests.core.driver import BEFORE, GONE, JOBS, NON_FLEX, Clock, answers, drive

RESTORE = {"deliveryType": "automated", "snapshotId": "s", "targetClusterName": "t", "targetGroupId": "g2"}


def create(engine, upstream, body=RESTORE, **more):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return drive(engine, f"/api/atlas/v2{JOBS}", upstream, method="POST", body=content, **more)


POINT = RESTORE | {"deliveryType": "pointInTime", "oplogTs": 1, "oplogInc": 1}


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


def test_a_member_that_no_rule_reads_is_noted(engine):
    """What the caller gave and the successor does not get is said, one by one."""
    driven = create(
        engine, [answers({"id": "1", "deliveryType": "RESTORE"})], RESTORE | {"oplogTs": 1, "oplogInc": None}
    )
    assert "oplogTs" not in json.loads(driven.sends[0].call.body)
    notes = [note for note in driven.outcome.record.notes if "not sent" in note]
    assert notes == ["the member oplogTs was not sent on: no rule reads it"]


def test_a_tier_that_is_known_is_not_asked_for(engine):
    """Neither the read before the refusal nor what was learned depends on what a wall clock says."""
    memory, uptime = Memory(), Clock(1000.0)
    listed = drive(engine, f"/api/atlas/v2{JOBS}", [answers({"results": []})], memory=memory, monotonic=uptime)
    assert listed.routes == ("flex",)
    assert create(engine, [], POINT, memory=memory, monotonic=uptime).steps == ()
    assert len(memory._entries) == 1


def test_a_probe_that_comes_too_late_is_not_made(engine):
    """The deadline holds for the question about the tier too."""
    clock = Clock(BEFORE)

    def slow(call):
        clock.now += 61
        return GONE

    driven = create(engine, slow, POINT, clock=clock)
    assert driven.routes == ("legacy",)
    assert driven.document["errorCode"] == "SHIM_DEADLINE_EXCEEDED"
