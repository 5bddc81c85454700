"""Programs that create and change a cluster with old versions; each call depends on earlier reads."""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import attrs

from tests.stateful.native import LEGACY, V2

Document = dict[str, Any]
SIZES = ("M10", "M20", "M30")
ZONES = ("Zone 1", "Zone 2", "Zone 3")
REGIONS = {
    "AWS": ("US_EAST_1", "EU_WEST_1", "US_WEST_2"),
    "AZURE": ("US_EAST_2", "EUROPE_NORTH", "US_WEST"),
    "GCP": ("CENTRAL_US", "WESTERN_EUROPE", "EASTERN_US"),
}


@attrs.frozen
class Asked:
    """One call: its version, its method and its body, which is built from the cluster in that version's shape."""

    what: str
    version: str
    method: str
    make: Callable[[Document], Document]


def creation(rng: Random) -> Asked:
    """Return a call that creates a cluster of one region or several, of one shard or several."""
    kind = rng.choice(("REPLICASET", "SHARDED", "GEOSHARDED"))
    if kind == "REPLICASET":
        number = 1
    else:
        number = rng.randint(1, 3)
    names = ZONES[: rng.randint(1, 2) if kind == "GEOSHARDED" else 1]
    places = rng.choice(((3,), (3,), (2, 1)))
    size = rng.choice(SIZES)
    provider = rng.choice(("AWS", "AWS", "AZURE", "GCP"))
    there = REGIONS[provider]
    common = {"name": "c", "clusterType": kind, "diskSizeGB": rng.choice((10, 40))}
    if rng.random() < 0.5:
        specs = {"instanceSize": size}
        configs = [
            _region(provider, there[at], 7 - at, {**specs, "nodeCount": nodes})
            for at, nodes in enumerate(places)
        ]
        zones = [
            {"numShards": number, "zoneName": name, "regionConfigs": configs}
            for name in names
        ]
        return Asked(
            "create",
            V2,
            "POST",
            lambda _: copy.deepcopy({**common, "replicationSpecs": zones}),
        )
    settings = {"providerName": provider, "instanceSizeName": size}
    said: Document = {
        there[at]: {"electableNodes": nodes, "priority": 7 - at}
        for at, nodes in enumerate(places)
    }
    if len(names) == len(places) == 1:
        said = {
            "providerSettings": {**settings, "regionName": there[0]},
            "replicationFactor": 3,
            "numShards": number,
        }
    elif len(names) == 1 and rng.random() < 0.5:
        said = {
            "providerSettings": settings,
            "replicationSpec": said,
            "numShards": number,
        }
    else:
        zones = [
            {"numShards": number, "zoneName": name, "regionsConfig": said}
            for name in names
        ]
        said = {"providerSettings": settings, "replicationSpecs": zones}
    return Asked("create", LEGACY, "POST", lambda _: copy.deepcopy({**common, **said}))


def _region(provider: str, name: str, priority: int, specs: Document) -> Document:
    return {
        "electableSpecs": specs,
        "priority": priority,
        "providerName": provider,
        "regionName": name,
    }


def plain(rng: Random) -> tuple[str, Document]:
    """Return members that are the same in both old versions, and in the new one."""
    members: Document = {
        "paused": rng.random() < 0.5, "tags": [{"key": "a", "value": str(rng.randint(1, 9))}],
        "labels": [{"key": "b", "value": "c"}],
        "terminationProtectionEnabled": rng.random() < 0.5, "pitEnabled": rng.random() < 0.5,
        "biConnector": {"enabled": rng.random() < 0.5, "readPreference": "secondary"},
        "mongoDBMajorVersion": rng.choice(("7.0", "8.0")),
    }  # fmt: skip
    name = rng.choice(sorted(members))
    return name, {name: members[name]}


def change(rng: Random) -> Asked:
    """Return a call that changes a cluster in one respect."""
    if rng.random() < 0.3:
        name, body = plain(rng)
        return Asked(name, rng.choice((V2, LEGACY)), "PATCH", lambda _: body)
    ways = OF_V2 if rng.random() < 0.5 else OF_LEGACY
    what, make = rng.choice(ways)
    seed = rng.random()  # both worlds are asked the same
    return Asked(
        what,
        V2 if ways is OF_V2 else LEGACY,
        "PATCH",
        lambda document: make(Random(seed), document),
    )


def _whole(document: Document) -> list[Document]:
    return copy.deepcopy(document["replicationSpecs"])


def _by_hand(document: Document) -> list[Document]:
    """Return zones as people write them: without disabled and derived members."""
    made = []
    for zone in _whole(document):
        for region in zone["regionConfigs"]:
            for name in ("readOnlySpecs", "analyticsSpecs"):
                if not region[name]["nodeCount"]:
                    del region[name]
            for name in [one for one in region if one.endswith("Specs")]:
                region[name] = {
                    key: region[name][key] for key in ("instanceSize", "nodeCount")
                }
        made.append(
            {name: zone[name] for name in ("numShards", "regionConfigs", "zoneName")}
        )
    return made


def _specs(rng: Random, document: Document) -> list[Document]:
    return rng.choice((_whole, _by_hand))(document)


def _each(zones: list[Document], act: Callable[[Document], None]) -> Document:
    for region in (region for zone in zones for region in zone["regionConfigs"]):
        act(region)
    return {"replicationSpecs": zones}


def tier(rng: Random, document: Document) -> Document:
    size = rng.choice(SIZES)

    def act(region: Document) -> None:
        for name in [one for one in region if one.endswith("Specs")]:
            region[name]["instanceSize"] = size

    return _each(_specs(rng, document), act)


def nodes(rng: Random, document: Document) -> Document:
    kind = rng.choice(("readOnlySpecs", "analyticsSpecs"))
    number = rng.randint(0, 2)

    def act(region: Document) -> None:
        size = region["electableSpecs"]["instanceSize"]
        region[kind] = {**region.get(kind, {"instanceSize": size}), "nodeCount": number}

    return _each(_specs(rng, document), act)


def scaling(rng: Random, document: Document) -> Document:
    compute = {
        "enabled": True,
        "scaleDownEnabled": True,
        "minInstanceSize": "M10",
        "maxInstanceSize": "M40",
    }
    made = {"compute": compute, "diskGB": {"enabled": rng.random() < 0.5}}
    return _each(
        _specs(rng, document),
        lambda region: region.__setitem__("autoScaling", copy.deepcopy(made)),
    )


def disk(rng: Random, document: Document) -> Document:
    if rng.random() < 0.5:
        both = {"replicationSpecs": _specs(rng, document)}
    else:
        both = {}
    return {"diskSizeGB": rng.choice((10, 20, 80)), **both}


def shards(rng: Random, document: Document) -> Document:
    zones = _specs(rng, document)
    zones[0]["numShards"] = rng.randint(1, 4)
    return {"replicationSpecs": zones}


def place(rng: Random, document: Document) -> Document:
    """Add a region without electable nodes, or remove the last one if it has none."""
    zones = _specs(rng, document)
    for zone in zones:
        configs = zone["regionConfigs"]
        if len(configs) > 1 and not configs[-1]["electableSpecs"]["nodeCount"]:
            configs.pop()
        elif len(configs) < len(ZONES):
            provider = configs[0]["providerName"]
            name = next(
                one
                for one in REGIONS[provider]
                if one not in {region["regionName"] for region in configs}
            )
            size = configs[0]["electableSpecs"]["instanceSize"]
            specs = {"instanceSize": size, "nodeCount": 0}
            configs.append(
                {
                    **_region(provider, name, 0, specs),
                    "readOnlySpecs": {"instanceSize": size, "nodeCount": 1},
                }
            )
    return {"replicationSpecs": zones}


def zone(rng: Random, document: Document) -> Document:
    zones = _specs(rng, document)
    names = [one["zoneName"] for one in zones]
    if len(zones) > 1 and rng.random() < 0.4:
        zones.pop(rng.randrange(len(zones)))
    elif rng.random() < 0.4:
        zones[0]["zoneName"] = "Renamed"
    else:
        name = next(one for one in (*ZONES, "Zone 4") if one not in names)
        zones.append({**copy.deepcopy(zones[0]), "zoneName": name, "numShards": 1})
    for one in zones:
        one.pop("zoneId", None)
    return {"replicationSpecs": zones}


def back(rng: Random, document: Document) -> Document:
    """Send back the whole reply, with one member changed."""
    return {**copy.deepcopy(document), **plain(rng)[1]}


def same(_: Random, document: Document) -> Document:
    return {"diskSizeGB": document["diskSizeGB"], "replicationSpecs": _whole(document)}


OF_V2 = [
    (one.__name__, one)
    for one in (tier, nodes, scaling, disk, shards, place, zone, back, same)
]


def _settings(**said: Any) -> Document:
    return {"providerSettings": said}


def legacy_scaling(rng: Random, _: Document) -> Document:
    compute = {"enabled": rng.random() < 0.5, "scaleDownEnabled": False}
    sizes = {
        "autoScaling": {
            "compute": {"minInstanceSize": "M10", "maxInstanceSize": rng.choice(SIZES)}
        }
    }
    return {
        "autoScaling": {"compute": compute, "diskGBEnabled": rng.random() < 0.5},
        "providerSettings": sizes,
    }


def legacy_place(rng: Random, document: Document) -> Document:
    """Add a region without electable nodes, or remove the last one if it has none."""
    found = copy.deepcopy(document["replicationSpec"])
    last = [*found][-1]
    if len(found) > 1 and not found[last]["electableNodes"]:
        del found[last]
    elif len(found) < len(ZONES):
        there = REGIONS[document["providerSettings"]["providerName"]]
        name = next(one for one in there if one not in found)
        found[name] = {
            "analyticsNodes": 0,
            "electableNodes": 0,
            "priority": 0,
            "readOnlyNodes": 1,
        }
    if rng.random() < 0.5:
        return {"replicationSpec": found}
    zones = _whole(document)
    zones[0]["regionsConfig"] = found
    return {"replicationSpecs": zones}


def legacy_nodes(rng: Random, document: Document) -> Document:
    zones = _whole(document)
    name = rng.choice(("readOnlyNodes", "analyticsNodes"))
    number = rng.randint(0, 2)
    for region in (
        region for zone in zones for region in zone["regionsConfig"].values()
    ):
        region[name] = number
    return {"replicationSpecs": zones}


def legacy_zone(rng: Random, document: Document) -> Document:
    zones = _whole(document)
    if len(zones) > 1 and rng.random() < 0.5:
        zones.pop()
    elif rng.random() < 0.5:
        zones[0]["zoneName"] = "Renamed"
    else:
        zones[-1]["numShards"] = rng.randint(1, 3)
    return {"replicationSpecs": zones}


def size_and_disk(rng: Random, document: Document) -> Document:
    """Programs of 2023-01-01 include the provider when they scale."""
    provider = document["providerSettings"]["providerName"]
    return {
        "diskSizeGB": 20,
        **_settings(instanceSizeName=rng.choice(SIZES), providerName=provider),
    }


def volume(rng: Random, document: Document) -> Document:
    """Disks of AWS have a type."""
    if document["providerSettings"]["providerName"] != "AWS":
        return {"diskSizeGB": 30}
    return _settings(volumeType=rng.choice(("STANDARD", "PROVISIONED")), diskIOPS=4000)


def _another(rng: Random, document: Document) -> str:
    return rng.choice(REGIONS[document["providerSettings"]["providerName"]])


OF_LEGACY: list[tuple[str, Callable[[Random, Document], Document]]] = [
    ("size", lambda rng, _: _settings(instanceSizeName=rng.choice(SIZES))),
    ("size and disk", size_and_disk),
    ("diskSizeGB", lambda rng, _: {"diskSizeGB": rng.choice((10, 20, 80))}),
    ("volume", volume),
    ("regionName", lambda rng, document: _settings(regionName=_another(rng, document))),
    ("numShards", lambda rng, _: {"numShards": rng.randint(1, 4)}),
    ("replicationFactor", lambda rng, _: {"replicationFactor": rng.choice((3, 5, 7))}),
    ("providerBackupEnabled", lambda rng, _: {"providerBackupEnabled": rng.random() < 0.5}),
    ("scaling of 2023-01-01", legacy_scaling), ("regions of 2023-01-01", legacy_place),
    ("nodes of 2023-01-01", legacy_nodes), ("zones of 2023-01-01", legacy_zone), ("back in 2023-01-01", back),
]  # fmt: skip
