"""The legacy resources of the shared tier's backups (M2 and M5, "tenant" in Atlas' names), as frozen values.

Their members come from the contract of March 2026; ``convert.Model`` has the common attributes.
"""
# ruff: noqa: RUF009 - field() declares an attribute, it is no shared default

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from shim.atlas.convert import Model, field, instant, items, nested, rows, text, word
from shim.atlas.models import Link, Page


class TenantStatus(StrEnum):
    """The state of a snapshot or of a restore job."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"


class TenantDeliveryType(StrEnum):
    """The delivery type of a restore job."""

    RESTORE = "RESTORE"
    DOWNLOAD = "DOWNLOAD"


@attrs.frozen(kw_only=True)
class BackupTenantSnapshot(Model):
    """A snapshot of a shared-tier cluster, or of the flex or dedicated cluster that replaced it.

    Times are aware and in UTC. A dedicated snapshot has a single time, ``start_time``.
    """

    id: str | None = field("id", text)
    status: TenantStatus | str | None = field("status", word(TenantStatus))
    scheduled_time: datetime | None = field("scheduledTime", instant)
    start_time: datetime | None = field("startTime", instant)
    finish_time: datetime | None = field("finishTime", instant)
    expiration: datetime | None = field("expiration", instant)
    mongo_db_version: str | None = field("mongoDBVersion", text)
    links: tuple[Link, ...] | None = field("links", items(nested(Link)))


@attrs.frozen(kw_only=True)
class TenantRestore(Model):
    """A restore job of a shared-tier cluster, or of the flex or dedicated cluster that replaced it.

    With ``snapshot_url`` anybody can download the data, so the repr leaves it out.
    """

    id: str | None = field("id", text)
    snapshot_id: str | None = field("snapshotId", text)
    delivery_type: TenantDeliveryType | str | None = field("deliveryType", word(TenantDeliveryType))
    status: TenantStatus | str | None = field("status", word(TenantStatus))
    cluster_name: str | None = field("clusterName", text)
    project_id: str | None = field("projectId", text)
    target_deployment_item_name: str | None = field("targetDeploymentItemName", text)
    target_project_id: str | None = field("targetProjectId", text)
    snapshot_url: str | None = field("snapshotUrl", text, secret=True)
    snapshot_finished_date: datetime | None = field("snapshotFinishedDate", instant)
    restore_scheduled_date: datetime | None = field("restoreScheduledDate", instant)
    restore_finished_date: datetime | None = field("restoreFinishedDate", instant)
    expiration_date: datetime | None = field("expirationDate", instant)
    links: tuple[Link, ...] | None = field("links", items(nested(Link)))


@attrs.frozen(kw_only=True)
class PaginatedTenantSnapshots(Page[BackupTenantSnapshot]):
    """One page of snapshots."""

    results: tuple[BackupTenantSnapshot, ...] = rows("results", BackupTenantSnapshot)


@attrs.frozen(kw_only=True)
class PaginatedTenantRestores(Page[TenantRestore]):
    """One page of restore jobs."""

    results: tuple[TenantRestore, ...] = rows("results", TenantRestore)
