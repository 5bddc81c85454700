"""A create is executed once at most, whatever goes wrong: counts of what reached each side.

Only an answer that proves that nothing was executed (410, 404 or 405 without Atlas' code, or the code that names
another tier) lets the call go on to the next side.
"""

import json
import threading

import httpx
import pytest
import requests

from tests.family.aiohttp_door import WRITE_DOORS
from tests.peers.raw import BREAK, PATIENCE, RESET
from tests.peers.scripted import FLEX_IN_CLUSTER, GONE, NO_CLUSTER, NON_FLEX, by_side, error, ok, upstream, wire

GROUP, CLUSTER = "6510aa1b2c3d4e5f60718293", "shop"
JOBS = f"/groups/{GROUP}/serverless/{CLUSTER}/backup/restoreJobs"
ID = "6a6f78e0cab84da5c4476b25"
BODY = {"deliveryType": "automated", "snapshotId": ID, "targetClusterName": "other", "targetGroupId": GROUP}
FLEX_JOB = {
    "deliveryType": "RESTORE",
    "id": ID,
    "projectId": GROUP,
    "snapshotId": ID,
    "status": "PENDING",
    "targetDeploymentItemName": "other",
    "targetProjectId": GROUP,
}
DEDICATED_JOB = {"deliveryType": "automated", "id": ID, "targetClusterName": "other", "targetGroupId": GROUP}
LEGACY_JOB = DEDICATED_JOB
JSON = (("Content-Type", "application/json"),)

GOOD = {"legacy": ok(LEGACY_JOB), "flex": ok(FLEX_JOB), "dedicated": ok(DEDICATED_JOB)}

FAULTS = {
    "no answer": b"",
    "reset": RESET,
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le" + BREAK,
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{" + BREAK,
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + BREAK,
    "half an error": b"HTTP/1.1 404 Not Found\r\nContent-Length: 9999\r\n\r\n{" + BREAK,
    "500": error(500, "UNEXPECTED_ERROR"),
    "502 html": wire(502, (("Content-Type", "text/html"),), b"<html>Bad Gateway</html>"),
    "503": wire(503, (("Retry-After", "30"),)),
    "504": wire(504),
    "408": wire(408),
    "429": error(429, "RATE_LIMITED"),
    "401": error(401, "USER_UNAUTHORIZED"),
    "403": error(403, "IP_ADDRESS_NOT_ON_WHITELIST"),
    "404 with a code": error(404, "TENANT_SNAPSHOT_NOT_FOUND"),
    "404 of the cluster": NO_CLUSTER,
    "409": error(409, "ATLAS_CLUSTER_RESTORE_IN_PROGRESS"),
    "400": error(400, "TENANT_RESTORE_DESTINATION_UNAVAILABLE"),
    "307": wire(307, (("Location", "/elsewhere"),)),
}
UNREADABLE = {
    "text": wire(200, (("Content-Type", "text/plain"),), b"done"),
    "half a document": wire(200, JSON, b'{"id": "6a'),
    "a list": wire(200, JSON, b"[1]"),
    "nothing": wire(200, JSON),
    "not gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
}
WAYS = {
    "legacy": (False, {}, []),
    "flex": (True, {}, []),
    "flex after a retired legacy": (False, {"legacy": GONE}, ["legacy"]),
    "dedicated": (True, {"flex": NON_FLEX}, ["flex"]),
    "dedicated after both": (False, {"legacy": GONE, "flex": NON_FLEX}, ["legacy", "flex"]),
}
"""For the side that fails: whether the sunset is over, what the sides before it answer, and which those are."""


@pytest.fixture(params=WRITE_DOORS)
def door(request):
    """Each way in for writes, see ``doors``."""
    return WRITE_DOORS[request.param]


def create(ask, api="v2", body=None):
    """Create a restore job."""
    return ask("POST", f"/api/atlas/{api}{JOBS}", json=BODY if body is None else body)


def attempt(ask, **options):
    """Create, and return the reply, or the fault that the door's library raises."""
    try:
        return create(ask, **options)
    except (httpx.HTTPError, requests.RequestException) as fault:
        return fault


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", [*FAULTS, *UNREADABLE])
def test_a_fault_ends_the_call(door, way, fault):
    """After any other answer, or none, nothing more is sent: the faulty side has the one write that may have run."""
    over, before, refused = WAYS[way]
    side = way.split()[0]
    reply = {**FAULTS, **UNREADABLE}[fault]
    with upstream(by_side(**{**GOOD, **before, side: reply})) as atlas, door(atlas.origin, over=over) as ask:
        outcome = attempt(ask)
        assert atlas.writes == [*refused, side]
    if fault in UNREADABLE and side != "legacy":
        assert outcome.status_code == 502
        assert outcome.json()["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"


@pytest.mark.parametrize("way", WAYS)
def test_silence_ends_the_call(door, way):
    """A side that does not answer in time may have executed the write, so nobody else gets it."""
    over, before, refused = WAYS[way]
    side = way.split()[0]
    done = threading.Event()
    answers = by_side(**{**GOOD, **before})

    def answer(arrival):
        if arrival.side != side:
            return answers(arrival)
        done.wait(PATIENCE)
        return b""

    with upstream(answer) as atlas, door(atlas.origin, over=over, patience=1.0) as ask:
        outcome = attempt(ask)
        assert atlas.writes == [*refused, side]
        assert isinstance(outcome, httpx.TimeoutException | requests.Timeout) or outcome.status_code == 504
        done.set()


@pytest.mark.parametrize("side", ["legacy", "flex"])
def test_a_kept_connection_that_ends_is_not_tried_again(door, side):
    """A create on a connection that served before, and ends unanswered, is sent once."""
    answers = by_side(**GOOD)
    replies = lambda arrival: b"" if arrival.method == "POST" else answers(arrival)  # noqa: E731 - one expression
    with upstream(replies) as atlas, door(atlas.origin, over=side == "flex") as ask:
        assert ask("GET", f"/api/atlas/v2{JOBS}/{ID}").status_code == 200
        attempt(ask)
        assert atlas.writes == [side]


@pytest.mark.parametrize(
    ("over", "replies", "sides"),
    [
        (False, {}, ["legacy"]),
        (True, {}, ["flex"]),
        (False, {"legacy": GONE}, ["legacy", "flex"]),
        (False, {"legacy": wire(404)}, ["legacy", "flex"]),
        (False, {"legacy": wire(404, JSON, b"<html>")}, ["legacy", "flex"]),
        (False, {"legacy": wire(405, (("Allow", "GET"),))}, ["legacy", "flex"]),
        (True, {"flex": NON_FLEX}, ["flex", "dedicated"]),
        (False, {"legacy": GONE, "flex": NON_FLEX}, ["legacy", "flex", "dedicated"]),
    ],
)
def test_a_refused_write_goes_on_and_is_executed_once(door, over, replies, sides):
    """The last side asked executes it; those before proved that they did not."""
    for api, status in (("v2", 200), ("v1.0", 201)):
        with upstream(by_side(**{**GOOD, **replies})) as atlas, door(atlas.origin, over=over) as ask:
            reply = create(ask, api=api)
            assert atlas.writes == sides
            assert reply.json()["id"] == ID
            # The legacy endpoint's own answer is its own affair.
            assert reply.status_code == (200 if sides == ["legacy"] else status)


def test_the_tier_that_is_remembered_gets_the_write_first(door):
    """Once the cluster was found on the dedicated tier, a create goes there at once, and is sent once."""
    with upstream(by_side(**{**GOOD, "flex": NON_FLEX})) as atlas, door(atlas.origin, over=True) as ask:
        create(ask)
        create(ask)
        assert atlas.writes == ["flex", "dedicated", "dedicated"]


def test_a_cluster_that_moved_back_gets_the_write_on_flex(door):
    """The dedicated side's own word that the cluster is a flex one proves that it executed nothing."""
    with upstream(by_side(**{**GOOD, "flex": NON_FLEX})) as atlas, door(atlas.origin, over=True) as ask:
        create(ask)
        atlas.answer = by_side(**{**GOOD, "dedicated": FLEX_IN_CLUSTER})
        assert create(ask).status_code == 200
        create(ask)
        assert atlas.writes == ["flex", "dedicated", "dedicated", "flex", "flex"]


POINT = {
    "deliveryType": "pointInTime",
    "pointInTimeUTCSeconds": 1764000000,
    "targetClusterName": "other",
    "targetGroupId": GROUP,
}


@pytest.mark.parametrize("probe", [ok({"name": CLUSTER}), wire(200, JSON, b"?"), wire(204)])
def test_a_point_in_time_is_refused_on_flex_before_any_write(door, probe):
    """A GET tells that the cluster is a flex one; nothing is written."""
    with upstream(by_side(**{**GOOD, "flex": probe})) as atlas, door(atlas.origin, over=True) as ask:
        reply = create(ask, body=POINT)
        assert (reply.status_code, reply.json()["errorCode"]) == (400, "SHIM_POINT_IN_TIME_UNSUPPORTED")
        assert [(arrival.method, arrival.side) for arrival in atlas.arrivals] == [("GET", "flex")]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_probe_that_fails_is_the_answer(door, fault):
    """What the GET said is handed on: the caller learns of a bad token or a full bucket, and nothing is written."""
    with upstream(by_side(**{**GOOD, "flex": FAULTS[fault]})) as atlas, door(atlas.origin, over=True) as ask:
        reply = attempt(ask, body=POINT)
        assert atlas.writes == []
        assert set(atlas.sides) == {"flex"}  # aiohttp sends a read again by itself when a connection ends
        if fault == "307":  # followed, it would lead around the shim
            assert reply.json()["errorCode"] == "SHIM_UPSTREAM_REDIRECTED"
        elif fault[:3].isdigit():
            assert FAULTS[fault].startswith(f"HTTP/1.1 {reply.status_code} ".encode())
            assert FAULTS[fault].endswith(b"\r\n\r\n" + reply.content)


@pytest.mark.parametrize("remembered", [False, True])
def test_a_point_in_time_is_forwarded_to_a_dedicated_cluster(door, remembered):
    """Where the tier is known, or a GET tells, the caller's own body goes to the dedicated side, once."""
    with upstream(by_side(**{**GOOD, "flex": NON_FLEX})) as atlas, door(atlas.origin, over=True) as ask:
        if remembered:
            ask("GET", f"/api/atlas/v2{JOBS}/{ID}")
        before = len(atlas.arrivals)
        assert create(ask, body=POINT).status_code == 200
        sides = [(arrival.method, arrival.side) for arrival in atlas.arrivals[before:]]
        assert sides == [*([] if remembered else [("GET", "flex")]), ("POST", "dedicated")]
        assert json.loads(atlas.arrivals[-1].body) == POINT


@pytest.mark.parametrize("route", ["date", "flex"])
def test_a_point_in_time_is_refused_without_asking_by_date_and_flag(door, route):
    """These routes never ask the dedicated side, so there is nothing to probe for."""
    with upstream(by_side(**GOOD)) as atlas, door(atlas.origin, over=True, route=route) as ask:
        assert create(ask, body=POINT).json()["errorCode"] == "SHIM_POINT_IN_TIME_UNSUPPORTED"
        assert atlas.arrivals == []
