"""Atlas' cluster APIs as a table: the clusters that each accepts, its errors for others, and its shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shim.fake import shapes
from shim.fake.http import JsonObject
from shim.fake.shapes import View
from shim.fake.world import Cluster, ClusterTier, Job


@dataclass(frozen=True, slots=True)
class ClusterApi:
    """One API; to add an API, add one of these and its rows in ``endpoints``.

    ``path`` is its segment behind the group, ``versions`` are the dates that it has, oldest first.
    ``refuses`` names the error code for each tier that it does not serve, ``unseen`` are tiers that it does not
    know at all; a dedicated cluster that was deleted is found where ``finds_deleted``. Snapshots are listed by
    the first date of ``snapshot_age`` that they have; one without is still being taken, and newer than all others.
    """

    path: str
    versions: tuple[str, ...]
    no_cluster: str
    refuses: Mapping[ClusterTier, str]
    no_snapshot: str
    no_job: str
    show_cluster: Callable[[Cluster, View], JsonObject]
    show_snapshot: Callable[[Cluster, JsonObject, View], JsonObject]
    show_job: Callable[[Cluster, Job, View], JsonObject]
    snapshot_age: tuple[str, ...]
    unseen: frozenset[ClusterTier] = frozenset()
    newest_first: bool = True
    finds_deleted: bool = False
    in_v1: bool = True


SERVERLESS = ClusterApi(
    path="serverless",
    versions=("2023-01-01",),
    no_cluster="SERVERLESS_INSTANCE_NOT_FOUND",
    refuses=dict.fromkeys(("dedicated", "free"), "CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API"),
    no_snapshot="TENANT_SNAPSHOT_NOT_FOUND",
    no_job="TENANT_RESTORE_NOT_FOUND",
    show_cluster=shapes.legacy_instance,
    show_snapshot=shapes.legacy_snapshot,
    show_job=shapes.legacy_job,
    snapshot_age=("startTime", "scheduledTime"),
)
"""The retired API; snapshots newest first (documented)."""

FLEX = ClusterApi(
    path="flexClusters",
    versions=("2024-11-13",),
    no_cluster="CLUSTER_NOT_FOUND",
    refuses=dict.fromkeys(("dedicated", "free"), "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"),
    no_snapshot="TENANT_SNAPSHOT_NOT_FOUND",
    no_job="TENANT_RESTORE_NOT_FOUND",
    show_cluster=shapes.flex_cluster,
    show_snapshot=shapes.flex_snapshot,
    show_job=shapes.flex_job,
    snapshot_age=("scheduledTime",),
    unseen=frozenset({"serverless"}),
    newest_first=False,
    in_v1=False,
)
"""Its successor; snapshots oldest scheduledTime first (104 of 104 recorded lists)."""

CLUSTERS = ClusterApi(
    path="clusters",
    versions=("2023-01-01", "2023-02-01", "2024-08-05"),
    no_cluster="CLUSTER_NOT_FOUND",
    refuses={
        "flex": "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API",
        "serverless": "CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API",
    },
    no_snapshot="SNAPSHOT_NOT_FOUND",
    no_job="RESTORE_JOB_NOT_FOUND",
    show_cluster=shapes.dedicated_cluster,
    show_snapshot=shapes.dedicated_snapshot,
    show_job=shapes.dedicated_job,
    snapshot_age=("createdAt",),
)
"""Dedicated and free clusters; snapshots newest first, those still being taken before all others."""

DISK_BACKUPS = replace(
    CLUSTERS,
    versions=("2023-01-01",),
    refuses={**CLUSTERS.refuses, "free": "FEATURE_UNSUPPORTED"},
    finds_deleted=True,
)
"""Backups of dedicated clusters: a free cluster has none, and those of a deleted cluster remain."""

SHARED_TIER = replace(
    FLEX,
    path="clusters",
    versions=("2023-01-01",),
    refuses=dict.fromkeys(("dedicated", "free"), "FEATURE_UNSUPPORTED"),
    show_snapshot=shapes.tenant_snapshot,
    show_job=shapes.tenant_job,
    in_v1=True,
)
"""The retired backups of M2 and M5 clusters, each now a flex cluster; its errors for others are unknown."""
