"""``explain`` lists what is sent; compared with the core for any reply, and with a gateway."""

import json
import re
import shlex
from datetime import UTC, datetime
from itertools import product
from typing import Any

import attrs
import pytest

from shim.cli.successors import encoded
from shim.core.messages import Call, Outcome, Reply, Send
from shim.core.recognize import shared_engine
from shim.core.route import Context, Memory
from shim.core.settings import RouteWord, read_settings
from shim.tools.pairs import played
from shim.tools.radar.radar import days_until, distance
from tests.core.driver import shipped_documents
from tests.family.replay import caller
from tests.peers.scripted import GONE, NO_CLUSTER, by_side, error, ok, upstream
from tests.peers.served import gateway

ORIGIN = "https://cloud.mongodb.com"
DOCUMENTS = shipped_documents()
EVERY = [one for document in DOCUMENTS for one in document.operations]
CASES = [
    (one, api)
    for document in DOCUMENTS
    for api in document.apis.values()
    for one in document.operations
]
ON = {
    "ATLAS_SHIM_READS": "former-clusters",
    "ATLAS_SHIM_WRITES": ",".join(
        sorted({"former-clusters", *(one.switch for one in EVERY if one.switch)})
    ),
}
TURNS = [*product(({}, ON), ("2025-01-01", "2026-02-01", "2026-12-01", "2028-01-01"))]
"""Switches and days; any six in a row cover all of them, and each route of an operation uses the next one."""
CODES = sorted(
    {code for one in EVERY for tier in one.successors.values() for code in tier.after}
)
JSON = (("Content-Type", "application/json"),)


def replies():
    """Return possible replies of Atlas: successes, errors with and without a code, and retired endpoints."""
    documents: list[Any] = [
        {},
        [],
        [{}],
        {"results": []},
        {"results": [{"id": "1"}]},
        {"id": "1"},
    ]
    # Results of lookups, under the names in the documents.
    roles = (["{present}"], {"orgRoles": ["{present}"], "groupRoleAssignments": [{}]})
    states = ("ACTIVE", "PENDING")
    names = ("userName", "{username}")
    people = [
        {
            "id": "{userId}",
            "roles": has,
            "orgMembershipStatus": state,
            "username": name,
            "teamIds": ["{teams}"],
        }
        for has, state, name in product(roles, states, names)
    ]
    others = [
        {"id": "{orgId}"},
        {"id": "{id}", "type": "S3_LOG_EXPORT", "useLegacyPathStructure": True},
    ]
    documents += [*people, *({"results": [one]} for one in (*people, *others))]
    found = [Reply(200, JSON, json.dumps(document).encode()) for document in documents]
    found += [Reply(status, (), b"") for status in (401, 404, 405, 410, 500)]
    for status, code in product((400, 404, 409, 410), [*CODES, "X", "VERSION_GONE"]):
        content = json.dumps({"errorCode": code, "error": status}).encode()
        found.append(Reply(status, (*JSON, ("X-Error-Code", code)), content))
    return found


REPLIES = replies()


def after(match, call, context, script) -> Send | Outcome:
    """Return the requests of an exchange with these replies."""
    left = iter(script)
    return played(
        match, call, attrs.evolve(context, memory=Memory()), lambda _: next(left, None)
    )


def sent(match, call, context):
    """Return each call that some replies cause, with its side."""
    found = set()
    scripts = list[tuple[Reply, ...]]([()])
    while scripts:
        script = scripts.pop()
        step = after(match, call, context, script)
        if isinstance(step, Send):
            accept = next(
                (value for name, value in step.call.headers if name == "Accept"), None
            )
            key = step.route, step.call.method, step.call.target, accept
            if key not in found and len(script) < 6:
                scripts += [(*script, reply) for reply in REPLIES]
            found.add(key)
    return found


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{one.id}-{api.name}" for one, api in CASES]
)
@pytest.mark.parametrize(
    ("turn", "word"), [*enumerate(RouteWord)], ids=[word.value for word in RouteWord]
)
def test_the_list_equals_what_is_sent(run, number, turn, word):
    """For each operation, route, switch and day it has every call that some replies cause, and no other."""
    (operation, api), (switches, day) = (
        CASES[number],
        TURNS[(number // len(RouteWord) + turn) % len(TURNS)],
    )
    environ = {**switches, "ATLAS_SHIM_ROUTE": word.value}
    engine = shared_engine(environ)
    settings = read_settings(environ)
    path = f"{api.base}{operation.path.text}".replace("{", "").replace("}", "")
    accept = f"application/vnd.atlas.{operation.version}+json"
    done = run(
        "explain",
        operation.method,
        path,
        "--accept",
        accept,
        "--at",
        day,
        "-o",
        "json",
        env=environ,
    )
    match = engine.recognize(operation.method, path, (("Accept", accept),))
    if match is None:
        assert done.exit_code == 1
        return
    said = json.loads(done.stdout)
    at = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp
    context = Context(settings, Memory(), at, ORIGIN, monotonic=at)
    bodies = ([None]) if not match.operation.has_body else (BODIES)
    found = set()
    for body in bodies:
        found |= sent(
            match,
            Call(operation.method, ORIGIN, path, (("Accept", accept),), body),
            context,
        )
    told = {
        (one["route"], one["method"], encoded(one["target"]), one["accept"])
        for one in said["sends"]
    }
    targets = [
        target
        for tier in match.operation.successors.values()
        for _, target in tier.targets()
    ]
    has_looks = any(target.looks or target.lens for target in targets)
    # Other results of lookups lead to other names.
    assert told == found if not has_looks else told <= found
    for one in said["sends"]:
        assert one["why"]
        assert shlex.split(one["curl"])[-1] == f"{ORIGIN}{one['target']}"
    assert bool(said["sends"]) != said["decision"].startswith(
        "Answered by the shim itself"
    )


FORMER: dict[str, Any] = {
    "replicationSpecs": [
        {"regionConfigs": [{"electableSpecs": {"instanceSize": "M2"}}]}
    ]
}
MEMBERS: dict[str, Any] = {
    "name": "n", "snapshotId": "s", "targetClusterName": "t", "targetGroupId": "g", "targetDeploymentItemName": "t",
    "enabled": True, "providerSettings": {"backingProviderName": "AWS", "regionName": "US_EAST_1"},
}  # fmt: skip
GIVEN: list[Any] = [
    {}, {"name": "n", **FORMER}, {"name": "n", "providerSettings": {"instanceSizeName": "M2"}},
    {key: MEMBERS[key] for key in ("name", "providerSettings")},
    {"name": "n", "providerSettings": {"providerName": "AWS", "instanceSizeName": "M10", "regionName": "EU"}},
    {key: MEMBERS[key] for key in ("snapshotId", "targetDeploymentItemName")},
    {"name": "n", "replicationSpecs": [{"numShards": 1, "regionConfigs": [{"regionName": "US_EAST_1"}]}]},
    {"copySettings": [{"cloudProvider": "AWS", "regionName": "US_EAST_1", "zoneId": "z"}]},
    {"collectionName": "c", "database": "d", "name": "n", "mappings": {}}, {"mappings": {}},
    {"username": "{username}", "roles": ["R"]},
    {"dropEnabled": True, "authorizedUserFirstName": "a", "authorizedUserLastName": "b"}, {"orgRoles": ["R"]},
    {"bucketName": "b", "iamRoleId": "i", "prefixPath": "p"}, {"prefixPath": "p"},
    {"groupRoles": ["R"]}, {"roles": ["R"]}, [{"id": "u"}],
    *(
        {key: MEMBERS[key] for key in ("snapshotId", "targetClusterName", "targetGroupId")} | {"deliveryType": word}
        for word in ("automated", "download", "pointInTime")
    ),
]  # fmt: skip
BODIES = [json.dumps(body).encode() for body in GIVEN]
"""Bodies of these operations, as callers send them."""


LEGACY = "legacy"
FLEX = "flex"
DEDICATED = "dedicated"
GROUP = "/api/atlas/v2/groups/5f0000000000000000000001"
NONE = error(400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API")


@pytest.mark.parametrize(("method", "path", "day", "sides"), [
    ("GET", "/serverless/c/backup/snapshots", "2026-01-01", {LEGACY: GONE, FLEX: NONE}),
    ("GET", "/serverless/c/backup/restoreJobs/r", "2026-06-01", {FLEX: NONE}),
    ("GET", "/serverless", "2026-06-01", {FLEX: ok({"results": []})}),
    ("GET", "/serverless/c", "2026-06-01", {FLEX: NO_CLUSTER}),
    ("DELETE", "/serverless/c", "2026-06-01", {}),
    ("DELETE", "/serverless/c", "2026-01-01", {LEGACY: GONE}),
    ("GET", "/clusters/c/backup/tenant/snapshots", "2026-01-01", {LEGACY: GONE, FLEX: NONE}),
])  # fmt: skip
def test_a_gateway_sends_the_list_in_its_order(run, method, path, day, sides):
    """With replies that continue the exchange, upstream receives what is listed in "sends"."""
    accept = "application/vnd.atlas.2023-01-01+json"
    words = (
        "explain",
        method,
        f"{GROUP}{path}",
        "--accept",
        accept,
        "--at",
        day,
        "-o",
        "json",
    )
    said = json.loads(run(*words, env={"ATLAS_SHIM_WRITES": "instances"}).stdout)[
        "sends"
    ]
    now = datetime.fromisoformat(day).replace(tzinfo=UTC)
    last = {"legacy": ok({}), "flex": ok({}), "dedicated": ok({})}
    with (
        upstream(by_side(**last | sides)) as atlas,
        gateway(atlas.origin, now=now, writes=frozenset({"instances"})) as served,
        caller(served) as client,
    ):
        client.request(method, f"{GROUP}{path}", headers={"Accept": accept})
        arrived = [
            (one.method, one.target, one.fields["accept"]) for one in atlas.arrivals
        ]
    assert arrived == [(one["method"], one["target"], one["accept"]) for one in said]


@pytest.mark.parametrize(("method", "path", "calls"), [
    ("GET", "/users/byName/{userName}", [
        ("look", "GET", "/orgs"),
        ("look", "GET", "/orgs/{orgId}/users?username=%7BuserName%7D&orgMembershipStatus=ACTIVE"),
        ("answer", "GET", "/orgs/{orgId}/users/{userId}"),
    ]),
    ("DELETE", "/orgs/{orgId}/invites/{i}", [
        ("look", "GET", "/orgs/{orgId}/users/{i}"), ("answer", "DELETE", "/orgs/{orgId}/users/{i}"),
    ]),
    ("PUT", "/groups/{groupId}/users/{userId}/roles", [
        ("look", "GET", "/groups/{groupId}/users/{userId}"),
        ("write", "POST", "/groups/{groupId}/users/{userId}:addRole"),
        ("write", "POST", "/groups/{groupId}/users/{userId}:removeRole"),
        ("answer", "GET", "/groups/{groupId}/users/{userId}"),
    ]),
])  # fmt: skip
def test_several_requests_of_one_call_are_in_order(run, method, path, calls):
    """They are lookups, writes and the final read; the text has a curl line for each, and the refusals of a lookup."""
    words = ("explain", method, f"/api/atlas/v2{path}", "--at", "2028-01-01")
    env = {"ATLAS_SHIM_WRITES": "people"}
    said = json.loads(run(*words, "-o", "json", env=env).stdout)
    sent = [
        (one["role"], one["method"], one["target"].removeprefix("/api/atlas/v2"))
        for one in said["sends"]
    ]
    assert sent == [
        (role, how, target.replace("%7BuserName%7D", "{userName}"))
        for role, how, target in calls
    ]
    shown = run(*words, env=env).stdout
    assert shown.count("curl -sS") == len(calls)
    heads = [
        "  successor:" if role == "answer" else f"  successor, {role}:"
        for role, *_ in calls
    ]
    assert re.findall(r"^  successor(?:, \w+)?:$", shown, re.MULTILINE) == heads
    assert "nothing more is sent:" in shown
    assert [one["role"] for one in said["tiers"]["successor"]["calls"]] == [
        role for role, *_ in calls
    ]


@pytest.mark.parametrize(("at", "left"), [
    ("2026-01-21T00:00:00Z", "in 1 day"), ("2026-01-21T23:59:59Z", "in 1 day"), ("2026-01-22T00:00:00Z", "today"),
    ("2026-01-22T23:59:59Z", "today"), ("2026-01-23T00:00:00Z", "1 day ago"),
])  # fmt: skip
def test_days_are_differences_of_dates(run, at, left):
    """As in the calendar and on the status page, the hour doesn't matter."""
    shown = run(
        "explain", "GET", f"{GROUP}/serverless/c/backup/snapshots", "--at", at
    ).stdout
    assert f"2026-01-22 ({left})" in shown
    assert (
        distance(
            days_until(
                datetime(2026, 1, 22, tzinfo=UTC).timestamp(),
                datetime.fromisoformat(at).timestamp(),
            )
        )
        == left
    )


@pytest.mark.parametrize(
    "name", ["getGroupInvite", "getOrgInvite", "getUser", "getSearchDeployment"]
)
def test_a_read_whose_success_may_become_an_error_is_listed(run, name):
    """The error is a remark, and the call is shown."""
    done = run("explain", name, "-o", "json")
    (tier,) = json.loads(done.stdout)["tiers"].values()
    assert [one for one in tier["calls"] if "refused" in one] == []
    assert any(
        "the shim may return: " in remark for remark in tier["calls"][-1]["remarks"]
    )
