"""The handlers of GET, the same for every API: find, order, show."""

from __future__ import annotations

from shim.fake.lookup import AtlasRequest, cluster_of, clusters_of, job_of, snapshot_of
from shim.fake.messages import JsonObject


def list_clusters(request: AtlasRequest) -> list[JsonObject]:
    """Return the clusters of the group that the API serves."""
    served = [each for each in clusters_of(request).values() if each.tier not in request.api.refuses]
    return [request.api.show_cluster(each, request.view) for each in served]


def get_cluster(request: AtlasRequest) -> JsonObject:
    """Return one cluster."""
    return request.api.show_cluster(cluster_of(request), request.view)


def get_auto_indexing(request: AtlasRequest) -> bool:
    """Tell whether automatic indexing is on: a bare boolean (contract)."""
    return cluster_of(request).auto_indexing


def list_snapshots(request: AtlasRequest) -> list[JsonObject]:
    """Return the snapshots of a cluster in the API's order."""
    api, cluster = request.api, cluster_of(request)
    ordered = sorted(cluster.snapshots, key=api.snapshot_age, reverse=api.newest_first)
    return [api.show_snapshot(cluster, each, request.view) for each in ordered]


def get_snapshot(request: AtlasRequest) -> JsonObject:
    """Return one snapshot."""
    cluster = cluster_of(request)
    return request.api.show_snapshot(cluster, snapshot_of(request, cluster), request.view)


def list_jobs(request: AtlasRequest) -> list[JsonObject]:
    """Return the restore jobs of a cluster, newest first (103 of 103 recorded flex lists)."""
    cluster = cluster_of(request)
    return [request.api.show_job(cluster, each, request.view) for each in reversed(cluster.jobs)]


def get_job(request: AtlasRequest) -> JsonObject:
    """Return one restore job."""
    cluster = cluster_of(request)
    return request.api.show_job(cluster, job_of(request, cluster), request.view)
