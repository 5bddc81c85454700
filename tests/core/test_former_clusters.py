"""Former M2 and M5 clusters under /clusters, behind a switch: read, listed and written as flex clusters."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import RouteWord, Settings
from tests.core.driver import BASE, answers, drive, refuses

ENGINE = load_engine({"ATLAS_SHIM_READS": "former-clusters", "ATLAS_SHIM_WRITES": "former-clusters"})
RECORDED = Path(__file__).parents[3] / "shared" / "recorded" / "flex-cluster-pairs.jsonl"

GROUP = "5f0000000000000000000000"
V2, V1 = (f"/api/atlas/{api}/groups/{GROUP}/clusters" for api in ("v2", "v1.0"))
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters"
GONE_TO_FLEX = refuses(400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API")
BEFORE, AFTER = (datetime(year, 7, 2, tzinfo=UTC).timestamp() for year in (2026, 2027))
"""On both sides of the sunset of 2023-02-01, 2027-07-01."""

STRINGS = {"standard": "mongodb://a:27017,b:27017,c:27017/?ssl=true", "standardSrv": "mongodb+srv://c0.example"}
FLEX_CLUSTER = {
    "backupSettings": {"enabled": True},
    "clusterType": "REPLICASET",
    "connectionStrings": STRINGS,
    "createDate": "2025-02-13T14:07:04Z",
    "groupId": GROUP,
    "id": "67adfc880d1ee76f87979186",
    "mongoDBVersion": "8.0.4",
    "name": "cluster0",
    "providerSettings": {"backingProviderName": "AWS", "diskSizeGB": 5, "providerName": "FLEX", "regionName": "R1"},
    "stateName": "IDLE",
    "tags": [{"key": "a", "value": "b"}],
    "terminationProtectionEnabled": True,
    "versionReleaseSystem": "LTS",
}
"""A flex cluster, in the shape of the contract."""
COMMON = {name: value for name, value in FLEX_CLUSTER.items() if not name.endswith("Settings")} | {
    "biConnector": {"enabled": False, "readPreference": "secondary"},
    "diskWarmingMode": "FULLY_WARMED",
    "encryptionAtRestProvider": "NONE",
    "globalClusterSelfManagedSharding": False,
    "labels": [],
    "mongoDBMajorVersion": "8.0",
    "paused": False,
    "pitEnabled": False,
    "rootCertType": "ISRGROOTX1",
}


def spec(region, **more):
    """Return the one entry of replicationSpecs."""
    of_all = {"backingProviderName": "AWS", "priority": 7, "providerName": "TENANT", "regionName": "R1"}
    return [{"regionConfigs": [of_all | {"electableSpecs": region}], "zoneName": "Zone 1", **more}]


SIZES = {"effectiveInstanceSize": "FLEX", "instanceSize": "M5"}
NODES = {"R1": {"analyticsNodes": 0, "electableNodes": 3, "priority": 7, "readOnlyNodes": 0}}
OLDEST = COMMON | {
    "diskSizeGB": 5,
    "mongoURIWithOptions": STRINGS["standard"],
    "numShards": 1,
    "providerBackupEnabled": True,
    "providerSettings": {
        "backingProviderName": "AWS",
        "effectiveInstanceSizeName": "FLEX",
        "instanceSizeName": "M5",
        "providerName": "TENANT",
        "regionName": "R1",
    },
    "replicationFactor": 3,
    "replicationSpec": NODES,
    "replicationSpecs": [{"numShards": 1, "regionsConfig": NODES, "zoneName": "Zone 1"}],
    "srvAddress": STRINGS["standardSrv"],
}
SHAPES = {
    "2024-08-05": COMMON
    | {
        "backupEnabled": True,
        "featureCompatibilityVersion": "8.0",
        "redactClientLogData": False,
        "replicationSpecs": spec({"diskSizeGB": 5, **SIZES}),
    },
    "2023-02-01": COMMON | {"backupEnabled": True, "diskSizeGB": 5, "replicationSpecs": spec(SIZES, numShards=1)},
    "2023-01-01": OLDEST,
    "v1.0": OLDEST,
}
"""What a former M5 cluster was, by version (recorded, but for the last two)."""


def call(version):
    """Return the path of the clusters in a version, and the field that names it."""
    return (V1, ()) if version == "v1.0" else (V2, (("Accept", f"application/vnd.atlas.{version}+json"),))


def ask(version, upstream, below="/cluster0", engine=ENGINE, **more):
    """Make a call in a version, while all of them live unless a clock says otherwise."""
    path, headers = call(version)
    return drive(engine, f"{path}{below}", upstream, headers=headers, **{"clock": BEFORE, **more})


def without_links(document):
    """Return a document without its links."""
    return {name: value for name, value in document.items() if name != "links"}


@pytest.mark.parametrize("version", SHAPES)
def test_a_former_cluster_is_read_as_it_was(version):
    """The endpoint is asked first, and its one error code leads to the flex cluster."""
    driven = ask(version, [GONE_TO_FLEX, answers(FLEX_CLUSTER)])
    assert driven.targets == (f"{call(version)[0]}/cluster0", f"{FLEX}/cluster0")
    assert driven.routes == ("legacy", "former")
    assert without_links(driven.document) == SHAPES[version]
    own = f"{BASE}{call(version)[0]}/cluster0"
    hrefs = [link["href"] for link in driven.document["links"]]
    assert hrefs == [own, f"{own}/backup/restoreJobs", f"{own}/backup/snapshots"]
    levels = driven.outcome.record.by_level()
    assert "replicationSpecs[].id" in levels["absent"]
    assert not driven.outcome.record.dropped


@pytest.mark.parametrize("given", [answers({"name": "cluster0"}), refuses(404, "CLUSTER_NOT_FOUND"), refuses(400, "X")])
@pytest.mark.parametrize("version", SHAPES)
def test_what_the_endpoint_answers_else_passes(version, given):
    """One call, whose answer is the caller's as it came; so is an error of another code."""
    driven = ask(version, [given])
    assert driven.passed
    assert [(send.call.target, send.rewritten) for send in driven.sends] == [(f"{call(version)[0]}/cluster0", False)]


def test_a_flex_clusters_own_error_is_the_answer():
    """As it came."""
    driven = ask("2024-08-05", [GONE_TO_FLEX, refuses(404, "CLUSTER_NOT_FOUND")])
    assert (driven.passed, driven.routes) == (True, ("legacy", "former"))


@pytest.mark.parametrize("version", ["2023-02-01", "2023-01-01"])
@pytest.mark.parametrize("route", [RouteWord.AUTO, RouteWord.SUCCESSOR, RouteWord.DATE])
def test_after_the_sunset_the_successor_leads_there_too(version, route):
    """A dedicated cluster is the successor's; a former M5 is the next one's."""
    settings = Settings(route=route)
    driven = ask(version, [GONE_TO_FLEX, answers(FLEX_CLUSTER)], clock=AFTER, settings=settings)
    assert driven.routes == ("successor", "former")
    assert without_links(driven.document) == SHAPES[version]
    assert ask(version, [answers({"name": "c"})], clock=AFTER, settings=settings).routes == ("successor",)


@pytest.mark.parametrize("version", SHAPES)
def test_off_is_as_if_it_were_not_there(version):
    """By the switch, which is off by default, and by routes that never lead anywhere."""
    path, headers = call(version)
    for_all = load_engine({}).recognise("GET", f"{path}/cluster0", headers)
    assert for_all is None or [*for_all.operation.successors] == ["successor"]
    for route in (RouteWord.OFF, RouteWord.LEGACY):
        assert ask(version, [GONE_TO_FLEX], settings=Settings(route=route)).passed


@pytest.mark.parametrize("code", ["CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API", "CLUSTER_NOT_FOUND"])
def test_head_knows_the_code_by_its_field(code):
    """It has no content; the answer has the fields that GET's has."""
    given = (400, (("X-Error-Code", code),), b"")
    driven = ask("2024-08-05", [given, answers(FLEX_CLUSTER)], method="HEAD")
    assert driven.routes == (("legacy", "former") if code.startswith("CANNOT") else ("legacy",))


def recorded(shape):
    """Return the recorded pairs of a shape; the file is beside the repository, and no part of it."""
    lines = RECORDED.read_text("utf-8").splitlines() if RECORDED.exists() else []
    return [pair for pair in map(json.loads, lines) if pair["shape"] == shape]


def known(cluster):
    """Return a recorded cluster without the two ids that no flex cluster says."""
    (spec,) = cluster["replicationSpecs"]
    said = {name: value for name, value in spec.items() if name not in {"id", "zoneId"}}
    return cluster | {"replicationSpecs": [said]}


def test_recorded_clusters_follow_from_both_sides():
    """Three clusters, which Atlas showed under both paths within minutes."""
    for pair in recorded("one"):
        target, headers = pair["path"], (("Accept", f"application/vnd.atlas.{pair['old_version']}+json"),)
        target = target.replace("{groupId}", "%7BgroupId%7D").replace("{clusterName}", "%7BclusterName%7D")
        upstream = [GONE_TO_FLEX, answers(pair["new"])]
        driven = drive(ENGINE, target, upstream, headers=headers, clock=BEFORE, base="https://cloud-dev.mongodb.com")
        made = json.loads(driven.content.replace(b"%7B", b"{").replace(b"%7D", b"}"))
        assert made == known(pair["old"])
