"""Atlas after the old versions end: it accepts only new writes, without members of old ones."""

import copy
from typing import Any

import attrs

from tests.contract.schema import Bodies
from tests.stateful.cluster import PLAIN, Cluster, RefusedError, World, disk_of

READ = "2024-08-05"
WRITE = "2024-10-23"
PATH = "/api/atlas/v2/groups/{groupId}/clusters"
BODIES = Bodies("cluster-writes-2026-08")
NEEDED = {
    "replicationSpecs[].id is for reads alone",  # Atlas deletes a shard without it
    "replicationSpecs[].zoneId is for reads alone",
    # reads have this form (recorded)
    "biConnector.readPreference: 'secondary' is not one of its words",
}
"""Members that Atlas accepts although the specification lacks them."""


@attrs.define
class Strict(World):
    """Its clusters."""

    def call(
        self, version: str, method: str, name: str, body: Any = None
    ) -> dict[str, Any]:
        """Make a call; return the cluster. Raises RefusedError."""
        if (method == "GET") != (version == READ) or version not in {READ, WRITE}:
            raise RefusedError(
                410,
                "VERSION_GONE",
                f"Version {version} of {PATH} is no longer available.",
            )
        if method == "GET":
            return copy.deepcopy(self.find(name))
        if method == "POST":
            path = PATH
        else:
            path = f"{PATH}/{{clusterName}}"
        if wrong := [
            one
            for one in BODIES.defects(BODIES.bodies[method, path, WRITE], body)
            if one not in NEEDED
        ]:
            raise RefusedError(400, "INVALID_ATTRIBUTE", wrong[0])
        if method == "POST" and body["name"] in self.clusters:
            raise RefusedError(400, "DUPLICATE_CLUSTER_NAME", "name")
        if method == "PATCH":
            there = copy.deepcopy(self.find(name))
        else:
            there = None
        made = {**(there or {**copy.deepcopy(PLAIN), "replicationSpecs": []}), **body}
        if "replicationSpecs" in body:
            made["replicationSpecs"] = self._shards(body["replicationSpecs"], there)
        self.keep(made)
        return copy.deepcopy(made)

    def _shards(
        self, said: list[dict[str, Any]], there: Cluster | None
    ) -> list[dict[str, Any]]:
        """Return the shards of a body: a shard whose id is left out is deleted, and one without an id is new."""
        if there:
            old = {shard["id"]: shard for shard in there["replicationSpecs"]}
        else:
            old = {}
        names = {shard["zoneName"]: shard["zoneId"] for shard in old.values()}
        made = list[dict[str, Any]]()
        disk = disk_of(there) if there else 10
        for number, spec in enumerate(said):
            if spec.get("id", next(iter(old), "")) not in old and "id" in spec:
                raise RefusedError(400, "INVALID_ATTRIBUTE", "replicationSpecs[].id")
            like = old.get(spec.get("id", ""))
            name = spec.get("zoneName")
            name = name or (
                like["zoneName"] if like else f"Zone {number + 1 if not made else 1}"
            )
            zone = spec.get("zoneId") or (
                like["zoneId"] if like and like["zoneName"] == name else names.get(name)
            )
            names[name] = zone or self.new_id()
            if like:
                by_name = {
                    (one["providerName"], one["regionName"]): one
                    for one in like["regionConfigs"]
                }
            else:
                by_name = {}
            if len(by_name) == len(spec["regionConfigs"]) == 1:
                moved = next(iter(by_name.values()))
            else:
                moved = None
            configs = [
                self.region(
                    one,
                    by_name.get((one["providerName"], one["regionName"]), moved),
                    disk,
                )
                for one in spec["regionConfigs"]
            ]
            own = like["id"] if like else self.new_id()
            made.append(
                {
                    "id": own,
                    "regionConfigs": configs,
                    "zoneId": names[name],
                    "zoneName": name,
                }
            )
        return made
