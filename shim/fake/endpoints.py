"""The table of endpoints: API, method, path, what answers, Atlas' own name for it, and when it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from shim.fake import orders, reads, writes
from shim.fake.apis import CLUSTERS, DISK_BACKUPS, FLEX, SERVERLESS, SHARED_TIER, ClusterApi
from shim.fake.lookup import AtlasRequest
from shim.fake.messages import JsonObject

EndpointHandler = Callable[[AtlasRequest], JsonObject | list[JsonObject] | bool | None]
"""Returns one document, the items of a page, a bare boolean, or nothing; raises AtlasRefusal."""

Sunset = Literal["backups", "instances"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation; ``java`` is Atlas' name for it, in the field X-Java-Method, empty where nobody saw it.

    ``sunset`` names the date from which it is gone, None for one that stays; writes of instances go with the
    backups. ``statuses`` are those of a success in v2 and in v1.0.
    """

    api: ClusterApi
    method: str
    path: str
    handler: EndpointHandler
    java: str
    sunset: Sunset | None = None
    statuses: tuple[int, int] = (200, 200)

    @property
    def takes_json(self) -> bool:
        """Whether a request must have JSON content."""
        return self.method in {"POST", "PATCH"} and self.handler is not writes.set_auto_indexing


_SNAPSHOTS, _SNAPSHOT = "/{name}/backup/snapshots", "/{name}/backup/snapshots/{snapshot}"
_JOBS, _JOB = "/{name}/backup/restoreJobs", "/{name}/backup/restoreJobs/{job}"
_TENANT_SNAPSHOTS, _TENANT_SNAPSHOT = "/{name}/backup/tenant/snapshots", "/{name}/backup/tenant/snapshots/{snapshot}"
_TENANT_JOBS, _TENANT_JOB = "/{name}/backup/tenant/restores", "/{name}/backup/tenant/restores/{job}"
_TENANT_RESTORE, _TENANT_DOWNLOAD = "/{name}/backup/tenant/restore", "/{name}/backup/tenant/download"
_AUTO_INDEXING = "/{name}/performanceAdvisor/autoIndexing"
_ORDERED = (200, 201)
_CREATED, _ACCEPTED, _DONE = (201, 201), (202, 202), (204, 204)

_BACKUP = "ApiAtlasLegacyServerlessBackupResource"
_INSTANCE = "ApiAtlasLegacyServerlessInstanceDescriptionResource"
_FLEX_BACKUP = "ApiAtlasFlexBackupResource"
_FLEX_CLUSTER = "ApiAtlasFlexClusterResource"
_DISK_SNAPSHOTS = "ApiAtlasDiskBackupSnapshotsResource"
_DISK_JOBS = "ApiAtlasDiskBackupRestoreJobsResource"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(SERVERLESS, "GET", _SNAPSHOTS, reads.list_snapshots, f"{_BACKUP}::getSnapshots", "backups"),
    Endpoint(SERVERLESS, "GET", _SNAPSHOT, reads.get_snapshot, f"{_BACKUP}::getSnapshot", "backups"),
    Endpoint(SERVERLESS, "GET", _JOBS, reads.list_jobs, f"{_BACKUP}::getRestoreJobs", "backups"),
    Endpoint(SERVERLESS, "POST", _JOBS, orders.legacy_restore, f"{_BACKUP}::createRestoreJob", "backups", _ORDERED),
    Endpoint(SERVERLESS, "GET", _JOB, reads.get_job, f"{_BACKUP}::getRestoreJob", "backups"),
    Endpoint(SERVERLESS, "GET", "", reads.list_clusters, f"{_INSTANCE}::getAllServerlessInstances", "instances"),
    Endpoint(SERVERLESS, "GET", "/{name}", reads.get_cluster, f"{_INSTANCE}::getServerlessInstance", "instances"),
    Endpoint(
        SERVERLESS, "POST", "", writes.create_instance, f"{_INSTANCE}::createServerlessInstance", "backups", _CREATED
    ),
    Endpoint(
        SERVERLESS, "PATCH", "/{name}", writes.update_instance, f"{_INSTANCE}::updateServerlessInstance", "backups"
    ),
    Endpoint(
        SERVERLESS,
        "DELETE",
        "/{name}",
        writes.delete_instance,
        f"{_INSTANCE}::deleteServerlessInstance",
        "backups",
        _ACCEPTED,
    ),
    Endpoint(SERVERLESS, "GET", _AUTO_INDEXING, reads.get_auto_indexing, "", "backups"),
    Endpoint(SERVERLESS, "POST", _AUTO_INDEXING, writes.set_auto_indexing, "", "backups"),
    Endpoint(SHARED_TIER, "GET", _TENANT_SNAPSHOTS, reads.list_snapshots, "", "backups"),
    Endpoint(SHARED_TIER, "GET", _TENANT_SNAPSHOT, reads.get_snapshot, "", "backups"),
    Endpoint(SHARED_TIER, "GET", _TENANT_JOBS, reads.list_jobs, "", "backups"),
    Endpoint(SHARED_TIER, "GET", _TENANT_JOB, reads.get_job, "", "backups"),
    Endpoint(SHARED_TIER, "POST", _TENANT_RESTORE, orders.tenant_restore, "", "backups"),
    Endpoint(SHARED_TIER, "POST", _TENANT_DOWNLOAD, orders.tenant_download, "", "backups"),
    Endpoint(FLEX, "GET", _SNAPSHOTS, reads.list_snapshots, f"{_FLEX_BACKUP}::getSnapshots"),
    Endpoint(FLEX, "GET", _SNAPSHOT, reads.get_snapshot, f"{_FLEX_BACKUP}::getSnapshot"),
    Endpoint(FLEX, "GET", _JOBS, reads.list_jobs, f"{_FLEX_BACKUP}::getRestoreJobs"),
    Endpoint(FLEX, "POST", _JOBS, orders.flex_restore, f"{_FLEX_BACKUP}::createRestoreJob"),
    Endpoint(FLEX, "GET", _JOB, reads.get_job, f"{_FLEX_BACKUP}::getRestoreJob"),
    Endpoint(FLEX, "POST", "/{name}/backup/download", orders.flex_download, f"{_FLEX_BACKUP}::downloadSnapshot"),
    Endpoint(FLEX, "GET", "", reads.list_clusters, f"{_FLEX_CLUSTER}::getAllFlexClusters"),
    Endpoint(FLEX, "GET", "/{name}", reads.get_cluster, f"{_FLEX_CLUSTER}::getFlexCluster"),
    Endpoint(FLEX, "POST", "", writes.create_flex_cluster, f"{_FLEX_CLUSTER}::createFlexCluster", None, _CREATED),
    Endpoint(FLEX, "PATCH", "/{name}", writes.update_flex_cluster, f"{_FLEX_CLUSTER}::updateFlexCluster"),
    Endpoint(FLEX, "DELETE", "/{name}", writes.delete_flex_cluster, f"{_FLEX_CLUSTER}::deleteFlexCluster", None, _DONE),
    Endpoint(DISK_BACKUPS, "GET", _SNAPSHOTS, reads.list_snapshots, f"{_DISK_SNAPSHOTS}::getSnapshots"),
    Endpoint(DISK_BACKUPS, "GET", _SNAPSHOT, reads.get_snapshot, f"{_DISK_SNAPSHOTS}::getSnapshot"),
    Endpoint(DISK_BACKUPS, "GET", _JOBS, reads.list_jobs, f"{_DISK_JOBS}::getRestoreJobs"),
    Endpoint(DISK_BACKUPS, "POST", _JOBS, orders.dedicated_restore, f"{_DISK_JOBS}::createRestoreJob", None, _ORDERED),
    Endpoint(DISK_BACKUPS, "GET", _JOB, reads.get_job, f"{_DISK_JOBS}::getRestoreJob"),
    Endpoint(CLUSTERS, "GET", "/{name}", reads.get_cluster, "ApiAtlasClusterResource::getCluster"),
)


def _pattern(endpoint: Endpoint) -> re.Pattern[str]:
    # Public clients of v1.0 list and create clusters under a path that ends in a slash.
    template = f"/groups/{{group}}/{endpoint.api.path}{endpoint.path or '/?'}"
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


_PATTERNS = [(endpoint, _pattern(endpoint)) for endpoint in ENDPOINTS]


def find(path: str, *, v1: bool) -> tuple[dict[str, Endpoint], dict[str, str]]:
    """Return the endpoints of a path behind the API version, by method, and its parameters, percent-decoded."""
    methods: dict[str, Endpoint] = {}
    names: dict[str, str] = {}
    for endpoint, pattern in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and (endpoint.api.in_v1 or not v1):
            methods[endpoint.method] = endpoint
            names = {key: unquote(value) for key, value in match.groupdict().items()}
    return methods, names
