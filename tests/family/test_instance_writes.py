"""Creating, updating and deleting instances: nothing without the switch, and each call once with it."""

import threading
from typing import Any

import httpx
import pytest
import requests

from tests.family.aiohttp_door import WRITE_DOORS
from tests.family.atlas_errors import ERRORS
from tests.family.replay import KINDS, VERSIONS
from tests.family.test_writes import FAULTS
from tests.peers.raw import PATIENCE
from tests.peers.scripted import GONE, by_side, error, ok, upstream, wire

GROUP, NAME = "6510aa1b2c3d4e5f60718293", "shop"
LIST = f"/groups/{GROUP}/serverless"
ONE = f"{LIST}/{NAME}"
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters"
CREATE: dict[str, Any] = {
    "name": NAME,
    "providerSettings": {"backingProviderName": "AWS", "providerName": "SERVERLESS", "regionName": "US_EAST_1"},
    "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
    "tags": [{"key": "env", "value": "demo"}],
    "terminationProtectionEnabled": False,
}
UPDATE = {"tags": [], "terminationProtectionEnabled": True}
CALLS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "create": ("POST", LIST, CREATE),
    "create with a slash": ("POST", f"{LIST}/", CREATE),
    "update": ("PATCH", ONE, UPDATE),
    "delete": ("DELETE", ONE, None),
}
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


@pytest.fixture(params=WRITE_DOORS)
def door(request):
    """Each way in for writes, see ``doors``."""
    return WRITE_DOORS[request.param]


def write(ask, call, api="v2", body=..., query=""):
    """Make one of the calls."""
    method, path, content = CALLS[call]
    content = content if body is ... else body
    options = {} if content is None else {"json": content}
    return ask(method, f"/api/atlas/{api}{path}{query}", headers={"Accept": "*/*"}, **options)


def outcome(ask, call):
    """Make one of the calls, and return the reply, or None for a fault that the door's library raises."""
    try:
        return write(ask, call)
    except (httpx.HTTPError, requests.RequestException):
        return None


# The switch is off


@pytest.mark.parametrize("call", CALLS)
def test_off_nothing_is_written_anywhere(door, call):
    """Atlas says that its endpoint is gone; the answer names the switch, and no flex cluster hears of it."""
    with upstream(by_side(legacy=GONE)) as atlas, door(atlas.origin, over=True) as ask:
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
    with upstream(by_side()) as atlas, door(atlas.origin, over=True, route=route) as ask:
        assert write(ask, call).json()["errorCode"] == "SHIM_NO_SUCCESSOR"
        assert atlas.arrivals == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("writes", ["off", "instances"])
@pytest.mark.parametrize("route", ["legacy", "off"])
def test_on_the_legacy_route_the_switch_means_nothing(door, call, writes, route):
    """Atlas' own 410 is the answer, and one call arrived."""
    with upstream(by_side(legacy=GONE)) as atlas, door(atlas.origin, over=True, route=route, writes=writes) as ask:
        assert write(ask, call).json()["errorCode"] == "VERSION_GONE"
        assert atlas.sides == ["legacy"]


# The switch is on


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("route", ["auto", "date", "flex"])
@pytest.mark.parametrize("call", CALLS)
def test_on_each_call_arrives_once(door, call, route, api):
    """At the flex endpoint, in its version; status and content type are the legacy ones."""
    answers = by_side(flex=GOOD[call])
    with upstream(answers) as atlas, door(atlas.origin, over=True, route=route, writes="instances") as ask:
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
    with (
        upstream(by_side(flex=answer)) as atlas,
        door(atlas.origin, over=True, writes="instances") as ask,
    ):
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
    answers = by_side(**{"legacy": LEGACY_GOOD[call], "flex": GOOD[call], **replies})
    with upstream(answers) as atlas, door(atlas.origin, over=False, writes="instances") as ask:
        reply = outcome(ask, call)
        assert atlas.sides == sides
        if sides[-1] not in replies:
            assert reply is not None
            assert reply.status_code == STATUSES[call]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_the_call(door, call, fault):
    """No library sends a second time, not even a method that it takes for idempotent."""
    with (
        upstream(by_side(flex=FAULTS[fault])) as atlas,
        door(atlas.origin, over=True, writes="instances") as ask,
    ):
        outcome(ask, call)
        assert atlas.writes == ["flex"]


@pytest.mark.parametrize("call", CALLS)
def test_silence_ends_the_call(door, call):
    """A flex side that does not answer in time may have executed the write, so nobody gets it again."""
    done = threading.Event()

    def answer(_):
        done.wait(PATIENCE)
        return b""

    with (
        upstream(answer) as atlas,
        door(atlas.origin, over=True, writes="instances", patience=1.0) as ask,
    ):
        reply = outcome(ask, call)
        assert reply is None or reply.status_code == 504
        assert atlas.writes == ["flex"]
        done.set()


@pytest.mark.parametrize("call", CALLS)
def test_a_kept_connection_that_ends_is_not_tried_again(door, call):
    """A write on a connection that served before, and ends unanswered, is sent once."""
    replies = lambda arrival: ok({"results": []}) if arrival.method == "GET" else b""  # noqa: E731 - one expression
    with upstream(replies) as atlas, door(atlas.origin, over=True, writes="instances") as ask:
        assert ask("GET", f"/api/atlas/v2{LIST}").status_code == 200
        outcome(ask, call)
        assert atlas.writes == ["flex"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_of_flex_is_the_answer(door, call, name):
    """Byte for byte, but for the code of a cluster that is not there, which legacy had a word of its own for."""
    status, fields, body = ERRORS[name]
    with (
        upstream(by_side(flex=wire(status, fields, body))) as atlas,
        door(atlas.origin, over=True, writes="instances") as ask,
    ):
        reply = write(ask, call)
        assert atlas.sides == ["flex"]
    if name == "no-cluster" and not call.startswith("create"):
        body = body.replace(b"CLUSTER_NOT_FOUND", b"SERVERLESS_INSTANCE_NOT_FOUND")
        fields = (*fields[:1], ("X-Error-Code", "SERVERLESS_INSTANCE_NOT_FOUND"))
    assert (reply.status_code, reply.content) == (status, body)
    for field, value in fields:
        if field not in {"Sunset", "Deprecation"}:
            assert reply.headers[field] == value
