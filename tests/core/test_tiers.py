"""Finding the tier that a cluster lives on, and remembering it."""

import pytest

from shim.core.memory import Memory
from tests.core.driver import (
    AFTER,
    GET,
    LIST,
    NON_FLEX,
    SNAPSHOT,
    answers,
    drive,
    refuses,
)

V2 = f"/api/atlas/v2{GET}"


FLEX = f"/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots/{SNAPSHOT['id']}"


DEDICATED = f"/api/atlas/v2/groups/g1/clusters/c1/backup/snapshots/{SNAPSHOT['id']}"


OK = answers(SNAPSHOT)


FLEX_IN_CLUSTER = refuses(400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API")


NO_CLUSTER = refuses(404, "CLUSTER_NOT_FOUND")


@pytest.mark.parametrize("refusal", [NON_FLEX, NO_CLUSTER])
def test_a_cluster_of_another_tier_is_asked_there_and_remembered(engine, refusal):
    """The dedicated tier is asked next, and first from then on, for ten minutes."""
    memory = Memory()
    snapshot = answers({"id": "1", "status": "completed", "type": "replicaSet"})
    driven = drive(engine, V2, [refusal, snapshot], memory=memory)
    assert driven.routes == ("flex", "dedicated")
    assert driven.targets == (FLEX, DEDICATED)
    assert driven.outcome.record.route == "dedicated"
    assert "flex answered C" in driven.outcome.record.reason
    assert driven.sends[1].call.headers == (("Accept", "application/vnd.atlas.2023-01-01+json"),)
    again = drive(engine, V2, [snapshot], memory=memory, clock=AFTER + 599)
    assert again.routes == ("dedicated",)
    assert "was found on the dedicated tier" in again.outcome.record.reason
    assert drive(engine, V2, [OK], memory=memory, clock=AFTER + 1200).routes == ("flex",)


def test_a_tier_learned_from_one_operation_serves_another(engine):
    """The memory is about the cluster, not about the call."""
    memory = Memory()
    drive(engine, V2, [NON_FLEX, answers({"id": "1"})], memory=memory)
    page = answers({"results": []})
    assert drive(engine, f"/api/atlas/v1.0{LIST}", [page], memory=memory).routes == ("dedicated",)
    other = f"/api/atlas/v2{LIST}".replace("c1", "c2")
    assert drive(engine, other, [page], memory=memory).routes == ("flex",)
    assert drive(engine, f"/api/atlas/v1.0{LIST}", [page], memory=memory, origin="http://h").routes == ("flex",)


@pytest.mark.parametrize("query", ["", "?envelope=true"])
@pytest.mark.parametrize(
    "refusal", [refuses(401, "UNAUTHORIZED"), refuses(403, "FORBIDDEN"), refuses(404, "NOT_FOUND")]
)
def test_an_error_teaches_no_tier(engine, refusal, query):
    """Only a success says where a cluster lives; an error does not, also where an envelope is made around it."""
    memory = Memory()
    assert drive(engine, f"{V2}{query}", [NON_FLEX, refusal], memory=memory).routes == ("flex", "dedicated")
    assert drive(engine, V2, [OK], memory=memory).routes == ("flex",)


def test_the_answer_of_the_last_side_asked_is_the_answer(engine):
    """When the dedicated tier says no, its error is handed back as it came."""
    driven = drive(engine, V2, [NON_FLEX, NO_CLUSTER])
    assert driven.passed
    assert driven.outcome.record.route == "dedicated"
    assert driven.outcome.record.sent[-1].status == 404


@pytest.mark.parametrize("code", ["TENANT_SNAPSHOT_NOT_FOUND", "GROUP_NOT_FOUND", "FEATURE_UNSUPPORTED", ""])
@pytest.mark.parametrize("status", [400, 404])
def test_any_other_error_of_flex_is_the_answer(engine, status, code):
    """Only the declared codes lead on."""
    driven = drive(engine, V2, [refuses(status, code)])
    assert driven.passed
    assert driven.routes == ("flex",)


@pytest.mark.parametrize("query", ["", "?envelope=true"])
def test_a_declared_code_with_another_status_leads_nowhere(engine, query):
    """A code is believed with the statuses that Atlas says it with, also where it was read for an envelope."""
    assert drive(engine, f"{V2}{query}", [refuses(500, "CLUSTER_NOT_FOUND")]).routes == ("flex",)
