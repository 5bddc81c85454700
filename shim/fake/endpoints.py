"""The table of endpoints: API, method, path, what answers, Atlas' own name for it, and when it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from shim.fake import orders, reads
from shim.fake.apis import CLUSTERS, DISK_BACKUPS, FLEX, SERVERLESS, ClusterApi
from shim.fake.lookup import AtlasRequest
from shim.fake.messages import JsonObject

EndpointHandler = Callable[[AtlasRequest], JsonObject | list[JsonObject]]
Sunset = Literal["backups", "instances"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation; ``java`` is Atlas' name for it, in the field X-Java-Method.

    ``sunset`` names the date from which it is gone, None for one that stays. ``statuses`` are those of a
    success in v2 and in v1.0.
    """

    api: ClusterApi
    method: str
    path: str
    handler: EndpointHandler
    java: str
    sunset: Sunset | None = None
    statuses: tuple[int, int] = (200, 200)


_SNAPSHOTS, _SNAPSHOT = "/{name}/backup/snapshots", "/{name}/backup/snapshots/{snapshot}"
_JOBS, _JOB = "/{name}/backup/restoreJobs", "/{name}/backup/restoreJobs/{job}"
_CREATED = (200, 201)

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
    Endpoint(SERVERLESS, "POST", _JOBS, orders.legacy_restore, f"{_BACKUP}::createRestoreJob", "backups", _CREATED),
    Endpoint(SERVERLESS, "GET", _JOB, reads.get_job, f"{_BACKUP}::getRestoreJob", "backups"),
    Endpoint(SERVERLESS, "GET", "", reads.list_clusters, f"{_INSTANCE}::getAllServerlessInstances", "instances"),
    Endpoint(SERVERLESS, "GET", "/{name}", reads.get_cluster, f"{_INSTANCE}::getServerlessInstance", "instances"),
    Endpoint(FLEX, "GET", _SNAPSHOTS, reads.list_snapshots, f"{_FLEX_BACKUP}::getSnapshots"),
    Endpoint(FLEX, "GET", _SNAPSHOT, reads.get_snapshot, f"{_FLEX_BACKUP}::getSnapshot"),
    Endpoint(FLEX, "GET", _JOBS, reads.list_jobs, f"{_FLEX_BACKUP}::getRestoreJobs"),
    Endpoint(FLEX, "POST", _JOBS, orders.flex_restore, f"{_FLEX_BACKUP}::createRestoreJob"),
    Endpoint(FLEX, "GET", _JOB, reads.get_job, f"{_FLEX_BACKUP}::getRestoreJob"),
    Endpoint(FLEX, "POST", "/{name}/backup/download", orders.flex_download, f"{_FLEX_BACKUP}::downloadSnapshot"),
    Endpoint(FLEX, "GET", "", reads.list_clusters, f"{_FLEX_CLUSTER}::getAllFlexClusters"),
    Endpoint(FLEX, "GET", "/{name}", reads.get_cluster, f"{_FLEX_CLUSTER}::getFlexCluster"),
    Endpoint(DISK_BACKUPS, "GET", _SNAPSHOTS, reads.list_snapshots, f"{_DISK_SNAPSHOTS}::getSnapshots"),
    Endpoint(DISK_BACKUPS, "GET", _SNAPSHOT, reads.get_snapshot, f"{_DISK_SNAPSHOTS}::getSnapshot"),
    Endpoint(DISK_BACKUPS, "GET", _JOBS, reads.list_jobs, f"{_DISK_JOBS}::getRestoreJobs"),
    Endpoint(DISK_BACKUPS, "POST", _JOBS, orders.dedicated_restore, f"{_DISK_JOBS}::createRestoreJob", None, _CREATED),
    Endpoint(DISK_BACKUPS, "GET", _JOB, reads.get_job, f"{_DISK_JOBS}::getRestoreJob"),
    Endpoint(CLUSTERS, "GET", "/{name}", reads.get_cluster, "ApiAtlasClusterResource::getCluster"),
)


def _pattern(endpoint: Endpoint) -> re.Pattern[str]:
    template = f"/groups/{{group}}/{endpoint.api.path}{endpoint.path}"
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
