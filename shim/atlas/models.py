"""The legacy resources of Atlas's serverless API and shared-tier backups (M2, M5: "tenant"), as frozen values.

Their members come from the contracts of October 2025 and March 2026, and recorded
replies. Every attribute is None if Atlas did not send it (``results`` of a page is
empty then); ``convert.Model`` has the common attributes.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from shim.atlas.convert import Link, Model, Page


class SnapshotStatus(StrEnum):
    """The state of a snapshot."""

    QUEUED = "queued"
    IN_PROGRESS = "inProgress"
    COMPLETED = "completed"
    FAILED = "failed"


class DeliveryType(StrEnum):
    """The delivery type of a restore job."""

    AUTOMATED = "automated"
    DOWNLOAD = "download"
    POINT_IN_TIME = "pointInTime"


class CloudProvider(StrEnum):
    """The cloud that an instance runs in."""

    AWS = "AWS"
    AZURE = "AZURE"
    GCP = "GCP"


@attrs.frozen(kw_only=True)
class ResourceTag(Model):
    """A tag of a resource."""

    key: str | None = None
    value: str | None = None


@attrs.frozen(kw_only=True)
class BSONTimestamp(Model):
    """A point in the oplog: a time, and a counter within its second."""

    date: datetime | None = None
    increment: int | None = None


@attrs.frozen(kw_only=True)
class ServerlessBackupSnapshot(Model):
    """A snapshot of a serverless instance, or of the flex or dedicated cluster that replaced it.

    Times are aware and in UTC. Flex has no ``storage_size_bytes``.
    """

    id: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    frequency_type: str | None = None
    mongod_version: str | None = None
    serverless_instance_name: str | None = None
    snapshot_type: str | None = None
    status: SnapshotStatus | str | None = None
    storage_size_bytes: int | None = None
    links: tuple[Link, ...] | None = None


@attrs.frozen(kw_only=True)
class ServerlessBackupRestoreJob(Model):
    """A restore job."""

    id: str | None = None
    snapshot_id: str | None = None
    delivery_type: DeliveryType | str | None = None
    delivery_url: tuple[str, ...] | None = attrs.field(default=None, repr=False)
    """Anyone with the link can download the data, so the repr leaves it out."""
    target_cluster_name: str | None = None
    target_group_id: str | None = None
    cancelled: bool | None = None
    expired: bool | None = None
    failed: bool | None = None
    expires_at: datetime | None = None
    finished_at: datetime | None = None
    timestamp: datetime | None = None
    desired_timestamp: BSONTimestamp | None = None
    oplog_inc: int | None = None
    oplog_ts: int | None = None
    """Seconds since the epoch."""
    point_in_time_utc_seconds: int | None = None
    """Seconds since the epoch."""
    links: tuple[Link, ...] | None = None


@attrs.frozen(kw_only=True)
class ConnectionStrings(Model):
    """An instance's connection strings; empty while Atlas creates it (recorded)."""

    standard_srv: str | None = None
    private_endpoint: tuple[dict[str, Any], ...] | None = attrs.field(
        default=None, hash=False
    )


@attrs.frozen(kw_only=True)
class ProviderSettings(Model):
    """An instance's cloud and region.

    The last two attributes were recorded but are not in the contract.
    """

    backing_provider_name: CloudProvider | str | None = None
    effective_disk_size_gb_limit: int | None = None
    effective_instance_size_name: str | None = None
    effective_provider_name: str | None = None
    provider_name: str | None = None
    region_name: str | None = None
    next_backup_date: datetime | None = None
    tenant_backup_enabled: bool | None = None


@attrs.frozen(kw_only=True)
class ServerlessBackupOptions(Model):
    """An instance's backup options."""

    serverless_continuous_backup_enabled: bool | None = None


@attrs.frozen(kw_only=True)
class ServerlessInstanceDescription(Model):
    """A serverless instance, or the flex cluster that replaced it."""

    id: str | None = None
    name: str | None = None
    group_id: str | None = None
    state_name: str | None = None
    create_date: datetime | None = None
    mongo_db_version: str | None = None
    connection_strings: ConnectionStrings | None = None
    provider_settings: ProviderSettings | None = None
    serverless_backup_options: ServerlessBackupOptions | None = None
    tags: tuple[ResourceTag, ...] | None = None
    termination_protection_enabled: bool | None = None
    links: tuple[Link, ...] | None = None


@attrs.frozen(kw_only=True)
class RequestAccepted(Model):
    """Atlas's answer to an accepted deletion, so far without members."""


class PaginatedServerlessBackupSnapshots(Page[ServerlessBackupSnapshot]):
    """One page of snapshots."""


class PaginatedServerlessBackupRestoreJobs(Page[ServerlessBackupRestoreJob]):
    """One page of restore jobs."""


class PaginatedServerlessInstances(Page[ServerlessInstanceDescription]):
    """One page of instances."""


class TenantStatus(StrEnum):
    """The state of a snapshot or of a restore job."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"


@attrs.frozen(kw_only=True)
class BackupTenantSnapshot(Model):
    """A snapshot of a shared-tier cluster, or of the flex or dedicated cluster that replaced it.

    Times are aware and in UTC. A dedicated snapshot has a single time, ``start_time``.
    """

    id: str | None = None
    status: TenantStatus | str | None = None
    scheduled_time: datetime | None = None
    start_time: datetime | None = None
    finish_time: datetime | None = None
    expiration: datetime | None = None
    mongo_db_version: str | None = None
    links: tuple[Link, ...] | None = None


@attrs.frozen(kw_only=True)
class TenantRestore(Model):
    """A restore job of a shared-tier cluster, or of its flex or dedicated successor.

    Anyone with ``snapshot_url`` can download the data, so the repr leaves it out.
    """

    id: str | None = None
    snapshot_id: str | None = None
    delivery_type: str | None = None
    status: TenantStatus | str | None = None
    cluster_name: str | None = None
    project_id: str | None = None
    target_deployment_item_name: str | None = None
    target_project_id: str | None = None
    snapshot_url: str | None = attrs.field(default=None, repr=False)
    snapshot_finished_date: datetime | None = None
    restore_scheduled_date: datetime | None = None
    restore_finished_date: datetime | None = None
    expiration_date: datetime | None = None
    links: tuple[Link, ...] | None = None


class PaginatedTenantSnapshots(Page[BackupTenantSnapshot]):
    """One page of snapshots."""


class PaginatedTenantRestores(Page[TenantRestore]):
    """One page of restore jobs."""
