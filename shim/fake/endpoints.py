"""List Atlas's cluster APIs, and their endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

from shim.fake import reads, shapes, writes
from shim.fake.http import JsonObject
from shim.fake.reads import AtlasRequest, ClusterApi

SERVERLESS = ClusterApi(
    path="serverless",
    versions=("2023-01-01",),
    no_cluster="SERVERLESS_INSTANCE_NOT_FOUND",
    refusal="CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API",
    show_cluster=shapes.legacy_instance,
    show_snapshot=shapes.legacy_snapshot,
    show_job=shapes.legacy_job,
    snapshot_age=("startTime", "scheduledTime"),
)
"""The retired API. Snapshots are listed newest first (documented)."""

FLEX = ClusterApi(
    path="flexClusters",
    versions=("2024-11-13",),
    refusal="CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API",
    show_cluster=shapes.flex_cluster,
    show_snapshot=shapes.flex_snapshot,
    show_job=shapes.flex_job,
    snapshot_age=("scheduledTime",),
    newest_first=False,
    in_v1=False,
)
"""Its successor. Snapshots are listed oldest scheduledTime first (104 of 104 recorded lists)."""

CLUSTERS = ClusterApi(
    path="clusters",
    versions=("2023-01-01", "2023-02-01", "2024-08-05"),
    serves="dedicated",
    refusal="CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API",
    no_snapshot="SNAPSHOT_NOT_FOUND",
    no_job="RESTORE_JOB_NOT_FOUND",
    show_cluster=shapes.dedicated_cluster,
    show_snapshot=shapes.dedicated_snapshot,
    show_job=shapes.dedicated_job,
    snapshot_age=("createdAt",),
)
"""Dedicated clusters. Snapshots are listed newest first, unfinished ones before all others."""

DISK_BACKUPS = replace(CLUSTERS, versions=("2023-01-01",))
"""Backups of dedicated clusters."""

SHARED_TIER = replace(
    FLEX,
    path="clusters",
    versions=("2023-01-01",),
    refusal="FEATURE_UNSUPPORTED",
    show_snapshot=shapes.tenant_snapshot,
    show_job=shapes.tenant_job,
    in_v1=True,
)
"""The retired backups of M2 and M5 clusters, each now a flex cluster.

The error codes for clusters of other tiers are unknown.
"""

EndpointHandler = Callable[[AtlasRequest], JsonObject | list[JsonObject] | None]
"""Returns a document, the items of a page, or None. Raises AtlasRefusal."""

Sunset = Literal["backups", "instances"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation; ``status`` is its status on success.

    ``sunset`` is the date of its sunset, or None. Writes of instances end on the same
    day as the backups.
    """

    api: ClusterApi
    method: str
    path: str
    handler: EndpointHandler
    sunset: Sunset | None = None
    status: int = 200


def _clusters(
    api: ClusterApi, read: Sunset | None, write: Sunset | None, deleted: int
) -> list[Endpoint]:
    """Return the endpoints of clusters, with the sunsets of reads and writes.

    ``deleted`` is the status of a successful DELETE.
    """
    return [
        Endpoint(api, "GET", "", reads.list_clusters, read),
        Endpoint(api, "GET", "/{name}", reads.get_cluster, read),
        Endpoint(api, "POST", "", writes.create, write, 201),
        Endpoint(api, "PATCH", "/{name}", writes.update, write),
        Endpoint(api, "DELETE", "/{name}", writes.delete, write, deleted),
    ]


def _backups(
    api: ClusterApi,
    sunset: Sunset | None,
    restore: EndpointHandler,
    at: str = "backup",
    jobs: str = "restoreJobs",
) -> list[Endpoint]:
    """Return the endpoints of a cluster's snapshots and restore jobs.

    The shared tier restores at another path.
    """
    snapshots = f"/{{name}}/{at}/snapshots"
    all_jobs = f"/{{name}}/{at}/{jobs}"
    if jobs == "restoreJobs":
        order = all_jobs
    else:
        order = f"/{{name}}/{at}/restore"
    of_one = f"{snapshots}/{{snapshot}}"
    return [
        Endpoint(api, "GET", snapshots, reads.list_snapshots, sunset),
        Endpoint(api, "GET", of_one, reads.get_snapshot, sunset),
        Endpoint(api, "GET", all_jobs, reads.list_jobs, sunset),
        Endpoint(api, "GET", f"{all_jobs}/{{job}}", reads.get_job, sunset),
        Endpoint(api, "POST", order, restore, sunset),
    ]


ENDPOINTS: tuple[Endpoint, ...] = (
    *_backups(SERVERLESS, "backups", writes.restore),
    *_backups(FLEX, None, writes.flex_restore),
    *_backups(DISK_BACKUPS, None, writes.restore),
    Endpoint(FLEX, "POST", "/{name}/backup/download", writes.flex_download),
    *_backups(SHARED_TIER, "backups", writes.flex_restore, "backup/tenant", "restores"),
    Endpoint(
        SHARED_TIER,
        "POST",
        "/{name}/backup/tenant/download",
        writes.flex_download,
        "backups",
    ),
    *_clusters(SERVERLESS, "instances", "backups", 202),
    *_clusters(FLEX, None, None, 204),
    Endpoint(CLUSTERS, "GET", "", reads.list_clusters),
    Endpoint(CLUSTERS, "GET", "/{name}", reads.get_cluster),
)


def _pattern(endpoint: Endpoint) -> re.Pattern[str]:
    # Public clients of v1.0 list and create clusters at a path that ends in a slash.
    template = f"/groups/{{group}}/{endpoint.api.path}{endpoint.path or '/?'}"
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


_PATTERNS = [(endpoint, _pattern(endpoint)) for endpoint in ENDPOINTS]


def find(path: str, *, v1: bool) -> tuple[dict[str, Endpoint], dict[str, str]]:
    """Return the endpoints of a path by method, and its parameters, percent-decoded.

    The path begins after the API version.
    """
    methods: dict[str, Endpoint] = {}
    names: dict[str, str] = {}
    for endpoint, pattern in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and (endpoint.api.in_v1 or not v1):
            methods[endpoint.method] = endpoint
            names = {key: unquote(value) for key, value in match.groupdict().items()}
    return methods, names
