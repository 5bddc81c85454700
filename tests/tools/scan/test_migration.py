"""The migration plan of ``scan -o json`` can be executed, and gives the same result as the shim."""

import json
from datetime import UTC, date, datetime

import httpx
import pytest
from click.testing import CliRunner

from shim import httpx as shim_httpx
from shim.cli import main
from shim.cli.migration import migration_plans
from shim.core.recognize import load_engine
from shim.core.settings import read_settings
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from tests.fake.asking import BEARER

ENGINE = load_engine({})
PLANS = migration_plans(
    [one for one in ENGINE.operations if not one.lives],
    ENGINE,
    read_settings({}),
    datetime(2026, 12, 2, tzinfo=UTC),
)
LEGACY = f"https://cloud.mongodb.com/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
SERVED = [one for one in ENGINE.operations if one.successors and not one.lives]


@pytest.fixture
def plan(tmp_path):
    """Return a function that scans a program and returns the JSON."""

    def plan(text, name="program.sh"):
        (tmp_path / name).write_text(text)
        done = CliRunner().invoke(main, ["scan", str(tmp_path), "-o", "json"])
        return json.loads(done.stdout)

    return plan


def test_each_operation_has_one_plan(plan):
    """That holds if it is called twice, too."""
    found = plan(
        f"curl {LEGACY}\ncurl {LEGACY}\ncurl -X POST https://cloud.mongodb.com/api/atlas/v2/groups/a/invites\n"
    )
    assert len(found["findings"]) == 3
    assert found["plans"].keys() == {
        "listServerlessBackupSnapshots",
        "createGroupInvite",
    }
    assert found["plans"]["createGroupInvite"]["tiers"]["successor"]["calls"][0][
        "body"
    ] == {
        "username": "{username}",
        "roles": ["{roles[]}"],
    }


@pytest.mark.parametrize("operation", SERVED, ids=lambda one: one.id)
def test_a_served_operation_has_calls_and_fields(operation):
    """That covers each tier; each old field has a place in the new reply, or is gone with a reason."""
    plan = PLANS[operation.id]
    assert plan.tiers.keys() == operation.successors.keys()
    for name, tier in plan.tiers.items():
        assert tier["calls"], name
        assert all(
            one["path"].startswith("/api/atlas/") and one["accept"]
            for one in tier["calls"]
        )
        assert all(one["why"] for one in tier["answer"] if one["gone"])
        assert {one["old"] for one in tier["answer"]} >= {
            field.name for field in operation.successors[name].resource.fields
        }


@pytest.mark.parametrize(("operation", "tier", "member", "row"), [
    ("createCluster20230101", "successor", "autoScaling.diskGBEnabled",
     {"new": ["replicationSpecs[].regionConfigs[].autoScaling.diskGB.enabled"], "same": True}),
    ("createCluster20230101", "successor", "clusterType", {"new": ["clusterType"], "default": "REPLICASET"}),
    ("createCluster20230101", "successor", "replicationSpecs[].numShards",
     {"new": ["replicationSpecs"], "same": False}),
    ("createCluster20230101", "successor", "replicationSpecs[].regionsConfig.{regionsConfig}",
     {"new": ["replicationSpecs[].regionConfigs[].regionName"], "same": True}),
    ("createCluster20230101", "successor", "*", {"new": ["*"]}),
    ("createFtsIndex", "successor", "mappings", {"new": ["definition.mappings"], "same": True}),
    ("updateServerlessInstance", "flex", "tags", {"new": ["tags"], "same": True}),
    ("updateServerlessInstance", "flex", "name", {"new": [], "gone": True}),
    ("createServerlessRestoreJob", "flex", "targetGroupId", {"new": ["targetProjectId"], "same": True}),
    ("createGroupInvite", "successor", "roles[]", {"new": ["roles[]"], "same": True}),
])  # fmt: skip
def test_each_member_of_an_old_body_has_a_place_or_is_gone(
    operation, tier, member, row
):
    """Examples are a renamed one, a number that became items, a name that became a value, and one without any use."""
    rows = PLANS[operation].tiers[tier]["calls"][0]["members"]
    (found,) = [one for one in rows if one["old"] == member]
    assert found.items() >= row.items()


def test_an_optional_member_of_an_old_body_is_mentioned():
    """The old version defaulted to three nodes; the new one needs the number."""
    (call,) = PLANS["createCluster20230101"].tiers["successor"]["calls"]
    assert any('"electableNodes": 3' in one for one in call["remarks"])
    assert any(
        "providerSettings.regionName has the value of" in one for one in call["remarks"]
    )


def test_a_body_contains_no_example():
    """The one who executes a plan would send an example's number."""
    (call,) = PLANS["createCluster20230101"].tiers["successor"]["calls"]
    region = call["body"]["replicationSpecs"][0]["regionConfigs"][0]
    assert region["readOnlySpecs"]["nodeCount"].startswith(
        "{replicationSpecs[].regionsConfig"
    )
    assert json.dumps(call["body"]) in call["curl"]


def test_an_operation_without_successor_has_a_decision():
    """There is no call, and a person decides."""
    plan = PLANS["pausePipeline"]
    assert plan.tiers == {}
    assert len(plan.decide) == 1
    assert "backup/exports" in plan.decide[0]


@pytest.mark.parametrize(
    "name", ["getServerlessBackup", "listServerlessBackupSnapshots"]
)
def test_a_read_is_proved_by_a_command_with_its_path(name):
    """It works as printed, with names in place of parameters."""
    operation = next(one for one in ENGINE.operations if name in {one.id, *one.aliases})
    assert PLANS[operation.id].prove == f"atlas-shim prove '{operation.full_path}'"


def test_the_plan_gives_the_old_values():
    """Its call runs against an Atlas without the old endpoint, and is compared with the shim's reply."""
    fake = FakeAtlas(today=date(2026, 12, 2))

    def answer(request):
        target = request.url.raw_path.decode("ascii")
        reply = fake.handle(
            request.method, target, request.headers.multi_items(), request.read()
        )
        return httpx.Response(reply.status, headers=reply.headers, content=reply.body)

    transport = httpx.MockTransport(answer)
    retired = {**BEARER, "Accept": "application/vnd.atlas.2023-01-01+json"}
    assert (
        httpx.Client(transport=transport).get(LEGACY, headers=retired).status_code
        == 410
    )
    old = (
        shim_httpx.Client(transport=transport)
        .get(LEGACY, headers=retired)
        .json()["results"]
    )
    tier = PLANS["listServerlessBackupSnapshots"].tiers["flex"]
    (call,) = tier["calls"]
    path = (
        call["path"]
        .replace("{groupId}", DEMO_GROUP)
        .replace("{clusterName}", DEMO_CLUSTER)
    )
    headers = {"Accept": call["accept"], "Authorization": f"Bearer {DEMO_TOKEN}"}
    reply = httpx.Client(transport=transport).request(
        call["method"],
        f"https://cloud.mongodb.com{path}",
        params=call["query"],
        headers=headers,
    )
    new = {one["id"]: one for one in reply.json()["results"]}
    assert len(new) == len(old) > 0
    for item in old:
        for row in tier["answer"]:
            if row["gone"]:
                assert row["old"] not in item
            elif row["fidelity"] == "exact":
                assert item[row["old"]] == next(
                    new[item["id"]][name]
                    for name in row["new"]
                    if name in new[item["id"]]
                )
