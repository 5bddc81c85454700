"""Finding what a request names, or refusing it in the words of the API that was asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from shim.fake.apis import ClusterApi
from shim.fake.messages import JsonObject
from shim.fake.refusals import AtlasRefusal
from shim.fake.shapes import View
from shim.fake.world import Cluster, Job, World

_ID = re.compile(r"[a-f0-9]{24}")


@dataclass(frozen=True, slots=True)
class AtlasRequest:
    """One recognised, signed-in request.

    ``names`` are the path parameters, decoded, ``query`` is raw. ``blank`` says that the endpoint answers as
    if there were nothing, but for instances that no flex cluster stands for.
    """

    world: World
    api: ClusterApi
    view: View
    names: Mapping[str, str]
    body: bytes = field(repr=False)
    query: str = ""
    blank: bool = False


def is_id(text: str) -> bool:
    """Tell whether a text is written like an id of Atlas: 24 hexadecimal digits, lower case."""
    return _ID.fullmatch(text) is not None


def _id(request: AtlasRequest, name: str, error: str) -> str:
    identity = request.names[name]
    if not is_id(identity):
        raise AtlasRefusal(error, identity)
    return identity


def clusters_of(request: AtlasRequest) -> dict[str, Cluster]:
    """Return the clusters of the path's group that the endpoint can see, by name; raises AtlasRefusal."""
    clusters = request.world.clusters(_id(request, "group", "INVALID_GROUP_ID"))
    if request.blank:
        return {name: each for name, each in clusters.items() if each.tier == "serverless"}
    return {name: each for name, each in clusters.items() if each.tier not in request.api.unseen}


def cluster_of(request: AtlasRequest) -> Cluster:
    """Return the path's cluster; raises AtlasRefusal when it is unknown or of a tier that the API does not serve."""
    api, name, group = request.api, request.names["name"], request.names["group"]
    cluster = clusters_of(request).get(name)
    if cluster is None and api.finds_deleted:
        cluster = request.world.deleted_dedicated(group, name)
    if cluster is None:
        raise AtlasRefusal("NOT_FOUND") if request.blank else AtlasRefusal(api.no_cluster, name, group)
    if cluster.tier in api.refuses:
        raise AtlasRefusal(api.refuses[cluster.tier], name)
    return cluster


def named_snapshot(request: AtlasRequest, cluster: Cluster, identity: str) -> JsonObject:
    """Return a snapshot of a cluster by id; raises AtlasRefusal."""
    snapshot = cluster.snapshot(identity)
    if snapshot is None:
        raise AtlasRefusal(request.api.no_snapshot, identity, cluster.name)
    return snapshot


def snapshot_of(request: AtlasRequest, cluster: Cluster) -> JsonObject:
    """Return the path's snapshot; raises AtlasRefusal."""
    return named_snapshot(request, cluster, _id(request, "snapshot", "INVALID_SNAPSHOT_ID"))


def job_of(request: AtlasRequest, cluster: Cluster) -> Job:
    """Return the path's restore job; raises AtlasRefusal."""
    identity = _id(request, "job", "INVALID_JOB_ID")
    job = cluster.job(identity)
    if job is None:
        raise AtlasRefusal(request.api.no_job, identity, cluster.name)
    return job
