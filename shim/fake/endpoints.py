"""The table of endpoints: API, method, path, what answers, Atlas' own name for it, and when it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from shim.fake import reads, writes
from shim.fake.apis import CLUSTERS, DISK_BACKUPS, FLEX, SERVERLESS, SHARED_TIER, ClusterApi
from shim.fake.http import JsonObject
from shim.fake.reads import AtlasRequest

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


_CREATED, _ACCEPTED, _DONE = (201, 201), (202, 202), (204, 204)
_ORDERED = (200, 201)
_INSTANCE = "ApiAtlasLegacyServerlessInstanceDescriptionResource"
_FLEX_CLUSTER = "ApiAtlasFlexClusterResource"
_FLEX_BACKUP = "ApiAtlasFlexBackupResource"
_AUTO_INDEXING = "/{name}/performanceAdvisor/autoIndexing"


def _reads_of_backups(
    api: ClusterApi, snapshots: str, jobs: str, java: tuple[str, str], sunset: Sunset | None = None
) -> tuple[Endpoint, ...]:
    """Return the four reads of snapshots and restore jobs; ``java`` are Atlas' names for the two resources."""
    rows = (
        (f"/{{name}}/backup/{snapshots}", reads.list_snapshots, java[0], "getSnapshots"),
        (f"/{{name}}/backup/{snapshots}/{{snapshot}}", reads.get_snapshot, java[0], "getSnapshot"),
        (f"/{{name}}/backup/{jobs}", reads.list_jobs, java[1], "getRestoreJobs"),
        (f"/{{name}}/backup/{jobs}/{{job}}", reads.get_job, java[1], "getRestoreJob"),
    )
    return tuple(
        Endpoint(api, "GET", path, handler, f"{resource}::{name}" if resource else "", sunset)
        for path, handler, resource, name in rows
    )


def _restore(api: ClusterApi, handler: EndpointHandler, java: str, *rest: Any) -> Endpoint:
    return Endpoint(api, "POST", "/{name}/backup/restoreJobs", handler, f"{java}::createRestoreJob", *rest)


_LEGACY_BACKUP = "ApiAtlasLegacyServerlessBackupResource"
_DISK = ("ApiAtlasDiskBackupSnapshotsResource", "ApiAtlasDiskBackupRestoreJobsResource")

ENDPOINTS: tuple[Endpoint, ...] = (
    *_reads_of_backups(SERVERLESS, "snapshots", "restoreJobs", (_LEGACY_BACKUP, _LEGACY_BACKUP), "backups"),
    *_reads_of_backups(SHARED_TIER, "tenant/snapshots", "tenant/restores", ("", ""), "backups"),
    *_reads_of_backups(FLEX, "snapshots", "restoreJobs", (_FLEX_BACKUP, _FLEX_BACKUP)),
    *_reads_of_backups(DISK_BACKUPS, "snapshots", "restoreJobs", _DISK),
    _restore(SERVERLESS, writes.legacy_restore, _LEGACY_BACKUP, "backups", _ORDERED),
    _restore(FLEX, writes.flex_restore, _FLEX_BACKUP),
    _restore(DISK_BACKUPS, writes.dedicated_restore, _DISK[1], None, _ORDERED),
    Endpoint(SHARED_TIER, "POST", "/{name}/backup/tenant/restore", writes.tenant_restore, "", "backups"),
    Endpoint(SHARED_TIER, "POST", "/{name}/backup/tenant/download", writes.tenant_download, "", "backups"),
    Endpoint(FLEX, "POST", "/{name}/backup/download", writes.flex_download, f"{_FLEX_BACKUP}::downloadSnapshot"),
    Endpoint(SERVERLESS, "GET", "", reads.list_clusters, f"{_INSTANCE}::getAllServerlessInstances", "instances"),
    Endpoint(SERVERLESS, "GET", "/{name}", reads.get_cluster, f"{_INSTANCE}::getServerlessInstance", "instances"),
    Endpoint(SERVERLESS, "POST", "", writes.create, f"{_INSTANCE}::createServerlessInstance", "backups", _CREATED),
    Endpoint(SERVERLESS, "PATCH", "/{name}", writes.update, f"{_INSTANCE}::updateServerlessInstance", "backups"),
    Endpoint(
        SERVERLESS, "DELETE", "/{name}", writes.delete, f"{_INSTANCE}::deleteServerlessInstance", "backups", _ACCEPTED
    ),
    Endpoint(SERVERLESS, "GET", _AUTO_INDEXING, reads.get_auto_indexing, "", "backups"),
    Endpoint(SERVERLESS, "POST", _AUTO_INDEXING, writes.set_auto_indexing, "", "backups"),
    Endpoint(FLEX, "GET", "", reads.list_clusters, f"{_FLEX_CLUSTER}::getAllFlexClusters"),
    Endpoint(FLEX, "GET", "/{name}", reads.get_cluster, f"{_FLEX_CLUSTER}::getFlexCluster"),
    Endpoint(FLEX, "POST", "", writes.create_flex, f"{_FLEX_CLUSTER}::createFlexCluster", None, _CREATED),
    Endpoint(FLEX, "PATCH", "/{name}", writes.update_flex, f"{_FLEX_CLUSTER}::updateFlexCluster"),
    Endpoint(FLEX, "DELETE", "/{name}", writes.delete_flex, f"{_FLEX_CLUSTER}::deleteFlexCluster", None, _DONE),
    Endpoint(CLUSTERS, "GET", "", reads.list_clusters, ""),
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
