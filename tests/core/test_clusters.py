"""Cluster reads of 2023-02-01 and 2023-01-01, answered from 2024-08-05."""

import copy
import json

import pytest

from shim.core.settings import RouteWord, Settings
from tests.core.driver import CASES, answers, drive
from tests.core.small import dropped_of

FILE = CASES / "recorded" / "cluster-pairs.jsonl"
PAIRS = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
SHARDED = next(pair["new"] for pair in PAIRS if pair["kind"] == "sharded")
NEW, OLD, OLDEST = (
    f"application/vnd.atlas.{version}+json"
    for version in ("2024-08-05", "2023-02-01", "2023-01-01")
)
SUCCESSOR = Settings(route=RouteWord.SUCCESSOR)
LIST = "/api/atlas/v2/groups/g1/clusters"
GET = f"{LIST}/c1"


def asked(engine, target, document, accept=OLD, **options):
    """Request a cluster, or the list, by the successor's route, with links back to Atlas's paths."""
    options = {
        "settings": SUCCESSOR,
        "headers": (("Accept", accept),),
        "base": "http://localhost:8080",
        **options,
    }
    return drive(engine, target, [answers(document)], **options)


def expected(cluster):
    """Return an old response without the ids that can't be known."""
    specs = [
        {name: value for name, value in spec.items() if name != "id"}
        for spec in cluster["replicationSpecs"]
    ]
    return {**cluster, "replicationSpecs": specs}


@pytest.mark.parametrize(
    "pair", PAIRS, ids=lambda pair: f"{pair['kind']} {pair['recorded']}"
)
def test_the_old_response_follows_from_the_new_one(engine, pair):
    """Atlas answered both versions within seconds; only the ids of ``replicationSpecs`` can't be known."""
    driven = asked(engine, pair["path"], pair["new"])
    assert driven.document == expected(pair["old"])
    assert driven.outcome.record.dropped == ()
    assert [send.call.headers for send in driven.sends] == [(("Accept", NEW),)]


def test_a_page_of_clusters_is_translated(engine):
    """Each item equals the response for the single cluster."""
    page = {
        "links": [],
        "results": [pair["new"] for pair in PAIRS],
        "totalCount": len(PAIRS),
    }
    driven = asked(engine, f"{LIST}?includeDeletedWithRetainedBackups=true", page)
    assert driven.document["results"] == [expected(pair["old"]) for pair in PAIRS]
    assert driven.document["totalCount"] == len(PAIRS)
    assert "includeDeletedWithRetainedBackups=true" in driven.targets[0]


def test_the_record_names_members_inside_the_cluster(engine):
    """Only the ids of zones are absent."""
    assert asked(engine, GET, PAIRS[0]["new"]).outcome.record.by_level() == {
        "derived": ("diskSizeGB", "replicationSpecs", "replicationSpecs[].numShards"),
        "absent": ("replicationSpecs[].id",),
    }


def test_shards_of_different_sizes_are_refused(engine):
    """Atlas did so in the old version (recorded by tests of its Terraform provider); in a list the record notes it.

    The old version has one entry for each zone. The record notes other differences
    between its shards.
    """
    new = copy.deepcopy(SHARDED)
    new["replicationSpecs"][1]["regionConfigs"][0]["electableSpecs"]["instanceSize"] = (
        "M60"
    )
    for accept in (OLD, OLDEST):
        driven = asked(engine, GET, new, accept)
        assert driven.reply.status == 400
        assert driven.document["errorCode"] == "ASYMMETRIC_SHARD_UNSUPPORTED"
    ((where, _, why),) = dropped_of(asked(engine, LIST, {"results": [new]}))
    assert where == "results[0].replicationSpecs[1].regionConfigs"
    assert why == "differs from the first item of its group"


def test_numbers_of_nodes_may_differ(engine):
    """Atlas still answered for zones of a global cluster with different numbers (from the same recordings)."""
    new = copy.deepcopy(SHARDED)
    new["replicationSpecs"][1] |= {"zoneId": "b" * 24, "zoneName": "Zone 2"}
    new["replicationSpecs"][1]["regionConfigs"][0]["electableSpecs"]["nodeCount"] = 5
    assert [
        spec["numShards"]
        for spec in asked(engine, GET, new).document["replicationSpecs"]
    ] == [1, 1]


def test_a_member_that_atlas_adds_is_kept(engine):
    """That is so at every depth."""
    new = copy.deepcopy(PAIRS[0]["new"])
    new["tomorrow"] = new["replicationSpecs"][0]["tomorrow"] = {"a": [1]}
    new["replicationSpecs"][0]["regionConfigs"][0]["electableSpecs"]["tomorrow"] = True
    document = asked(engine, GET, new).document
    spec = document["replicationSpecs"][0]
    assert document["tomorrow"] == spec["tomorrow"] == {"a": [1]}
    assert spec["regionConfigs"][0]["electableSpecs"]["tomorrow"] is True


def test_accept_alone_distinguishes_versions_of_one_path(engine):
    """The new ones are none of the shim's."""
    accepts = (OLD, OLDEST, NEW, "application/vnd.atlas.2025-03-12+json")
    calls = [engine.recognize("GET", GET, (("Accept", accept),)) for accept in accepts]
    assert [call and call.operation.id for call in calls] == [
        "getCluster",
        "getLegacyCluster",
        None,
        None,
    ]


def test_the_first_version_is_translated(engine):
    """It has one size and one region for the whole cluster, and an object of regions by name."""
    document = asked(engine, GET, SHARDED, OLDEST).document
    region = SHARDED["replicationSpecs"][0]["regionConfigs"][0]
    assert document["numShards"] == 2
    assert document["providerSettings"]["regionName"] == region["regionName"]
    assert (
        document["providerSettings"]["instanceSizeName"]
        == region["electableSpecs"]["instanceSize"]
    )
    nodes = {
        "analyticsNodes": 0,
        "electableNodes": 3,
        "priority": 7,
        "readOnlyNodes": 0,
    }
    assert (
        document["replicationSpecs"][0]["regionsConfig"][region["regionName"]] == nodes
    )
    assert "backupEnabled" not in document
    assert document["providerBackupEnabled"] == SHARDED["backupEnabled"]


def test_process_arguments_are_passed_through(engine):
    """Two arguments that no longer exist are left out."""
    arguments = {"javascriptEnabled": True, "oplogSizeMB": None, "noTableScan": False}
    driven = asked(engine, f"{GET}/processArgs", arguments, OLDEST)
    assert driven.document == arguments
    assert driven.outcome.record.by_level() == {
        "absent": ("defaultReadConcern", "failIndexKeyTooLong")
    }


@pytest.mark.parametrize(("query", "sent"), [
    ("pageNum=2&itemsPerPage=5", "pageNum=2&itemsPerPage=5"), ("itemsPerPage=500", "itemsPerPage=500"),
    ("pageNum=2&pageNum=3", "includeCount=true&itemsPerPage=100&pageNum=2"),
    ("pageNum=2&itemsPerPage=700", "includeCount=true&itemsPerPage=500&pageNum=2"),
])  # fmt: skip
def test_a_page_on_the_same_path_is_requested_unchanged(engine, query, sent):
    """The caller's signature stays valid. Only a repeated or too large parameter changes the query."""
    assert asked(engine, f"{LIST}?{query}", {"results": []}).targets == (
        f"{LIST}?{sent}",
    )
