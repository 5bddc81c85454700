"""Reads, the same for every API: find the resource in the path, or refuse in the API's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from shim.fake.apis import ClusterApi
from shim.fake.http import JsonObject
from shim.fake.refusals import AtlasRefusal
from shim.fake.shapes import View
from shim.fake.world import Cluster, World

ID = re.compile(r"[a-f0-9]{24}")


@dataclass(frozen=True, slots=True)
class AtlasRequest:
    """One recognised, signed-in request.

    ``names`` are the decoded path parameters, ``query`` is raw. ``blank``: the endpoint knows only instances
    without a flex cluster.
    """

    world: World
    api: ClusterApi
    view: View
    names: Mapping[str, str]
    body: bytes = field(repr=False)
    query: str = ""
    blank: bool = False

    @property
    def is_flex(self) -> bool:
        """Whether the flex API is asked."""
        return self.api.path == "flexClusters"

    def id(self, name: str, error: str) -> str:
        """Return a path parameter with the form of an id; raises AtlasRefusal."""
        identity = self.names[name]
        if not ID.fullmatch(identity):
            raise AtlasRefusal(error, identity)
        return identity


def clusters_of(request: AtlasRequest) -> dict[str, Cluster]:
    """Return the clusters of the path's group that the endpoint can see, by name; raises AtlasRefusal."""
    clusters = request.world.clusters(request.id("group", "INVALID_GROUP_ID"))
    if request.blank:
        return {name: each for name, each in clusters.items() if each.tier == "serverless"}
    return {name: each for name, each in clusters.items() if each.tier not in request.api.unseen}


def cluster_of(request: AtlasRequest) -> Cluster:
    """Return the path's cluster; raises AtlasRefusal if it is unknown or of a tier that the API does not serve."""
    api, name, group = request.api, request.names["name"], request.names["group"]
    cluster = clusters_of(request).get(name)
    if cluster is None and api.finds_deleted:
        cluster = request.world.deleted_dedicated(group, name)
    if cluster is None:
        raise AtlasRefusal("NOT_FOUND") if request.blank else AtlasRefusal(api.no_cluster, name, group)
    if cluster.tier in api.refuses:
        raise AtlasRefusal(api.refuses[cluster.tier], name)
    return cluster


def snapshot_of(request: AtlasRequest, cluster: Cluster, identity: str) -> JsonObject:
    """Return a snapshot of a cluster by id; raises AtlasRefusal."""
    snapshot = cluster.snapshot(identity)
    if snapshot is None:
        raise AtlasRefusal(request.api.no_snapshot, identity, cluster.name)
    return snapshot


def list_clusters(request: AtlasRequest) -> list[JsonObject]:
    """Return the clusters of the group that the API serves."""
    served = [each for each in clusters_of(request).values() if each.tier not in request.api.refuses]
    return [request.api.show_cluster(each, request.view) for each in served]


def get_cluster(request: AtlasRequest) -> JsonObject:
    """Return one cluster."""
    return request.api.show_cluster(cluster_of(request), request.view)


def get_auto_indexing(request: AtlasRequest) -> bool:
    """Return whether automatic indexing is on, a bare boolean (contract)."""
    return cluster_of(request).auto_indexing


def list_snapshots(request: AtlasRequest) -> list[JsonObject]:
    """Return the snapshots of a cluster in the API's order."""
    api, cluster = request.api, cluster_of(request)

    def age(snapshot: JsonObject) -> str:  # "~" is behind every date
        return next(filter(None, map(snapshot.get, api.snapshot_age)), f"~{snapshot.get('id') or ''}")

    ordered = sorted(cluster.snapshots, key=age, reverse=api.newest_first)
    return [api.show_snapshot(cluster, each, request.view) for each in ordered]


def get_snapshot(request: AtlasRequest) -> JsonObject:
    """Return one snapshot."""
    cluster = cluster_of(request)
    snapshot = snapshot_of(request, cluster, request.id("snapshot", "INVALID_SNAPSHOT_ID"))
    return request.api.show_snapshot(cluster, snapshot, request.view)


def list_jobs(request: AtlasRequest) -> list[JsonObject]:
    """Return the restore jobs of a cluster, newest first (103 of 103 recorded flex lists)."""
    cluster = cluster_of(request)
    return [request.api.show_job(cluster, each, request.view) for each in reversed(cluster.jobs)]


def get_job(request: AtlasRequest) -> JsonObject:
    """Return one restore job."""
    cluster, identity = cluster_of(request), request.id("job", "INVALID_JOB_ID")
    job = cluster.job(identity)
    if job is None:
        raise AtlasRefusal(request.api.no_job, identity, cluster.name)
    return request.api.show_job(cluster, job, request.view)
