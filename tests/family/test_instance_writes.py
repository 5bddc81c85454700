"""Creating, updating and deleting instances: no request without the switch, and one per call with it.

The tests cover flex's requests, early refusals and the caller's reply. Recordings show
both sides' replies to a creation and a deletion. Faults of flex are in ``test_writes``.
"""

import json
from typing import Any

import pytest

from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings, parse_writes
from tests.core.driver import BASE, GONE, NO_ROUTE, answers, drive, refuses
from tests.family import oracle
from tests.family.atlas_errors import ERRORS
from tests.family.replay import AFTER, BEFORE, GROUP, KINDS, LATE, VERSIONS, recordings
from tests.family.replay import CLUSTER as NAME
from tests.family.test_writes import CALLS, CREATE, INSTANCES

FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters"
KIND = "application/vnd.atlas.2024-11-13+json"
CLUSTER = answers(
    {
        "id": "1",
        "name": NAME,
        "stateName": "UPDATING",
        "backupSettings": {"enabled": True},
        "tags": [],
    }
)
STATUSES = {"create": 201, "create with a slash": 201, "update": 200, "delete": 202}
NO_CONTENT = (204, (), b"")


def make(
    engine,
    call,
    *given,
    api="v2",
    writes="instances",
    route=RouteWord.AUTO,
    day=LATE,
    **more,
):
    """Make one of the calls; a given body replaces its own."""
    method, path, body = CALLS[call]
    settings = Settings(route=route, writes=parse_writes(writes, name="writes"))
    more = {"body": body, "clock": day.timestamp(), **more}
    return drive(
        engine,
        f"/api/atlas/{api}{path}",
        given,
        method=method,
        settings=settings,
        **more,
    )


@pytest.mark.parametrize("call", INSTANCES)
def test_without_the_switch_nothing_is_written(engine, call):
    """Atlas reports that its endpoint is gone, the reply has the switch, and flex gets no request."""
    memory = Memory()
    for given in ([GONE], []):
        driven = make(engine, call, *given, writes="off", memory=memory)
        assert driven.routes == ("legacy",) * len(given)
        assert driven.reply.status == 410
        assert driven.document["errorCode"] == "SHIM_NO_SUCCESSOR"
        assert "ATLAS_SHIM_WRITES=instances" in driven.document["detail"]
        assert "flexClusters" in driven.document["detail"]
    for writes in ("off", "instances"):
        assert make(engine, call, GONE, writes=writes, route=RouteWord.LEGACY).passed


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("route", [RouteWord.AUTO, RouteWord.DATE, RouteWord.FLEX])
@pytest.mark.parametrize("call", INSTANCES)
def test_with_the_switch_each_call_arrives_once(engine, call, route, api):
    """It arrives at the flex endpoint, in its version; status and content type are the legacy ones."""
    driven = make(
        engine, call, NO_CONTENT if call == "delete" else CLUSTER, api=api, route=route
    )
    (send,) = driven.sends
    method = CALLS[call][0]
    assert send.call.method == method
    assert send.call.target == (FLEX if method == "POST" else f"{FLEX}/{NAME}")
    content = ((("Content-Type", KIND),)) if send.call.body else (())
    assert send.call.headers == (("Accept", KIND), *content)
    assert bool(content) == (call != "delete")
    assert driven.reply.status == STATUSES[call]
    assert dict(driven.reply.headers)["Content-Type"] == KINDS[api]


@pytest.mark.parametrize(
    "answer", [NO_CONTENT, answers({}, 202), answers({"x": 1}), (200, (), b"done")]
)
def test_any_success_of_a_deletion_is_a_success(engine, answer):
    """The caller needs none of its content, whatever that is."""
    driven = make(engine, "delete", answer)
    assert driven.reply.status == 202
    assert driven.content == b"{}"
    assert len(driven.steps) == 1


PROOFS = [GONE, NO_ROUTE, (405, (("Allow", "GET"),), b"")]
ANSWERS = [
    refuses(404, "SERVERLESS_INSTANCE_NOT_FOUND"),
    refuses(500, "UNEXPECTED_ERROR"),
    answers({"name": NAME}, 202),
]


@pytest.mark.parametrize("call", INSTANCES)
def test_before_the_sunset_only_proof_leads_to_flex(engine, call):
    """Legacy is asked first, since a write is never repeated on a guess; only its reads may be blank."""
    for answer in ANSWERS:
        assert make(engine, call, answer, day=BEFORE).passed
    for proof in PROOFS:
        driven = make(engine, call, proof, CLUSTER, day=BEFORE)
        assert driven.routes == ("legacy", "flex")
        assert driven.reply.status == STATUSES[call]


@pytest.mark.parametrize("call", INSTANCES)
def test_an_error_of_flex_is_returned(engine, call):
    """Only the code for a missing cluster changes, because legacy had its own."""
    for name, error in ERRORS.items():
        driven = make(engine, call, error)
        assert driven.routes == ("flex",)
        if name == "no-cluster" and not call.startswith("create"):
            assert driven.document == {
                **json.loads(error[2]),
                "errorCode": "SERVERLESS_INSTANCE_NOT_FOUND",
            }
            assert driven.reply.status == 404
            assert (
                dict(driven.reply.headers)["X-Error-Code"]
                == driven.document["errorCode"]
            )
        else:
            assert driven.passed


@pytest.mark.parametrize("api", VERSIONS)
def test_a_recorded_creation_becomes_an_instance(engine, api):
    """It is 201 with the fields that the oracle takes from the recording."""
    creations = recordings("flex-cluster-create")
    assert {exchange.status for exchange in creations} == {201}
    for exchange in creations:
        made: Any = exchange.document
        settings = {
            name: made["providerSettings"][name]
            for name in ("backingProviderName", "regionName")
        }
        body = {
            "name": made["name"],
            "providerSettings": settings,
            "tags": made.get("tags", []),
        }
        driven = make(
            engine,
            "create",
            (201, exchange.headers, exchange.body.encode()),
            api=api,
            body=body,
        )
        assert json.loads(driven.sends[0].call.body or b"") == body
        assert driven.reply.status == 201
        assert dict(driven.reply.headers)["Content-Type"] == KINDS[api]
        where = oracle.Where(base=BASE, api=api, group=GROUP, cluster="", now=AFTER)
        assert driven.document == oracle.instance(made, where)


def test_a_recorded_deletion_gets_the_recorded_legacy_reply(engine):
    """It is 202 with an empty object, with the recorded bytes and content type."""
    (legacy, *_), deletions = (
        recordings("serverless-instance-delete"),
        recordings("flex-cluster-delete"),
    )
    assert {exchange.status for exchange in deletions} == {204}
    for exchange in deletions:
        reply = make(
            engine, "delete", (204, exchange.headers, exchange.body.encode())
        ).reply
        assert reply.status == legacy.status
        assert reply.body == legacy.body.encode()
        assert (
            dict(reply.headers)["Content-Type"] == dict(legacy.headers)["Content-Type"]
        )


def test_bodies_of_recorded_legacy_creations_are_accepted(engine):
    """The body behind each recorded instance is sent to flex without losing a choice."""
    for exchange in recordings("serverless-instance-create"):
        made = exchange.document
        settings = {
            name: made["providerSettings"][name] for name in CREATE["providerSettings"]
        }
        body = {
            **{name: made[name] for name in CREATE if name != "providerSettings"},
            "providerSettings": settings,
        }
        driven = make(engine, "create", CLUSTER, body=body)
        assert driven.reply.status == exchange.status
        sent = json.loads(driven.sends[0].call.body or b"")
        assert [
            sent[name] == made[name]
            for name in ("name", "tags", "terminationProtectionEnabled")
        ] == [True] * 3


def test_an_instance_can_be_read_changed_and_sent_back(engine):
    """Such a program sends read-only members too, which are ignored."""
    read = drive(
        engine, f"/api/atlas/v2{CALLS['update'][1]}", [CLUSTER], clock=LATE.timestamp()
    ).document
    settings = {**read["providerSettings"], **CREATE["providerSettings"]}
    driven = make(
        engine, "create", CLUSTER, body={**read, "providerSettings": settings}
    )
    assert driven.reply.status == 201
    assert set(json.loads(driven.sends[0].call.body or b"")) == {
        "name",
        "providerSettings",
        "tags",
    }
