"""Creating, updating and deleting instances: nothing without the switch, and each call once with it.

What a fault of flex leads to is among ``test_writes``.
"""

from typing import Any

import pytest

from tests.family.atlas_errors import ERRORS, is_intact
from tests.family.doors import playing
from tests.family.replay import CLUSTER as NAME
from tests.family.replay import GROUP, KINDS, VERSIONS
from tests.family.test_writes import CALLS as ALL
from tests.family.test_writes import attempt, write
from tests.peers.scripted import GONE, error, ok, wire

FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters"
CALLS = [call for call in ALL if call != "order"]
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
@pytest.mark.parametrize("route", ["date", "flex"])
def test_off_nothing_is_sent_by_date_and_flag(door, call, route):
    """The answer is known without asking."""
    with playing(door, route=route) as (atlas, ask):
        assert write(ask, call).json()["errorCode"] == "SHIM_NO_SUCCESSOR"
        assert atlas.arrivals == []


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


@pytest.mark.parametrize(
    ("replies", "sides"),
    [
        ({}, ["legacy"]),
        ({"legacy": GONE}, ["legacy", "flex"]),
        ({"legacy": wire(404)}, ["legacy", "flex"]),
        ({"legacy": wire(405, (("Allow", "GET"),))}, ["legacy", "flex"]),
        ({"legacy": error(404, "SERVERLESS_INSTANCE_NOT_FOUND")}, ["legacy"]),
        ({"legacy": error(404, "NOT_FOUND")}, ["legacy"]),
        ({"legacy": error(500, "UNEXPECTED_ERROR")}, ["legacy"]),
        ({"legacy": b""}, ["legacy"]),
    ],
)
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
