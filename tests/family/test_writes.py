"""A write is executed at most once, whatever fails: counted on each side.

The call goes to the next side only after a reply that proves that nothing was executed
(410, 404 or 405 without Atlas's code, or the code that refers to another tier).
"""

import threading
from typing import Any

import attrs
import httpx
import pytest

from tests.family.doors import playing
from tests.family.replay import CLUSTER, GROUP, ID, VERSIONS
from tests.peers.raw import BREAK, PATIENCE, RESET
from tests.peers.scripted import (
    FLEX_IN_CLUSTER,
    GONE,
    NO_CLUSTER,
    NON_FLEX,
    by_side,
    error,
    ok,
    wire,
)

SERVERLESS = f"/groups/{GROUP}/serverless"
JOBS = f"{SERVERLESS}/{CLUSTER}/backup/restoreJobs"
TENANT = f"/groups/{GROUP}/clusters/{CLUSTER}/backup/tenant"
ORDER = {
    "snapshotId": ID,
    "targetDeploymentItemName": "other",
    "targetProjectId": "0" * 24,
}
BODY = {
    "deliveryType": "automated",
    "snapshotId": ID,
    "targetClusterName": "other",
    "targetGroupId": GROUP,
}
FLEX_JOB = {
    "deliveryType": "RESTORE", "id": ID, "projectId": GROUP, "snapshotId": ID, "status": "PENDING",
    "targetDeploymentItemName": "other", "targetProjectId": GROUP,
}  # fmt: skip
LEGACY_JOB = {
    "deliveryType": "automated",
    "id": ID,
    "targetClusterName": "other",
    "targetGroupId": GROUP,
}
JSON = (("Content-Type", "application/json"),)

GOOD = {"legacy": ok(LEGACY_JOB), "flex": ok(FLEX_JOB), "dedicated": ok(LEGACY_JOB)}
CREATE: dict[str, Any] = {
    "name": CLUSTER,
    "providerSettings": {
        "backingProviderName": "AWS",
        "providerName": "SERVERLESS",
        "regionName": "US_EAST_1",
    },
    "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
    "tags": [{"key": "env", "value": "demo"}],
    "terminationProtectionEnabled": False,
}
UPDATE: dict[str, Any] = {"tags": [], "terminationProtectionEnabled": True}
CALLS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "create": ("POST", SERVERLESS, CREATE),
    "create with a slash": ("POST", f"{SERVERLESS}/", CREATE),
    "update": ("PATCH", f"{SERVERLESS}/{CLUSTER}", UPDATE),
    "delete": ("DELETE", f"{SERVERLESS}/{CLUSTER}", None),
    "order": ("POST", JOBS, BODY),
    "restore": ("POST", f"{TENANT}/restore", ORDER),
    "download": ("POST", f"{TENANT}/download", ORDER),
}
"""The writes of instances, the order of a restore, and the orders of the shared tier."""
INSTANCES = [*CALLS][:4]

FAULTS = {
    "no answer": b"",
    "reset": RESET,
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le" + BREAK,
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"
    + BREAK,
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    + BREAK,
    "half an error": b"HTTP/1.1 404 Not Found\r\nContent-Length: 9999\r\n\r\n{" + BREAK,
    "500": error(500, "UNEXPECTED_ERROR"),
    "502 html": wire(
        502, (("Content-Type", "text/html"),), b"<html>Bad Gateway</html>"
    ),
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


@attrs.frozen
class Way:
    """A write, the side that fails, the replies of the sides before it, and whether its sunset is over."""

    call: str
    side: str
    before: dict[str, bytes] = attrs.field(factory=dict)
    over: bool = True

    def playing(self, door, reply=None, answer=None, **options):
        """Open an entry point, with writes of instances switched on."""
        sides = {**GOOD, **self.before, self.side: reply}
        options = {"over": self.over, "writes": "instances", **options}
        return playing(door, sides=sides, answer=answer, **options)


WAYS = {
    "legacy": Way("order", "legacy", over=False),
    "flex": Way("order", "flex"),
    "flex after a retired legacy": Way("order", "flex", {"legacy": GONE}, over=False),
    "dedicated": Way("order", "dedicated", {"flex": NON_FLEX}),
    "dedicated after both": Way(
        "order", "dedicated", {"legacy": GONE, "flex": NON_FLEX}, over=False
    ),
    **{call: Way(call, "flex") for call in INSTANCES},
}


def write(ask, call, api="v2", body=..., query=""):
    """Make one of the calls."""
    method, path, content = CALLS[call]
    content = content if body is ... else body
    options = {} if content is None else {"json": content}
    return ask(
        method, f"/api/atlas/{api}{path}{query}", headers={"Accept": "*/*"}, **options
    )


def attempt(ask, call, **options):
    """Make one of the calls, and return the reply, or the fault that the entry point raises."""
    try:
        return write(ask, call, **options)
    except httpx.HTTPError as fault:
        return fault


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", [*FAULTS, *UNREADABLE])
def test_a_fault_ends_the_call(door, way, fault):
    """After any other reply, or none, no request follows: only the faulty side got the write, which may have run."""
    made = WAYS[way]
    with made.playing(door, {**FAULTS, **UNREADABLE}[fault]) as (atlas, ask):
        outcome = attempt(ask, made.call)
        assert atlas.writes == [*made.before, made.side]
    if fault in UNREADABLE and made.side != "legacy" and way != "delete":
        assert outcome.status_code == 502
        assert outcome.json()["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"


@pytest.mark.parametrize("way", WAYS)
def test_silence_ends_the_call(door, way):
    """A side that times out may have executed the write, so no other side gets it."""
    made = WAYS[way]
    done = threading.Event()
    answers = by_side(**made.before)

    def answer(arrival):
        if arrival.side != made.side:
            return answers(arrival)
        done.wait(PATIENCE)
        return b""

    with made.playing(door, answer=answer, patience=1.0) as (atlas, ask):
        outcome = attempt(ask, made.call)
        assert atlas.writes == [*made.before, made.side]
        assert isinstance(outcome, httpx.TimeoutException) or outcome.status_code == 504
        done.set()


@pytest.mark.parametrize(("over", "replies", "sides"), [
    (False, {}, ["legacy"]), (True, {}, ["flex"]), (False, {"legacy": GONE}, ["legacy", "flex"]),
    (False, {"legacy": wire(404)}, ["legacy", "flex"]),
    (False, {"legacy": wire(404, JSON, b"<html>")}, ["legacy", "flex"]),
    (False, {"legacy": wire(405, (("Allow", "GET"),))}, ["legacy", "flex"]),
    (True, {"flex": NON_FLEX}, ["flex", "dedicated"]),
    (False, {"legacy": GONE, "flex": NON_FLEX}, ["legacy", "flex", "dedicated"]),
    (True, {"flex": NO_CLUSTER}, ["flex"]),
    (True, {"flex": NON_FLEX, "dedicated": FLEX_IN_CLUSTER}, ["flex", "dedicated"]),
])  # fmt: skip
@pytest.mark.parametrize("call", ["order", "restore", "download"])
def test_a_refused_order_continues_and_is_executed_once(
    door, call, over, replies, sides
):
    """The earlier sides proved that they did not execute it. CLUSTER_NOT_FOUND refers to no tier, so the call ends."""
    for api in VERSIONS:
        with playing(door, over=over, sides={**GOOD, **replies}) as (atlas, ask):
            reply = write(ask, call, api)
            assert atlas.writes == sides
            assert len(atlas.arrivals) == len(sides)
            if sides[-1] not in replies:
                # The legacy endpoint's own reply doesn't matter here.
                is_made = call == "order" and api == "v1.0" and sides != ["legacy"]
                assert reply.status_code == (201 if is_made else 200)
                assert reply.json()["id"] == ID


def test_the_remembered_tier_gets_the_write_first(door):
    """It is sent once. If the dedicated side replies that the cluster is a flex one, it has executed nothing."""
    with playing(door, sides={**GOOD, "flex": NON_FLEX}) as (atlas, ask):
        write(ask, "order")
        write(ask, "order")
        assert atlas.writes == ["flex", "dedicated", "dedicated"]
        atlas.answer = by_side(**{**GOOD, "dedicated": FLEX_IN_CLUSTER})
        assert write(ask, "order").status_code == 200
        write(ask, "order")
        assert atlas.writes[3:] == ["dedicated", "flex", "flex"]
