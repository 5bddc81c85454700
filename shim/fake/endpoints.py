"""The table of endpoints: path, method, versions, Atlas' own name for it, and what answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from shim.fake import orders, reads
from shim.fake.asking import Ask, Result

Handler = Callable[[Ask], Result]

_FLEX = ("2024-11-13",)
_FIRST = ("2023-01-01",)
_CLUSTERS = ("2023-01-01", "2023-02-01", "2024-08-05")

_BACKUP = "ApiAtlasLegacyServerlessBackupResource"
_INSTANCE = "ApiAtlasLegacyServerlessInstanceDescriptionResource"
_FLEX_BACKUP = "ApiAtlasFlexBackupResource"
_FLEX_CLUSTER = "ApiAtlasFlexClusterResource"
_DISK_SNAPSHOTS = "ApiAtlasDiskBackupSnapshotsResource"
_DISK_RESTORES = "ApiAtlasDiskBackupRestoreJobsResource"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation. ``sunset`` names the date after which it is gone; ``old`` says that v1.0 has it."""

    method: str
    template: str
    java: str
    handler: Handler
    versions: tuple[str, ...]
    sunset: Literal["backups", "instances"] | None = None
    old: bool = True


def _legacy(method: str, rest: str, java: str, handler: Handler) -> Endpoint:
    instance = java.startswith(_INSTANCE)
    sunset: Literal["backups", "instances"] = "instances" if instance else "backups"
    return Endpoint(method, f"/groups/{{group}}/serverless{rest}", java, handler, _FIRST, sunset)


def _flex(method: str, rest: str, java: str, handler: Handler) -> Endpoint:
    return Endpoint(method, f"/groups/{{group}}/flexClusters{rest}", java, handler, _FLEX, old=False)


def _dedicated(method: str, rest: str, java: str, handler: Handler, versions: tuple[str, ...] = _FIRST) -> Endpoint:
    return Endpoint(method, f"/groups/{{group}}/clusters{rest}", java, handler, versions)


_SNAPSHOTS, _SNAPSHOT = "/{name}/backup/snapshots", "/{name}/backup/snapshots/{snapshot}"
_JOBS, _JOB = "/{name}/backup/restoreJobs", "/{name}/backup/restoreJobs/{job}"

ENDPOINTS: tuple[Endpoint, ...] = (
    _legacy("GET", _SNAPSHOTS, f"{_BACKUP}::getSnapshots", reads.legacy_snapshots),
    _legacy("GET", _SNAPSHOT, f"{_BACKUP}::getSnapshot", reads.legacy_snapshot),
    _legacy("GET", _JOBS, f"{_BACKUP}::getRestoreJobs", reads.legacy_jobs),
    _legacy("POST", _JOBS, f"{_BACKUP}::createRestoreJob", orders.legacy_restore),
    _legacy("GET", _JOB, f"{_BACKUP}::getRestoreJob", reads.legacy_job),
    _legacy("GET", "", f"{_INSTANCE}::getAllServerlessInstances", reads.instances),
    _legacy("GET", "/{name}", f"{_INSTANCE}::getServerlessInstance", reads.instance),
    _flex("GET", _SNAPSHOTS, f"{_FLEX_BACKUP}::getSnapshots", reads.flex_snapshots),
    _flex("GET", _SNAPSHOT, f"{_FLEX_BACKUP}::getSnapshot", reads.flex_snapshot),
    _flex("GET", _JOBS, f"{_FLEX_BACKUP}::getRestoreJobs", reads.flex_jobs),
    _flex("POST", _JOBS, f"{_FLEX_BACKUP}::createRestoreJob", orders.flex_restore),
    _flex("GET", _JOB, f"{_FLEX_BACKUP}::getRestoreJob", reads.flex_job),
    _flex("POST", "/{name}/backup/download", f"{_FLEX_BACKUP}::downloadSnapshot", orders.flex_download),
    _flex("GET", "", f"{_FLEX_CLUSTER}::getAllFlexClusters", reads.flex_clusters),
    _flex("GET", "/{name}", f"{_FLEX_CLUSTER}::getFlexCluster", reads.flex_cluster),
    _dedicated("GET", _SNAPSHOTS, f"{_DISK_SNAPSHOTS}::getSnapshots", reads.dedicated_snapshots),
    _dedicated("GET", _SNAPSHOT, f"{_DISK_SNAPSHOTS}::getSnapshot", reads.dedicated_snapshot),
    _dedicated("GET", _JOBS, f"{_DISK_RESTORES}::getRestoreJobs", reads.dedicated_jobs),
    _dedicated("POST", _JOBS, f"{_DISK_RESTORES}::createRestoreJob", orders.dedicated_restore),
    _dedicated("GET", _JOB, f"{_DISK_RESTORES}::getRestoreJob", reads.dedicated_job),
    _dedicated("GET", "/{name}", "ApiAtlasClusterResource::getCluster", reads.dedicated_cluster, _CLUSTERS),
)

_PATTERNS = {
    endpoint.template: re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", endpoint.template)) for endpoint in ENDPOINTS
}


def find(api: str, rest: str) -> tuple[dict[str, Endpoint], dict[str, str]]:
    """Return the endpoints of a path by method, and the path parameters, percent-decoded."""
    methods: dict[str, Endpoint] = {}
    names: dict[str, str] = {}
    for endpoint in ENDPOINTS:
        match = _PATTERNS[endpoint.template].fullmatch(rest)
        if match and (endpoint.old or api != "v1.0"):
            methods[endpoint.method] = endpoint
            names = {key: unquote(value) for key, value in match.groupdict().items()}
    return methods, names
