"""Atlas before the old versions end: it accepts their writes, and shows clusters in their shapes."""

import copy
from typing import Any

import attrs

from tests.stateful.cluster import (
    KINDS,
    OFF,
    PLAIN,
    Cluster,
    RefusedError,
    World,
    disk_of,
    regions,
    zones,
)

V2 = "2023-02-01"
LEGACY = "2023-01-01"
NODES = {
    "electableSpecs": "electableNodes",
    "readOnlySpecs": "readOnlyNodes",
    "analyticsSpecs": "analyticsNodes",
}
READ_ONLY = {
    "connectionStrings",
    "createDate",
    "groupId",
    "id",
    "links",
    "mongoDBVersion",
    "stateName",
    "mongoURI",
}


@attrs.define
class Native(World):
    """Its clusters."""

    def call(
        self, version: str, method: str, name: str, body: Any = None
    ) -> dict[str, Any]:
        """Make a call of an old version; return the cluster in its shape. Raises RefusedError."""
        if method == "GET":
            return shown(self.find(name), version)
        if method == "POST" and body["name"] in self.clusters:
            raise RefusedError(400, "DUPLICATE_CLUSTER_NAME", "name")
        if method == "PATCH":
            there = copy.deepcopy(self.find(name))
        else:
            there = None
        if version == V2:
            made = self._of_v2(body, there)
        else:
            made = self._of_legacy(body, there)
        self.keep(made)
        return shown(made, version)

    def _plain(
        self, body: dict[str, Any], there: Cluster | None, own: set[str]
    ) -> Cluster:
        known = {*PLAIN, "clusterType", "name", *own, *READ_ONLY}
        if unknown := body.keys() - known:
            raise RefusedError(400, "INVALID_ATTRIBUTE", " ".join(sorted(unknown)))
        made = there or {**copy.deepcopy(PLAIN), "replicationSpecs": []}
        return made | {
            name: value
            for name, value in body.items()
            if name not in {*own, *READ_ONLY}
        }

    def _of_v2(self, body: dict[str, Any], there: Cluster | None) -> Cluster:
        made = self._plain(body, there, {"diskSizeGB", "replicationSpecs"})
        disk = body.get("diskSizeGB", disk_of(there) if there else 10)
        if "replicationSpecs" in body:
            made["replicationSpecs"] = self._shards(
                body["replicationSpecs"], there, disk
            )
        return _with_disk(made, disk)

    def _shards(
        self, said: list[dict[str, Any]], there: Cluster | None, disk: float
    ) -> list[dict[str, Any]]:
        old = zones(there) if there else {}
        made = list[dict[str, Any]]()
        for number, zone in enumerate(said):
            name = zone.get("zoneName", f"Zone {number + 1}")
            if len(old) == len(said) == 1:
                alone = next(iter(old.values()))
            else:
                alone = []
            shards = old.get(name, alone)
            if shards:
                zone_id = shards[0]["zoneId"]
            else:
                zone_id = self.new_id()
            for place in range(zone.get("numShards", 1)):
                like = _likeness(shards, place)
                by_name = _by_name(like["regionConfigs"]) if like else {}
                if len(by_name) == len(zone["regionConfigs"]) == 1:
                    moved = next(iter(by_name.values()))
                else:
                    moved = None
                configs = [
                    self.region(
                        one,
                        by_name.get((one["providerName"], one["regionName"]), moved),
                        disk,
                    )
                    for one in zone["regionConfigs"]
                ]
                if like and place < len(shards):
                    own = like["id"]
                else:
                    own = self.new_id()
                made.append(
                    {
                        "id": own,
                        "regionConfigs": configs,
                        "zoneId": zone_id,
                        "zoneName": name,
                    }
                )
        return made

    def _of_legacy(self, body: dict[str, Any], there: Cluster | None) -> Cluster:
        own = {"autoScaling", "backupEnabled", "diskSizeGB", "numShards", "providerBackupEnabled", "providerSettings",
               "replicationFactor", "replicationSpec", "replicationSpecs"}  # fmt: skip
        if body.get("backupEnabled"):
            raise RefusedError(400, "INVALID_ATTRIBUTE", "backupEnabled")
        made = self._plain(body, there, {*own, "mongoURIWithOptions", "srvAddress"})
        made["backupEnabled"] = body.get("providerBackupEnabled", made["backupEnabled"])
        made.setdefault("clusterType", "REPLICASET")
        if not own & body.keys() - {"backupEnabled", "providerBackupEnabled"}:
            return made
        if there:
            was = _over(legacy_shape(there), {})
        else:
            was = _START
        settings = _over(was["providerSettings"], body.get("providerSettings", {}))
        disk = body.get("diskSizeGB", was["diskSizeGB"])
        kind = {"instanceSize": settings["instanceSizeName"], "diskSizeGB": disk}
        volume = {"ebsVolumeType": "volumeType", "diskIOPS": "diskIOPS"}
        volume = {
            new: settings[old]
            for new, old in volume.items()
            if settings.get(old) != was["providerSettings"].get(old)
        }
        said = []
        old = zones(there) if there else {}
        for zone in _legacy_zones(was, body):
            configs = []
            for name, one in zone["regionsConfig"].items():
                if "priority" in one:
                    priority = {"priority": one["priority"]}
                else:
                    priority = {}
                nothing: list[dict[str, Any]] = [{"regionConfigs": [{}]}]
                shards = old.get(zone["zoneName"]) or next(iter(old.values()), nothing)
                by_name = {
                    one.get("regionName"): one for one in shards[0]["regionConfigs"]
                }
                like = by_name.get(name, shards[0]["regionConfigs"][0])
                first = like.get("electableSpecs", {})
                specs = (
                    {
                        name: first[name]
                        for name in ("ebsVolumeType", "diskIOPS")
                        if name in first
                    }
                    | volume
                    | kind
                )
                kinds = {
                    k: {**specs, "nodeCount": one[n]}
                    for k, n in NODES.items()
                    if n in one
                }
                kinds.setdefault("electableSpecs", specs)
                scaling = _scaling(was, body, like.get("autoScaling", OFF))
                provider = {
                    "providerName": settings["providerName"],
                    "regionName": name,
                }
                configs.append(
                    {"autoScaling": scaling, **provider, **priority, **kinds}
                )
            said.append({**zone, "regionConfigs": configs})
        keeps = settings["instanceSizeName"] == was["providerSettings"].get(
            "instanceSizeName"
        )
        made["replicationSpecs"] = self._shards(said, there, disk)
        if not keeps:  # one size for all nodes
            for region in regions(made):
                for name in KINDS:
                    region[name]["instanceSize"] = settings["instanceSizeName"]
        for region in regions(made):
            region.setdefault("priority", 7)
            region["electableSpecs"].setdefault("nodeCount", 0)
        return _with_disk(made, disk)


def _likeness(shards: list[Any], place: int) -> Any:
    """Return the shard that a new one at this place resembles, or None."""
    if not shards:
        return None
    return shards[place] if place < len(shards) else shards[0]


def _by_name(regions: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["providerName"], one["regionName"]): one for one in regions}


def _scaling(
    was: dict[str, Any], body: dict[str, Any], there: dict[str, Any]
) -> dict[str, Any]:
    """Return a region's scaling, with the body's differences from the scaling shown for the whole cluster."""
    said = body.get("autoScaling", {})
    made = copy.deepcopy(there)
    sizes = body.get("providerSettings", {}).get("autoScaling", {}).get("compute", {})
    shown = {
        **was["autoScaling"]["compute"],
        **was["providerSettings"].get("autoScaling", {}).get("compute", {}),
    }
    asked = {**said.get("compute", {}), **sizes}
    is_changed = any(shown.get(name) != value for name, value in asked.items())
    for name, value in asked.items():
        if shown.get(name) != value or (is_changed and name not in made["compute"]):
            made["compute"][name] = value
    if (
        said.get("diskGBEnabled", was["autoScaling"]["diskGBEnabled"])
        != was["autoScaling"]["diskGBEnabled"]
    ):
        made["diskGB"]["enabled"] = said["diskGBEnabled"]
    return made


_START: dict[str, Any] = {
    "autoScaling": {"compute": {"enabled": False, "scaleDownEnabled": False}, "diskGBEnabled": False}, "diskSizeGB": 10,
    "providerSettings": {"regionName": ""},
    "replicationSpecs": [
        {"numShards": 1, "zoneName": "Zone 1", "regionsConfig": {"": {"electableNodes": 3, "priority": 7}}},
    ],
}  # fmt: skip


def _legacy_zones(was: dict[str, Any], body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the zones of a body of 2023-01-01, which has several forms for them, merged with the existing ones."""
    said: list[dict[str, Any]] = copy.deepcopy(
        body.get("replicationSpecs", was["replicationSpecs"])
    )
    region = body.get("providerSettings", {}).get("regionName")
    others = {
        name: body[name]
        for name in ("numShards", "replicationFactor", "replicationSpec")
        if name in body and body[name] != was.get(name)
    }
    moves = region is not None and region != was["providerSettings"].get("regionName")
    if (
        "replicationSpecs" in body
        and body["replicationSpecs"] != was["replicationSpecs"]
    ):
        return said
    if (others or moves) and len(said) != 1:
        raise RefusedError(400, "INVALID_ATTRIBUTE", "replicationSpecs")
    (zone,) = said if len(said) == 1 else ({},)
    if "replicationSpec" in others:
        zone["regionsConfig"] = others["replicationSpec"]
    if "numShards" in others:
        zone["numShards"] = others["numShards"]
    if ("replicationFactor" in others or moves) and len(zone["regionsConfig"]) != 1:
        raise RefusedError(400, "INVALID_ATTRIBUTE", "replicationFactor")
    if "replicationFactor" in others:
        next(iter(zone["regionsConfig"].values()))["electableNodes"] = others[
            "replicationFactor"
        ]
    if moves:
        zone["regionsConfig"] = {region: next(iter(zone["regionsConfig"].values()))}
    return said


def _over(base: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(base)
    for name, value in said.items():
        made[name] = (
            _over(made.get(name) or {}, value) if isinstance(value, dict) else value
        )
    return made


def _with_disk(cluster: Cluster, disk: float) -> Cluster:
    for region in regions(cluster):
        for kind in KINDS:
            region[kind]["diskSizeGB"] = disk
    return cluster


def shown(cluster: Cluster, version: str) -> dict[str, Any]:
    """Return a cluster in an old version's shape; raise RefusedError if that can't show it."""
    sizes = {one["electableSpecs"]["instanceSize"] for one in regions(cluster)}
    if len(sizes) > 1:
        raise RefusedError(400, "ASYMMETRIC_SHARD_UNSUPPORTED")
    if version == V2:
        return v2_shape(cluster)
    return legacy_shape(cluster)


def v2_shape(cluster: Cluster) -> dict[str, Any]:
    """Return a cluster as 2023-02-01 shows it, except for ids of zones."""
    made = {
        name: value
        for name, value in copy.deepcopy(cluster).items()
        if name != "replicationSpecs"
    }
    specs = []
    for name, shards in zones(copy.deepcopy(cluster)).items():
        configs = shards[0]["regionConfigs"]
        for region in configs:
            for kind in KINDS:
                del region[kind]["diskSizeGB"]
        specs.append(
            {
                "numShards": len(shards),
                "regionConfigs": configs,
                "zoneId": shards[0]["zoneId"],
                "zoneName": name,
            }
        )
    return {**made, "diskSizeGB": disk_of(cluster), "replicationSpecs": specs}


def legacy_shape(cluster: Cluster) -> dict[str, Any]:
    """Return a cluster as 2023-01-01 shows it."""
    made = {
        name: value
        for name, value in copy.deepcopy(cluster).items()
        if name not in {"replicationSpecs", "backupEnabled"}
    }
    first = regions(cluster)[0]
    compute = first["autoScaling"]["compute"]
    by_zone: list[dict[str, Any]] = [
        {
            "numShards": len(shards),
            "regionsConfig": {
                one["regionName"]: {
                    "priority": one["priority"],
                    **{n: one[k]["nodeCount"] for k, n in NODES.items()},
                }
                for one in shards[0]["regionConfigs"]
            },
            "zoneName": name,
        }
        for name, shards in zones(cluster).items()
    ]
    kind = first["electableSpecs"]
    settings = {
        "instanceSizeName": kind["instanceSize"],
        "providerName": first["providerName"],
    }
    settings |= {
        new: kind[old]
        for new, old in (("volumeType", "ebsVolumeType"), ("diskIOPS", "diskIOPS"))
        if old in kind
    }
    sizes = {
        name: compute[name]
        for name in ("maxInstanceSize", "minInstanceSize")
        if name in compute
    }
    settings |= {"autoScaling": {"compute": sizes}} if sizes else {}
    own = {name: value for name, value in compute.items() if name not in sizes}
    made |= {
        "autoScaling": {"compute": own, "diskGBEnabled": first["autoScaling"]["diskGB"]["enabled"]},
        "diskSizeGB": disk_of(cluster), "providerBackupEnabled": cluster["backupEnabled"], "providerSettings": settings,
        "replicationSpec": by_zone[0]["regionsConfig"], "replicationSpecs": by_zone,
    }  # fmt: skip
    if cluster["clusterType"] != "GEOSHARDED":
        made["numShards"] = len(cluster["replicationSpecs"])
    if len(by_zone[0]["regionsConfig"]) == 1:
        settings["regionName"] = first["regionName"]
        made["replicationFactor"] = kind["nodeCount"]
    return made
