"""Clusters as two worlds store them, each in the shape of 2024-10-23, and the rules common to both.

The worlds are Atlas before the old versions end (``native``) and after (``strict``).
They follow the specifications in ``tests/cases/contract`` and recordings, and not
``mappings/``. Where neither source has an answer, both worlds share these assumptions:

- A kind of node that is left out of an existing region stays (``keeps``), or has no nodes (not ``keeps``); neither is
  recorded. It follows the electable nodes' disk and size (recorded of a disk, for kinds without nodes).
- A region or zone that is left out is removed. A zone with another name is the existing one if it is the only one.
- A body of 2023-01-01 with the values that this version shows is no change, even if other regions
  differ from the first, which is the one shown.
- IOPS follow from the size, unless they are provisioned.
- Nodes of one cluster have disks of one size, and readable nodes of a region are of one size; otherwise it is a 400.
"""

import copy
from itertools import count
from typing import Any

import attrs

Cluster = dict[str, Any]
KINDS = ("electableSpecs", "readOnlySpecs", "analyticsSpecs")
OFF = {
    "compute": {"enabled": False, "scaleDownEnabled": False},
    "diskGB": {"enabled": False},
}
PLAIN = {
    "backupEnabled": False, "biConnector": {"enabled": False, "readPreference": "secondary"}, "labels": [],
    "mongoDBMajorVersion": "7.0", "paused": False, "pitEnabled": False, "tags": [],
    "terminationProtectionEnabled": False, "versionReleaseSystem": "LTS",
}  # fmt: skip
"""Members that are the same in all versions, with their defaults."""


class RefusedError(Exception):
    """Atlas's reply when it refuses a call."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        """Store the reply."""
        super().__init__(code, detail)
        self.status = status
        self.document = {"detail": detail, "error": status, "errorCode": code}


@attrs.define
class World:
    """The clusters of one world."""

    keeps: bool = True
    """Whether a kind of node that is left out of a region stays."""
    clusters: dict[str, Cluster] = attrs.field(factory=dict)
    written: int = 0
    """The number of executed writes."""
    numbers: Any = attrs.field(factory=lambda: count(1))

    def new_id(self) -> str:
        """Return a new id."""
        return f"{next(self.numbers):024x}"

    def find(self, name: str) -> Cluster:
        """Return a cluster; raise RefusedError if there is none."""
        if name not in self.clusters:
            raise RefusedError(
                404, "CLUSTER_NOT_FOUND", f"No cluster named {name} exists."
            )
        return self.clusters[name]

    def keep(self, cluster: Cluster) -> None:
        """Store a cluster's new state; raise RefusedError if it is impossible."""
        check(cluster)
        self.clusters[cluster["name"]] = cluster
        self.written += 1

    def region(
        self, said: dict[str, Any], like: dict[str, Any] | None, disk: float
    ) -> dict[str, Any]:
        """Return a whole region, from the body's members and the existing one."""
        if like and self.keeps:
            base = copy.deepcopy(like)
        else:
            base = {}
        made = {
            **base,
            **{name: value for name, value in said.items() if name not in KINDS},
        }
        for scaling in ("autoScaling", "analyticsAutoScaling"):
            made[scaling] = _over(base.get(scaling) or OFF, said.get(scaling, {}))
        first = _over(
            {"diskSizeGB": disk, **base.get("electableSpecs", {})},
            said.get("electableSpecs", {}),
        )
        for kind in KINDS:
            stays = base.get(
                kind, {"nodeCount": 0, "instanceSize": first.get("instanceSize")}
            )
            if kind not in said:  # it follows the electable nodes
                if kind == "analyticsSpecs" and stays.get("nodeCount"):
                    size = stays
                else:
                    size = first
                stays = {
                    **stays,
                    "diskSizeGB": first["diskSizeGB"],
                    "instanceSize": size.get("instanceSize"),
                }
            made[kind] = _over({"diskSizeGB": disk, **stays}, said.get(kind, {}))
            if made.get("providerName") == "AWS":
                made[kind].setdefault("ebsVolumeType", "STANDARD")
                if (
                    made[kind]["ebsVolumeType"] == "STANDARD"
                    or "diskIOPS" not in made[kind]
                ):
                    made[kind]["diskIOPS"] = 3000
        return made


def _over(base: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(base)
    for name, value in said.items():
        made[name] = (
            _over(made.get(name) or {}, value) if isinstance(value, dict) else value
        )
    return made


def zones(cluster: Cluster) -> dict[str, list[dict[str, Any]]]:
    """Return the shards of a cluster by zone."""
    found: dict[str, list[dict[str, Any]]] = {}
    for shard in cluster["replicationSpecs"]:
        found.setdefault(shard["zoneName"], []).append(shard)
    return found


def regions(cluster: Cluster) -> list[dict[str, Any]]:
    """Return all regions of all shards."""
    return [
        region
        for shard in cluster["replicationSpecs"]
        for region in shard["regionConfigs"]
    ]


def disk_of(cluster: Cluster) -> float:
    """Return the size of its disks, in GB."""
    size: float = regions(cluster)[0]["electableSpecs"]["diskSizeGB"]
    return size


def check(cluster: Cluster) -> None:
    """Raise RefusedError for an impossible cluster."""
    shards = cluster["replicationSpecs"]
    most = {"REPLICASET": (1, 1), "SHARDED": (1, 50), "GEOSHARDED": (9, 50)}[
        cluster["clusterType"]
    ]
    if not shards or len(zones(cluster)) > most[0] or len(shards) > most[1]:
        raise RefusedError(400, "INVALID_CLUSTER_CONFIGURATION", "replicationSpecs")
    for shard in shards:
        names = [
            (one["providerName"], one["regionName"]) for one in shard["regionConfigs"]
        ]
        nodes = sum(
            one["electableSpecs"]["nodeCount"] for one in shard["regionConfigs"]
        )
        if len({*names}) < len(names) or nodes not in {3, 5, 7}:
            raise RefusedError(400, "INVALID_CLUSTER_CONFIGURATION", "regionConfigs")
    disks = {
        one[kind]["diskSizeGB"]
        for one in regions(cluster)
        for kind in KINDS
        if one[kind]["nodeCount"]
    }
    sizes = [
        {one[kind]["instanceSize"] for kind in KINDS[:2] if one[kind]["nodeCount"]}
        for one in regions(cluster)
    ]
    if len(disks) > 1 or any(len(one) > 1 for one in sizes):
        raise RefusedError(
            400, "INVALID_CLUSTER_CONFIGURATION", "instanceSize, diskSizeGB"
        )


def normal(cluster: Cluster) -> Cluster:
    """Return a cluster in comparable form: for a kind without nodes nothing else counts."""
    made = copy.deepcopy(cluster)
    for region in regions(made):
        for kind in KINDS:
            region[kind] = (
                region[kind] if region[kind]["nodeCount"] else {"nodeCount": 0}
            )
    return made
