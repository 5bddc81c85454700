"""The decided fields, written by hand from the design and the recordings, without any rules of the shim.

Each function returns exactly the document that a caller must get for one upstream
object. A member is left out if its source is missing, null, or a value that the legacy
interface doesn't have.
"""

from datetime import datetime
from typing import Any

import attrs

SNAPSHOT_WORDS = {"PENDING": "queued", "QUEUED": "queued", "RUNNING": "inProgress"}
SNAPSHOT_WORDS |= {"COMPLETED": "completed", "FAILED": "failed"}
JOB_WORDS = {"PENDING", "QUEUED", "RUNNING", "COMPLETED", "FAILED"}
"""The statuses of a flex restore job (contract)."""
LEGACY_STATUS = {"queued", "inProgress", "completed", "failed"}
FREQUENCIES = {"hourly", "daily", "weekly", "monthly"}
SNAPSHOT_TYPES = {"onDemand", "scheduled"}
DELIVERIES = {"automated", "download", "pointInTime"}


@attrs.frozen
class Where:
    """Inputs of a document besides the object: the caller's base URL, path parameters, and the time."""

    base: str
    api: str
    group: str
    cluster: str
    now: datetime

    @property
    def url(self) -> str:
        """The legacy URL of the cluster."""
        return self.url_of(self.cluster)

    def url_of(self, cluster: str) -> str:
        """Return the legacy URL of a cluster of the same group."""
        return (
            f"{self.base}/api/atlas/{self.api}/groups/{self.group}/serverless/{cluster}"
        )

    @property
    def tenant_url(self) -> str:
        """The URL of the shared-tier backups of the cluster."""
        return f"{self.base}/api/atlas/{self.api}/groups/{self.group}/clusters/{self.cluster}/backup/tenant"


def _there(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}


def _same(source: dict[str, Any], names: str) -> dict[str, Any]:
    return {name: source.get(name) for name in names.split()}


def _word(value: Any, words: set[str]) -> str | None:
    return value if value in words else None


def _first(source: dict[str, Any], *names: str) -> Any:
    return next((source[name] for name in names if source.get(name) is not None), None)


def flex_snapshot(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A snapshot of a flex cluster."""
    return _there(
        {
            "createdAt": _first(source, "startTime", "scheduledTime"),
            "expiresAt": source.get("expiration"),
            "frequencyType": "daily",
            "id": source.get("id"),
            "mongodVersion": source.get("mongoDBVersion"),
            "serverlessInstanceName": where.cluster,
            "snapshotType": "scheduled",
            "status": SNAPSHOT_WORDS.get(source.get("status", "")),
            "links": _self(where, "snapshots", source),
        }
    )


def dedicated_snapshot(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A snapshot of a dedicated cluster."""
    unfinished = source.get("status") in {"queued", "inProgress"}
    size = source.get("storageSizeBytes")
    return _there(
        {
            **_same(source, "createdAt expiresAt id mongodVersion"),
            "frequencyType": _word(source.get("frequencyType"), FREQUENCIES),
            "serverlessInstanceName": where.cluster,
            "snapshotType": _word(source.get("snapshotType"), SNAPSHOT_TYPES),
            "status": _word(source.get("status"), LEGACY_STATUS),
            "storageSizeBytes": None if unfinished and size == 0 else size,
            "links": _self(where, "snapshots", source),
        }
    )


def flex_job(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A restore job of a flex cluster."""
    download, restore = (
        source.get("deliveryType") == word for word in ("DOWNLOAD", "RESTORE")
    )
    ends = source.get("expirationDate")
    over = ends is not None and datetime.fromisoformat(ends) < where.now
    url = source.get("snapshotUrl")
    status = source.get("status")
    known = status in JOB_WORDS
    return _there(
        {
            # A status that flex doesn't have may mean anything, even a cancellation;
            # without a status nothing is known.
            "cancelled": False if known else None,
            "deliveryType": {"RESTORE": "automated", "DOWNLOAD": "download"}.get(
                source.get("deliveryType", "")
            ),
            # A missing list is empty; null has no meaning, and so is left out.
            "deliveryUrl": [url]
            if url is not None
            else None
            if "snapshotUrl" in source
            else [],
            # Flex's field is the download link. A restore has none, and for another
            # delivery or status nothing is known.
            "expired": (over if ends is not None else None)
            if download
            else False
            if restore and known
            else None,
            "expiresAt": ends,
            "failed": source["status"] == "FAILED" if known else None,
            "finishedAt": source.get("restoreFinishedDate"),
            **_same(source, "id snapshotId"),
            "targetClusterName": _first(source, "targetDeploymentItemName")
            or (where.cluster if download else None),
            "targetGroupId": _first(source, "targetProjectId", "projectId")
            or (where.group if download else None),
            "timestamp": source.get("snapshotFinishedDate"),
            "links": _self(where, "restoreJobs", source),
        }
    )


def dedicated_job(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A restore job of a dedicated cluster, whose own members have the legacy names."""
    download = source.get("deliveryType") == "download"
    stamp = source.get("desiredTimestamp")
    return _there(
        {
            **_same(
                source, "cancelled deliveryUrl expired expiresAt failed finishedAt id"
            ),
            "deliveryType": _word(source.get("deliveryType"), DELIVERIES),
            # It is recorded with three nulls if there is no such timestamp; nothing is
            # known then.
            "desiredTimestamp": None
            if stamp is None or set(stamp.values()) == {None}
            else _there(stamp),
            **_same(
                source, "oplogInc oplogTs pointInTimeUTCSeconds snapshotId timestamp"
            ),
            "targetClusterName": _first(source, "targetClusterName")
            or (where.cluster if download else None),
            "targetGroupId": _first(source, "targetGroupId")
            or (where.group if download else None),
            "links": _self(where, "restoreJobs", source),
        }
    )


def instance(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A serverless instance translated from a flex cluster."""
    provider = source.get("providerSettings") or {}
    strings = source.get("connectionStrings")
    size = provider.get("diskSizeGB")
    scheme = "http" if where.api == "v1.0" else "https"
    name = where.cluster or source.get("name")
    url = where.url_of(name or "")
    return _there(
        {
            "connectionStrings": None
            if strings is None
            else _there({"standardSrv": strings.get("standardSrv")}),
            **_same(
                source,
                "createDate groupId id mongoDBVersion name stateName tags terminationProtectionEnabled",
            ),
            "providerSettings": _there(
                {
                    "backingProviderName": provider.get("backingProviderName"),
                    "effectiveDiskSizeGBLimit": None if size is None else int(size),
                    "effectiveInstanceSizeName": "FLEX",
                    "effectiveProviderName": "TENANT",
                    "providerName": "SERVERLESS",
                    "regionName": provider.get("regionName"),
                    "tenantBackupEnabled": (source.get("backupSettings") or {}).get(
                        "enabled"
                    ),
                }
            ),
            "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
            "links": None
            if name is None
            else [
                {"href": url, "rel": "self"},
                {
                    "href": f"{url}/backup/restoreJobs",
                    "rel": f"{scheme}://cloud.mongodb.com/restoreJobs",
                },
                {
                    "href": f"{url}/backup/snapshots",
                    "rel": f"{scheme}://cloud.mongodb.com/snapshots",
                },
            ],
        }
    )


def tenant_flex_snapshot(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A shared-tier snapshot translated from one of a flex cluster: the same seven members, and a link."""
    return _there(
        {
            **_same(
                source,
                "expiration finishTime id mongoDBVersion scheduledTime startTime",
            ),
            "status": _word(source.get("status"), JOB_WORDS),
            "links": _tenant_self(where, "snapshots", source),
        }
    )


def tenant_dedicated_snapshot(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A shared-tier snapshot translated from one of a dedicated cluster, which has one time, that of the snapshot."""
    words = {
        "queued": "QUEUED",
        "inProgress": "RUNNING",
        "completed": "COMPLETED",
        "failed": "FAILED",
    }
    return _there(
        {
            "expiration": source.get("expiresAt"),
            "id": source.get("id"),
            "mongoDBVersion": source.get("mongodVersion"),
            "startTime": source.get("createdAt"),
            "status": words.get(source.get("status", "")),
            "links": _tenant_self(where, "snapshots", source),
        }
    )


def tenant_flex_job(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A shared-tier restore job translated from one of a flex cluster; a download has a target too."""
    download = source.get("deliveryType") == "DOWNLOAD"
    return _there(
        {
            "clusterName": source.get("instanceName"),
            "deliveryType": _word(source.get("deliveryType"), {"RESTORE", "DOWNLOAD"}),
            **_same(
                source,
                "expirationDate id projectId restoreFinishedDate restoreScheduledDate",
            ),
            **_same(source, "snapshotFinishedDate snapshotId snapshotUrl"),
            "status": _word(source.get("status"), JOB_WORDS),
            "targetDeploymentItemName": _first(source, "targetDeploymentItemName")
            or (where.cluster if download else None),
            "targetProjectId": _first(source, "targetProjectId")
            or (where.group if download else None),
            "links": _tenant_self(where, "restores", source),
        }
    )


def tenant_dedicated_job(source: dict[str, Any], where: Where) -> dict[str, Any]:
    """A shared-tier restore job translated from a dedicated one, which has flags and times instead of a status."""
    download = source.get("deliveryType") == "download"
    ready = source.get("finishedAt") is not None or source.get("expiresAt") is not None
    links = source.get("deliveryUrl") or []
    status = "COMPLETED" if ready else None
    if source.get("failed") is True or source.get("cancelled") is True:
        if source.get("failed") is True:
            status = "FAILED"
        else:
            status = None
    return _there(
        {
            "clusterName": where.cluster,
            "deliveryType": {"automated": "RESTORE", "download": "DOWNLOAD"}.get(
                source.get("deliveryType", "")
            ),
            "expirationDate": source.get("expiresAt"),
            **_same(source, "id snapshotId"),
            "projectId": where.group,
            "restoreFinishedDate": source.get("finishedAt"),
            "snapshotFinishedDate": source.get("timestamp"),
            # With a link for each shard there would be several, and none of them has
            # all data.
            "snapshotUrl": links[0] if len(links) == 1 else None,
            "status": status,
            "targetDeploymentItemName": _first(source, "targetClusterName")
            or (where.cluster if download else None),
            "targetProjectId": _first(source, "targetGroupId")
            or (where.group if download else None),
            "links": _tenant_self(where, "restores", source),
        }
    )


def _tenant_self(
    where: Where, kind: str, source: dict[str, Any]
) -> list[dict[str, str]] | None:
    if source.get("id") is None:
        return None
    return [{"href": f"{where.tenant_url}/{kind}/{source['id']}", "rel": "self"}]


def _self(
    where: Where, kind: str, source: dict[str, Any]
) -> list[dict[str, str]] | None:
    if source.get("id") is None:
        return None
    return [{"href": f"{where.url}/backup/{kind}/{source['id']}", "rel": "self"}]
