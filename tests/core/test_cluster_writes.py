"""Writes of clusters in ended versions: merged with the existing cluster, or refused with a member's name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shim.core.recognize import shared_engine
from shim.core.settings import Settings, parse_writes
from tests.core.driver import GONE, answers, drive, refuses
from tests.core.ends import pairs

ENGINE = shared_engine({})
AFTER = datetime(2027, 7, 2, tzinfo=UTC).timestamp()
ON = Settings(writes=parse_writes("clusters", name="writes"))
V2 = "2023-02-01"
LEGACY = "2023-01-01"
CLUSTERS = "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293/clusters"


COMPUTE = {"enabled": False, "predictiveEnabled": False, "scaleDownEnabled": False}
SCALING = {"compute": COMPUTE, "diskGB": {"enabled": True}}


def kind(nodes=0, size="M10", disk=10):
    return {
        "diskIOPS": 3000,
        "diskSizeGB": disk,
        "ebsVolumeType": "STANDARD",
        "instanceSize": size,
        "nodeCount": nodes,
    }


def region(name="US_EAST_1", nodes=3, priority=7, **more):
    """Return a region of AWS in the format of 2024-08-05."""
    scaling = {"analyticsAutoScaling": SCALING, "autoScaling": SCALING}
    kinds = {
        "analyticsSpecs": kind(),
        "electableSpecs": kind(nodes),
        "readOnlySpecs": kind(),
    }
    return {
        "priority": priority,
        "providerName": "AWS",
        "regionName": name,
        **kinds,
        **scaling,
        **more,
    }


def shard(number, *regions, zone="Zone 1"):
    """Return a shard in the format of 2024-08-05."""
    return {
        "id": f"shard{number}",
        "regionConfigs": [*regions] or [region()],
        "zoneId": f"id of {zone}",
        "zoneName": zone,
    }


def cluster(*shards, kind_of="SHARDED"):
    """Return a cluster in the format of 2024-08-05."""
    return {
        "clusterType": kind_of,
        "name": "c",
        "paused": False,
        "replicationSpecs": [*shards],
        "tags": [],
    }


ONE = cluster(shard(1), kind_of="REPLICASET")
TWO = cluster(shard(1), shard(2))
ZONES = cluster(shard(1), shard(2, zone="Zone 2"), kind_of="GEOSHARDED")


def update(there, body, version=V2, method="PATCH", settings=ON, clock=AFTER, looks=()):
    """Change an existing cluster. ``looks`` are other replies to the lookups, in order."""
    media = f"application/vnd.atlas.{version}+json"
    others = iter(looks)

    def upstream(call):
        if clock == AFTER and media in {
            value for name, value in call.headers if name == "Accept"
        }:
            return GONE
        if call.method == "GET":
            return next(others, answers(there))
        return answers({**there, "asked": "this"})

    headers = (("Accept", media), ("Content-Type", media))
    if method == "PATCH":
        target = f"{CLUSTERS}/c"
    else:
        target = CLUSTERS
    return drive(
        ENGINE,
        target,
        upstream,
        method=method,
        headers=headers,
        body=body,
        settings=settings,
        clock=clock,
    )


def written(driven) -> Any:
    """Return the body of the one write that was sent, None without one."""
    writes = [send.call for send in driven.sends if send.call.method != "GET"]
    assert len(writes) < 2
    if writes:
        return json.loads(writes[0].body or b"")
    return None


def refused(driven):
    """Return code and members of a refusal, and check that nothing was written."""
    assert written(driven) is None
    assert driven.reply.status == 400
    return driven.document["errorCode"], driven.document["parameters"]


def holds(part, whole):
    """Return whether an object or list is part of another one."""
    if isinstance(part, dict):
        return all(
            name in whole and holds(value, whole[name]) for name, value in part.items()
        )
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(holds, part, whole))
    return part == whole


def zone(*regions, number=1, name="Zone 1"):
    """Return a zone in the format of 2023-02-01."""
    return {"numShards": number, "regionConfigs": [*regions], "zoneName": name}


def plain(name="US_EAST_1", nodes=3, size="M10", priority=7, **more):
    """Return a region as programs of 2023-02-01 send it."""
    specs = {"instanceSize": size, "nodeCount": nodes}
    scaling = {"analyticsAutoScaling": SCALING, "autoScaling": SCALING}
    names = {"priority": priority, "providerName": "AWS", "regionName": name}
    return {"electableSpecs": specs, **names, **scaling, **more}


def shown(one):
    """Return a region as 2023-02-01 returns it."""
    kinds = {name: value for name, value in one.items() if name.endswith("Specs")}
    return one | {
        kind: {name: value[name] for name in value if name != "diskSizeGB"}
        for kind, value in kinds.items()
    }


def test_a_recorded_change_has_the_recorded_result():
    """Each member that is sent equals the cluster after Atlas's own change, and each shard keeps its id."""
    recorded = [
        pair for pair in pairs().get("clusters-writes", ()) if "new_before" in pair
    ]
    made = {
        "old_request": {"diskSizeGB": 20},
        "new_before": ONE,
        "new": cluster(
            shard(
                1,
                region(
                    electableSpecs=kind(3, disk=20),
                    analyticsSpecs=kind(disk=20),
                    readOnlySpecs=kind(disk=20),
                ),
            )
        ),
    }
    for pair in [made, *recorded]:
        sent = written(update(pair["new_before"], pair["old_request"]))
        assert holds(sent, pair["new"])
        before = [one["id"] for one in pair["new_before"]["replicationSpecs"]]
        assert [one["id"] for one in sent["replicationSpecs"]] == before


@pytest.mark.parametrize(
    "body",
    [
        {"paused": True},
        {"tags": []},
        {"labels": [], "name": "d"},
        {"backupEnabled": True},
    ],
)
@pytest.mark.parametrize("settings", [Settings(), ON])
def test_plain_members_need_no_lookup_and_no_switch(body, settings):
    """They are the same in the new version."""
    driven = update(ONE, body, settings=settings)
    assert [send.call.method for send in driven.sends][-1:] == ["PATCH"]
    assert written(driven) == body


@pytest.mark.parametrize(
    ("method", "version", "body"),
    [
        ("PATCH", V2, {"diskSizeGB": 20}),
        ("PATCH", V2, {"replicationSpecs": [zone()]}),
        *[
            ("PATCH", LEGACY, {name: {}})
            for name in ("autoScaling", "providerSettings", "replicationSpec")
        ],
        ("PATCH", LEGACY, {"diskSizeGB": 20}),
        ("PATCH", LEGACY, {"numShards": 1}),
        ("PATCH", LEGACY, {"replicationFactor": 5}),
        ("POST", V2, {"name": "c", "replicationSpecs": [zone(plain())]}),
        ("POST", LEGACY, {"name": "c", "providerSettings": {}}),
    ],
)
def test_a_merged_write_needs_the_switch(method, version, body):
    """The refusal names it."""
    driven = update(ONE, body, version, method, Settings())
    assert driven.reply.status == 410
    assert driven.routes == ("legacy",)
    assert "ATLAS_SHIM_WRITES=clusters" in driven.document["detail"]


@pytest.mark.parametrize("version", [V2, LEGACY])
def test_a_change_goes_to_atlas_until_its_version_ends(version):
    """There is no lookup then."""
    day_before = datetime(2027, 6, 30, tzinfo=UTC).timestamp()
    driven = update(ONE, {"diskSizeGB": 20}, version, clock=day_before)
    assert [(send.call.method, send.call.body) for send in driven.sends] == [
        ("PATCH", b'{"diskSizeGB": 20}')
    ]


def test_a_size_applies_to_each_region_and_kind_of_node():
    """A cluster of 2023-01-01 has only one size."""
    there = cluster(
        shard(1, region(), region("EU_WEST_1", 2, 6)),
        shard(2, region(), region("EU_WEST_1", 2, 6)),
    )
    sent = written(
        update(there, {"providerSettings": {"instanceSizeName": "M30"}}, LEGACY)
    )
    kinds = ("analyticsSpecs", "electableSpecs", "readOnlySpecs")
    regions = [
        one for spec in sent["replicationSpecs"] for one in spec["regionConfigs"]
    ]
    assert {one[name]["instanceSize"] for one in regions for name in kinds} == {"M30"}
    assert [one["regionName"] for one in regions] == ["US_EAST_1", "EU_WEST_1"] * 2
    assert [spec["id"] for spec in sent["replicationSpecs"]] == ["shard1", "shard2"]
    assert "diskIOPS" not in regions[0]["electableSpecs"]  # which follows from the size


def test_auto_scaling_applies_to_each_region():
    """Settings that 2023-01-01 can't express stay."""
    body = {
        "autoScaling": {"compute": {"enabled": True}},
        "providerSettings": {"autoScaling": {"compute": {"maxInstanceSize": "M40"}}},
    }
    (spec,) = written(update(ONE, body, LEGACY))["replicationSpecs"]
    (made,) = spec["regionConfigs"]
    compute = {"enabled": True, "maxInstanceSize": "M40", "scaleDownEnabled": False}
    assert made["autoScaling"] == {"compute": compute, "diskGB": {"enabled": True}}
    assert made["analyticsAutoScaling"] == region()["analyticsAutoScaling"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            {"providerSettings": {"regionName": "EU_WEST_1"}},
            {"regionName": "EU_WEST_1"},
        ),
        ({"replicationFactor": 5}, {"electableSpecs": {"nodeCount": 5}}),
        (
            {
                "replicationSpec": {
                    "US_EAST_1": {
                        "electableNodes": 3,
                        "priority": 7,
                        "readOnlyNodes": 2,
                    }
                }
            },
            {"readOnlySpecs": {"nodeCount": 2}},
        ),
        (
            {"providerSettings": {"diskIOPS": 4000, "volumeType": "PROVISIONED"}},
            {"electableSpecs": {"diskIOPS": 4000, "ebsVolumeType": "PROVISIONED"}},
        ),
        (
            {
                "providerSettings": {
                    "providerName": "GCP",
                    "regionName": "WESTERN_EUROPE",
                }
            },
            {"providerName": "GCP", "regionName": "WESTERN_EUROPE"},
        ),
    ],
)
def test_members_beside_replication_specs_apply_to_the_only_region(body, found):
    """The cluster of 2023-01-01 must have a single zone with a single region."""
    (spec,) = written(update(ONE, body, LEGACY))["replicationSpecs"]
    assert holds(found, spec["regionConfigs"][0])
    assert spec["id"] == "shard1"


@pytest.mark.parametrize(
    ("version", "body"), [(V2, [zone(plain(), number=3)]), (LEGACY, 3)]
)
def test_an_added_shard_has_no_id(version, body):
    """The existing ones keep theirs."""
    if version == V2:
        asked = {"replicationSpecs": body}
    else:
        asked = {"numShards": body}
    sent = written(update(TWO, asked, version))["replicationSpecs"]
    assert [one.get("id") for one in sent] == ["shard1", "shard2", None]
    assert [one["zoneName"] for one in sent] == ["Zone 1"] * 3


@pytest.mark.parametrize("version", [V2, LEGACY])
def test_fewer_shards_remove_the_last_ones(version):
    """The caller requests it."""
    asked = (
        ({"replicationSpecs": [zone(plain())]}) if version == V2 else ({"numShards": 1})
    )
    sent = written(update(TWO, asked, version))["replicationSpecs"]
    assert [one["id"] for one in sent] == ["shard1"]


def test_a_zone_can_be_renamed():
    """Its shards and its id stay."""
    sent = written(
        update(TWO, {"replicationSpecs": [zone(plain(), number=2, name="Home")]})
    )["replicationSpecs"]
    assert [(one["id"], one["zoneId"], one["zoneName"]) for one in sent] == [
        ("shard1", "id of Zone 1", "Home"),
        ("shard2", "id of Zone 1", "Home"),
    ]


def test_a_zone_without_a_name_keeps_its_name():
    """It must be the only zone."""
    unnamed = {"numShards": 2, "regionConfigs": [plain(nodes=5)]}
    sent = written(update(TWO, {"replicationSpecs": [unnamed]}))["replicationSpecs"]
    assert [(one["id"], one["zoneName"]) for one in sent] == [
        ("shard1", "Zone 1"),
        ("shard2", "Zone 1"),
    ]


def test_zones_can_be_added_and_removed():
    """A zone that is left out is removed, and a new one has no id."""
    more = [zone(plain()), zone(plain(), name="Zone 2"), zone(plain(), name="Zone 3")]
    assert [
        one.get("id")
        for one in written(update(ZONES, {"replicationSpecs": more}))[
            "replicationSpecs"
        ]
    ] == [
        "shard1",
        "shard2",
        None,
    ]
    fewer = [zone(plain(nodes=5), name="Zone 2")]
    assert [
        one["id"]
        for one in written(update(ZONES, {"replicationSpecs": fewer}))[
            "replicationSpecs"
        ]
    ] == ["shard2"]


@pytest.mark.parametrize(
    ("there", "version", "body", "code", "names"),
    [
        (
            ZONES,
            V2,
            {"replicationSpecs": [zone(plain()), zone(plain(), name="Zone 3")]},
            "INVALID_ATTRIBUTE",
            ["replicationSpecs[].zoneName"],
        ),
        (
            TWO,
            V2,
            {"replicationSpecs": [{"zoneName": "Zone 1", "regionConfigs": [plain()]}]},
            "MISSING_ATTRIBUTE",
            ["replicationSpecs[0].numShards"],
        ),
        (ZONES, LEGACY, {"numShards": 2}, "INVALID_ATTRIBUTE", ["numShards"]),
        (
            ZONES,
            LEGACY,
            {"replicationFactor": 5},
            "INVALID_ATTRIBUTE",
            ["replicationFactor"],
        ),
        (
            ZONES,
            LEGACY,
            {"replicationSpec": {"US_EAST_1": {"electableNodes": 5}}},
            "INVALID_ATTRIBUTE",
            ["replicationSpec"],
        ),
        (
            ZONES,
            LEGACY,
            {"providerSettings": {"regionName": "EU_WEST_1"}},
            "INVALID_ATTRIBUTE",
            ["providerSettings.regionName"],
        ),
        (
            TWO,
            LEGACY,
            {
                "numShards": 3,
                "replicationSpecs": [
                    {"numShards": 2, "zoneName": "Zone 1", "regionsConfig": {}}
                ],
            },
            "INVALID_ATTRIBUTE",
            ["numShards"],
        ),
        (ONE, LEGACY, {"backupEnabled": True}, "INVALID_ATTRIBUTE", ["backupEnabled"]),
        (
            ONE,
            LEGACY,
            {"deleteAfterCreationHours": 4},
            "INVALID_ATTRIBUTE",
            ["deleteAfterCreationHours"],
        ),
        (
            ONE,
            LEGACY,
            {"providerSettings": {"diskTypeName": "P4"}},
            "INVALID_ATTRIBUTE",
            ["providerSettings.diskTypeName"],
        ),
        (ONE, V2, {"replicationSpecs": []}, "INVALID_ATTRIBUTE", ["replicationSpecs"]),
        (
            ONE,
            LEGACY,
            {"replicationSpec": {"A": 5}},
            "INVALID_ATTRIBUTE",
            ["replicationSpec.A"],
        ),
        (
            ONE,
            V2,
            {"replicationSpecs": [zone({"electableSpecs": {"diskIops": 1}})]},
            "INVALID_ATTRIBUTE",
            ["replicationSpecs[0].regionConfigs[0].electableSpecs.diskIops"],
        ),
    ],
)
def test_values_that_the_old_version_can_not_express_are_refused(
    there, version, body, code, names
):
    """The error names the member, and nothing is written."""
    assert refused(update(there, body, version)) == (code, names)


def test_two_members_with_the_same_value_are_accepted():
    """A program that sends back what it received repeats values."""
    body = {
        "numShards": 2,
        "replicationSpecs": [
            {
                "numShards": 2,
                "zoneName": "Zone 1",
                "regionsConfig": {"US_EAST_1": {"electableNodes": 5, "priority": 7}},
            }
        ],
    }
    sent = written(update(TWO, body, LEGACY))["replicationSpecs"]
    assert [one["regionConfigs"][0]["electableSpecs"]["nodeCount"] for one in sent] == [
        5,
        5,
    ]


@pytest.mark.parametrize(
    ("beside", "regions"),
    [
        ({"numShards": 3}, {"US_EAST_1": {"electableNodes": 3, "priority": 7}}),
        (
            {"providerSettings": {"regionName": "EU_WEST_1"}},
            {"EU_WEST_1": {"electableNodes": 3, "priority": 7}},
        ),
    ],
)
def test_two_members_with_the_same_change_are_accepted(beside, regions):
    """One is at its own place, the other in ``replicationSpecs``."""
    body = {
        **beside,
        "replicationSpecs": [
            {"numShards": 3, "zoneName": "Zone 1", "regionsConfig": regions}
        ],
    }
    sent = written(update(TWO, body, LEGACY))["replicationSpecs"]
    assert [one["regionConfigs"][0]["regionName"] for one in sent] == [*regions] * 3


def test_the_changed_one_of_two_members_counts():
    """A program changes one of two equal members and sends both. The record names the one that counted."""
    regions = {"US_EAST_1": {"electableNodes": 3, "priority": 7}}
    body = {
        "numShards": 2,
        "replicationSpecs": [
            {"numShards": 1, "zoneName": "Zone 1", "regionsConfig": regions}
        ],
    }
    driven = update(TWO, body, LEGACY)
    assert len(written(driven)["replicationSpecs"]) == 1
    assert (
        "numShards was not sent: it is unchanged, and replicationSpecs has another value"
        in driven.outcome.record.notes
    )
    whole = update(TWO, {"numShards": 2, "diskSizeGB": 20}, LEGACY)
    assert not any("numShards" in note for note in whole.outcome.record.notes)


@pytest.mark.parametrize("body", [b"[]", b"{"])
def test_a_body_that_is_not_an_object_is_refused(body):
    """That is so for every write."""
    driven = update(ONE, body)
    assert driven.reply.status == 400
    assert driven.document["errorCode"] == "MALFORMED_JSON"
    assert driven.sends == ()


def test_values_that_rules_only_read_are_not_sent():
    """That also holds after a plain body of the same engine, whose members pass."""
    assert written(update(ONE, {"tags": []})) == {"tags": []}
    assert written(update(ONE, {"diskSizeGB": 20, "paused": True})).keys() == {
        "paused",
        "replicationSpecs",
    }


UNLIKE = cluster(shard(1, region(readOnlySpecs=kind(2))), shard(2))


def test_differences_that_the_old_version_hides_are_kept():
    """One kind of node has other counts in another shard; a new disk size leaves them unchanged."""
    sent = written(update(UNLIKE, {"diskSizeGB": 20}))["replicationSpecs"]
    nodes = [one["regionConfigs"][0]["readOnlySpecs"]["nodeCount"] for one in sent]
    assert nodes == [2, 0]


def test_a_shown_value_is_not_sent_to_regions_without_it():
    """The old version shows the first region's maximum size for the whole cluster."""
    scaling = {
        "compute": {**COMPUTE, "maxInstanceSize": "M40"},
        "diskGB": {"enabled": True},
    }
    there = cluster(shard(1, region(autoScaling=scaling), region("EU_WEST_1", 2, 6)))
    (spec,) = written(update(there, {"diskSizeGB": 20}, LEGACY))["replicationSpecs"]
    sizes = [
        one["autoScaling"]["compute"].get("maxInstanceSize")
        for one in spec["regionConfigs"]
    ]
    assert sizes == ["M40", None]


def test_a_change_of_a_hidden_difference_is_refused():
    """The caller's value would also change the second shard."""
    there = plain() | {"readOnlySpecs": {"instanceSize": "M10", "nodeCount": 2}}
    code, names = refused(
        update(UNLIKE, {"replicationSpecs": [zone(there, number=2)], "diskSizeGB": 20})
    )
    assert code == "INVALID_ATTRIBUTE"
    assert names[-1] == "replicationSpecs[1].regionConfigs[0].readOnlySpecs.nodeCount"


def test_other_providers_are_refused():
    """2023-01-01 has one provider for the whole cluster."""
    there = cluster(
        shard(1, region(), region("WESTERN_EUROPE", 2, 6, providerName="GCP"))
    )
    code, names = refused(update(there, {"diskSizeGB": 20}, LEGACY))
    assert code == "INVALID_ATTRIBUTE"
    assert names == ["diskSizeGB", "replicationSpecs[0].regionConfigs"]


def test_an_added_shard_copies_a_similar_one():
    """Otherwise it would have no settings."""
    there = cluster(shard(1, region(analyticsSpecs=kind(2))))
    code, names = refused(
        update(there, {"replicationSpecs": [zone(plain(), number=2)]})
    )
    assert code == "MISSING_ATTRIBUTE"
    assert names == ["replicationSpecs[1].regionConfigs[0].analyticsSpecs"]


def test_an_unchanged_body_is_not_sent():
    """The response comes from the lookup, and the record notes it."""
    driven = update(
        TWO, {"diskSizeGB": 10, "replicationSpecs": [zone(shown(region()), number=2)]}
    )
    assert [send.call.method for send in driven.sends] == ["GET"]
    assert driven.document["replicationSpecs"][0]["numShards"] == 2
    assert any("nothing was sent" in note for note in driven.outcome.record.notes)


def test_unchanged_members_are_not_sent_beside_changed_ones():
    """So a program can send back everything that it received."""
    body = {
        "diskSizeGB": 10,
        "id": "1",
        "replicationSpecs": [zone(shown(region()), number=2)],
        "tags": [{"key": "a", "value": "b"}],
    }
    driven = update(TWO, body)
    assert len(driven.sends) == 2
    assert written(driven) == {"tags": body["tags"]}
    assert any(
        "id, " in note and "were not sent" in note
        for note in driven.outcome.record.notes
    )


def test_a_cluster_that_changes_meanwhile_is_not_written():
    """Its auto-scaling or another program may change it."""
    driven = update(
        ONE,
        {"diskSizeGB": 20},
        looks=[answers(ONE), answers(cluster(shard(1, region(nodes=5))))],
    )
    assert written(driven) is None
    assert driven.reply.status == 409
    assert driven.document["errorCode"] == "SHIM_RESOURCE_CHANGED"
    assert driven.document["parameters"] == ["replicationSpecs"]


def test_a_looked_up_cluster_is_counted_while_it_is_held():
    """The gateway's memory includes it until the write is built."""
    driven = update(ONE, {"diskSizeGB": 20})
    first, second, write = (send.held for send in driven.sends)
    assert second > first
    assert write < second


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
@pytest.mark.parametrize("good", [0, 1])
def test_an_error_of_the_lookup_is_passed_through(status, good):
    """It has its response fields, and nothing is written."""
    failed = refuses(status, "NO")
    driven = update(
        ONE,
        {"diskSizeGB": 20},
        looks=[*[answers(ONE)] * good, (status, (("Retry-After", "7"),), failed[2])],
    )
    assert written(driven) is None
    assert driven.passed
    assert len(driven.sends) == good + 1


@pytest.mark.parametrize("page", [(200, (), b"<html>"), answers([]), (204, (), b"")])
def test_an_unreadable_lookup_is_a_502(page):
    """Nothing is written."""
    driven = update(ONE, {"diskSizeGB": 20}, looks=[page])
    assert written(driven) is None
    assert driven.reply.status == 502
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"


@pytest.mark.parametrize("version", [V2, LEGACY])
def test_shards_of_different_sizes_are_refused(version):
    """Atlas refuses reads of such clusters in the same way, with the code in a field."""
    there = cluster(shard(1), shard(2, region(electableSpecs=kind(3, "M30"))))
    driven = update(there, {"diskSizeGB": 20}, version)
    assert refused(driven)[0] == "ASYMMETRIC_SHARD_UNSUPPORTED"
    assert ("X-Error-Code", "ASYMMETRIC_SHARD_UNSUPPORTED") in driven.reply.headers


def create(body, version=LEGACY):
    """Create a cluster; return the body that is sent."""
    return written(update({}, {"name": "c", **body}, version, "POST"))


AWS = {"instanceSizeName": "M10", "providerName": "AWS", "regionName": "US_EAST_1"}


def test_a_plain_cluster_of_2023_01_01_gets_one_region():
    """It has three nodes, Atlas's default."""
    made = {
        "electableSpecs": {"diskSizeGB": 20, "instanceSize": "M10", "nodeCount": 3},
        "priority": 7,
        "providerName": "AWS",
    }
    specs = [{"regionConfigs": [{**made, "regionName": "US_EAST_1"}]}]
    assert create({"diskSizeGB": 20, "providerSettings": AWS}) == {
        "clusterType": "REPLICASET",
        "name": "c",
        "replicationSpecs": specs,
    }


def test_a_shared_cluster_gets_no_number_of_nodes():
    """The caller may send one."""
    settings = {
        "backingProviderName": "AWS",
        "instanceSizeName": "M0",
        "providerName": "TENANT",
        "regionName": "US_EAST_1",
    }
    (spec,) = create({"providerSettings": settings})["replicationSpecs"]
    assert spec["regionConfigs"][0]["electableSpecs"] == {"instanceSize": "M0"}
    (spec,) = create({"providerSettings": settings, "replicationFactor": 3})[
        "replicationSpecs"
    ]
    assert spec["regionConfigs"][0]["electableSpecs"] == {
        "instanceSize": "M0",
        "nodeCount": 3,
    }


def test_a_cluster_of_several_regions_and_shards_is_created():
    """Each format of 2023-01-01 works."""
    regions = {
        "US_EAST_1": {"electableNodes": 3, "priority": 7},
        "EU_WEST_1": {"priority": 6, "readOnlyNodes": 2},
    }
    settings = {"instanceSizeName": "M30", "providerName": "AWS"}
    zoned = {
        "replicationSpecs": [
            {"numShards": 2, "regionsConfig": regions, "zoneName": "Z"}
        ]
    }
    sent = create({"clusterType": "SHARDED", "providerSettings": settings, **zoned})
    assert [one["zoneName"] for one in sent["replicationSpecs"]] == ["Z", "Z"]
    second = {
        "electableSpecs": {"instanceSize": "M30", "nodeCount": 0},
        "readOnlySpecs": {"instanceSize": "M30", "nodeCount": 2},
    }
    assert holds(second, sent["replicationSpecs"][1]["regionConfigs"][1])
    alone = create(
        {"numShards": 2, "providerSettings": settings, "replicationSpec": regions}
    )
    assert [
        [one["regionName"] for one in spec["regionConfigs"]]
        for spec in alone["replicationSpecs"]
    ] == [[*regions]] * 2


def test_a_default_yields_in_a_new_cluster():
    """Terraform's provider sends one shard by default, even beside ``replicationSpecs``."""
    settings = {"instanceSizeName": "M30", "providerName": "AWS"}
    zones = [
        {
            "numShards": 2,
            "regionsConfig": {"US_EAST_1": {"electableNodes": 5, "priority": 7}},
            "zoneName": "Z",
        }
    ]
    body = {
        "numShards": 1,
        "providerSettings": settings,
        "replicationFactor": 3,
        "replicationSpecs": zones,
    }
    regions = [
        one["regionConfigs"][0]["electableSpecs"]["nodeCount"]
        for one in create(body)["replicationSpecs"]
    ]
    assert regions == [5, 5]


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        (
            {
                "numShards": 3,
                "replicationSpecs": [
                    {"numShards": 2, "regionsConfig": {"A": {}}, "zoneName": "Z"}
                ],
            },
            "numShards",
        ),
        (
            {
                "replicationFactor": 5,
                "replicationSpec": {"US_EAST_1": {"electableNodes": 3}},
            },
            "replicationFactor",
        ),
        (
            {
                "providerSettings": {**AWS, "regionName": "B"},
                "replicationSpec": {"A": {"electableNodes": 3}},
            },
            "providerSettings.regionName",
        ),
    ],
)
def test_contradictory_members_are_refused(beside, name):
    """It is unclear which one is meant."""
    driven = update(
        {}, {"name": "c", "providerSettings": AWS, **beside}, LEGACY, "POST"
    )
    assert driven.sends == ()
    assert driven.document["parameters"] == [name]


def test_iops_are_sent_as_requested():
    """That also applies to new clusters of 2023-02-01."""
    specs = {
        "diskIOPS": 3500,
        "ebsVolumeType": "STANDARD",
        "instanceSize": "M30",
        "nodeCount": 3,
    }
    sent = create(
        {
            "diskSizeGB": 40,
            "replicationSpecs": [zone(plain() | {"electableSpecs": specs})],
        },
        V2,
    )
    assert sent["replicationSpecs"][0]["regionConfigs"][0]["electableSpecs"] == {
        **specs,
        "diskSizeGB": 40,
    }
    assert "diskSizeGB" not in sent


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"diskSizeGB": 20}, "replicationSpecs"),
        ({"replicationSpecs": []}, "replicationSpecs"),
    ],
)
def test_a_new_cluster_needs_its_regions(body, names):
    """The disk size is a member of the regions now."""
    driven = update({}, {"name": "c", **body}, V2, "POST")
    assert driven.sends == ()
    assert driven.document["parameters"] == [names]
