"""The legacy resources of Atlas' serverless API, as frozen values.

Their members come from the contract of October 2025 and recorded replies. Every attribute is None if Atlas did not
send it (``results`` of a page is empty then); ``convert.Model`` has the common attributes.
"""
# ruff: noqa: RUF009 - field() declares an attribute, it is no shared default

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import attrs

from shim.atlas.convert import Model, boolean, field, instant, integer, items, nested, rows, text, word

T = TypeVar("T")


class SnapshotStatus(StrEnum):
    """The state of a snapshot."""

    QUEUED = "queued"
    IN_PROGRESS = "inProgress"
    COMPLETED = "completed"
    FAILED = "failed"


class SnapshotType(StrEnum):
    """The reason for a snapshot."""

    ON_DEMAND = "onDemand"
    SCHEDULED = "scheduled"


class FrequencyType(StrEnum):
    """The frequency of a policy's snapshots."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class DeliveryType(StrEnum):
    """The delivery type of a restore job."""

    AUTOMATED = "automated"
    DOWNLOAD = "download"
    POINT_IN_TIME = "pointInTime"


class InstanceState(StrEnum):
    """The state of an instance."""

    IDLE = "IDLE"
    CREATING = "CREATING"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    REPAIRING = "REPAIRING"


class CloudProvider(StrEnum):
    """The cloud that an instance runs in."""

    AWS = "AWS"
    AZURE = "AZURE"
    GCP = "GCP"


@attrs.frozen(kw_only=True)
class Link(Model):
    """A web link (RFC 8288): its target and relation."""

    href: str | None = field("href", text)
    rel: str | None = field("rel", text)


@attrs.frozen(kw_only=True)
class ResourceTag(Model):
    """A tag that somebody put on a resource."""

    key: str | None = field("key", text)
    value: str | None = field("value", text)


@attrs.frozen(kw_only=True)
class BSONTimestamp(Model):
    """A point in the oplog: a time, and a counter within its second."""

    date: datetime | None = field("date", instant)
    increment: int | None = field("increment", integer)


@attrs.frozen(kw_only=True)
class ServerlessBackupSnapshot(Model):
    """A snapshot of a serverless instance, or of the flex or dedicated cluster that replaced it.

    Times are aware and in UTC. Flex has no ``storage_size_bytes``.
    """

    id: str | None = field("id", text)
    created_at: datetime | None = field("createdAt", instant)
    expires_at: datetime | None = field("expiresAt", instant)
    frequency_type: FrequencyType | str | None = field("frequencyType", word(FrequencyType))
    mongod_version: str | None = field("mongodVersion", text)
    serverless_instance_name: str | None = field("serverlessInstanceName", text)
    snapshot_type: SnapshotType | str | None = field("snapshotType", word(SnapshotType))
    status: SnapshotStatus | str | None = field("status", word(SnapshotStatus))
    storage_size_bytes: int | None = field("storageSizeBytes", integer)
    links: tuple[Link, ...] | None = field("links", items(nested(Link)))


@attrs.frozen(kw_only=True)
class ServerlessBackupRestoreJob(Model):
    """A restore job.

    With ``delivery_url`` anybody can download the data, so the repr leaves it out. ``oplog_ts`` and
    ``point_in_time_utc_seconds`` are in seconds since the epoch.
    """

    id: str | None = field("id", text)
    snapshot_id: str | None = field("snapshotId", text)
    delivery_type: DeliveryType | str | None = field("deliveryType", word(DeliveryType))
    delivery_url: tuple[str, ...] | None = field("deliveryUrl", items(text), secret=True)
    target_cluster_name: str | None = field("targetClusterName", text)
    target_group_id: str | None = field("targetGroupId", text)
    cancelled: bool | None = field("cancelled", boolean)
    expired: bool | None = field("expired", boolean)
    failed: bool | None = field("failed", boolean)
    expires_at: datetime | None = field("expiresAt", instant)
    finished_at: datetime | None = field("finishedAt", instant)
    timestamp: datetime | None = field("timestamp", instant)
    desired_timestamp: BSONTimestamp | None = field("desiredTimestamp", nested(BSONTimestamp))
    oplog_inc: int | None = field("oplogInc", integer)
    oplog_ts: int | None = field("oplogTs", integer)
    point_in_time_utc_seconds: int | None = field("pointInTimeUTCSeconds", integer)
    links: tuple[Link, ...] | None = field("links", items(nested(Link)))


@attrs.frozen(kw_only=True)
class PrivateEndpointItem(Model):
    """One private endpoint of a cloud."""

    endpoint_id: str | None = field("endpointId", text)
    provider_name: CloudProvider | str | None = field("providerName", word(CloudProvider))
    region: str | None = field("region", text)


@attrs.frozen(kw_only=True)
class PrivateEndpointConnection(Model):
    """A connection string for private endpoints."""

    endpoints: tuple[PrivateEndpointItem, ...] | None = field("endpoints", items(nested(PrivateEndpointItem)))
    srv_connection_string: str | None = field("srvConnectionString", text)
    type: str | None = field("type", text)


@attrs.frozen(kw_only=True)
class ConnectionStrings(Model):
    """An instance's connection strings; empty while Atlas creates it (recorded)."""

    standard_srv: str | None = field("standardSrv", text)
    private_endpoint: tuple[PrivateEndpointConnection, ...] | None = field(
        "privateEndpoint", items(nested(PrivateEndpointConnection))
    )


@attrs.frozen(kw_only=True)
class ProviderSettings(Model):
    """An instance's cloud and region. The last two attributes were recorded but are not in the contract."""

    backing_provider_name: CloudProvider | str | None = field("backingProviderName", word(CloudProvider))
    effective_disk_size_gb_limit: int | None = field("effectiveDiskSizeGBLimit", integer)
    effective_instance_size_name: str | None = field("effectiveInstanceSizeName", text)
    effective_provider_name: str | None = field("effectiveProviderName", text)
    provider_name: str | None = field("providerName", text)
    region_name: str | None = field("regionName", text)
    next_backup_date: datetime | None = field("nextBackupDate", instant)
    tenant_backup_enabled: bool | None = field("tenantBackupEnabled", boolean)


@attrs.frozen(kw_only=True)
class ServerlessBackupOptions(Model):
    """An instance's backup options."""

    serverless_continuous_backup_enabled: bool | None = field("serverlessContinuousBackupEnabled", boolean)


@attrs.frozen(kw_only=True)
class ServerlessInstanceDescription(Model):
    """A serverless instance, or the flex cluster that replaced it."""

    id: str | None = field("id", text)
    name: str | None = field("name", text)
    group_id: str | None = field("groupId", text)
    state_name: InstanceState | str | None = field("stateName", word(InstanceState))
    create_date: datetime | None = field("createDate", instant)
    mongo_db_version: str | None = field("mongoDBVersion", text)
    connection_strings: ConnectionStrings | None = field("connectionStrings", nested(ConnectionStrings))
    provider_settings: ProviderSettings | None = field("providerSettings", nested(ProviderSettings))
    serverless_backup_options: ServerlessBackupOptions | None = field(
        "serverlessBackupOptions", nested(ServerlessBackupOptions)
    )
    tags: tuple[ResourceTag, ...] | None = field("tags", items(nested(ResourceTag)))
    termination_protection_enabled: bool | None = field("terminationProtectionEnabled", boolean)
    links: tuple[Link, ...] | None = field("links", items(nested(Link)))


@attrs.frozen(kw_only=True)
class ServerlessAutoIndexing(Model):
    """Whether automatic indexing is ``enabled``, which is also the truth of this value.

    Atlas answers with a bare boolean, which can't have a record.
    """

    enabled: bool

    def __bool__(self) -> bool:
        return self.enabled


@attrs.frozen(kw_only=True)
class RequestAccepted(Model):
    """Atlas' answer to an accepted deletion, so far without members."""


@attrs.frozen(kw_only=True)
class Page(Model, Generic[T]):
    """One page of a list. ``total_count`` counts the items of all pages, None if it was not asked for."""

    results: tuple[T, ...] = ()
    links: tuple[Link, ...] | None = field("links", items(nested(Link)))
    total_count: int | None = field("totalCount", integer)

    @property
    def next_page(self) -> int | None:
        """The number of the next page, None on the last one."""
        return self._page_of("next")

    @property
    def previous_page(self) -> int | None:
        """The number of the previous page, None on the first one."""
        return self._page_of("previous")

    def _page_of(self, rel: str) -> int | None:
        """Return the ``pageNum`` in a link; nothing else of it is used, so that replies can't redirect calls."""
        for link in self.links or ():
            if link.rel != rel or link.href is None:
                continue
            try:
                return int(parse_qs(urlsplit(link.href).query)["pageNum"][0])
            except (KeyError, ValueError):
                continue
        return None


@attrs.frozen(kw_only=True)
class PaginatedServerlessBackupSnapshots(Page[ServerlessBackupSnapshot]):
    """One page of snapshots."""

    results: tuple[ServerlessBackupSnapshot, ...] = rows("results", ServerlessBackupSnapshot)


@attrs.frozen(kw_only=True)
class PaginatedServerlessBackupRestoreJobs(Page[ServerlessBackupRestoreJob]):
    """One page of restore jobs."""

    results: tuple[ServerlessBackupRestoreJob, ...] = rows("results", ServerlessBackupRestoreJob)


@attrs.frozen(kw_only=True)
class PaginatedServerlessInstances(Page[ServerlessInstanceDescription]):
    """One page of instances."""

    results: tuple[ServerlessInstanceDescription, ...] = rows("results", ServerlessInstanceDescription)
