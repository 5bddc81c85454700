"""A program as a user writes it; it is checked by mypy and run against the fake by test_client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from shim import AsyncAtlasClient, AtlasClient
from shim.atlas import DeliveryType, PaginatedServerlessBackupSnapshots, ServerlessBackupSnapshot, SnapshotStatus


def newest(client: AtlasClient, group_id: str, cluster_name: str) -> ServerlessBackupSnapshot | None:
    """Return the newest completed snapshot."""
    for snapshot in client.cloud_backups.iter_serverless_backup_snapshots(group_id, cluster_name, items_per_page=5):
        if snapshot.status is SnapshotStatus.COMPLETED:
            return snapshot
    return None


def age(snapshot: ServerlessBackupSnapshot, now: datetime) -> timedelta | None:
    """Return how old a snapshot is, None when Atlas does not say."""
    return None if snapshot.created_at is None else now - snapshot.created_at


def unfaithful(page: PaginatedServerlessBackupSnapshots) -> dict[str, tuple[str, ...]]:
    """Return which fields of a page are no longer what they were."""
    return {} if page.record is None else page.record.by_level()


def restore(client: AtlasClient, group_id: str, cluster_name: str, snapshot_id: str) -> str | None:
    """Restore a snapshot to its own cluster and return the id of the job."""
    job = client.cloud_backups.create_serverless_restore_job(
        group_id,
        cluster_name,
        delivery_type=DeliveryType.AUTOMATED,
        target_cluster_name=cluster_name,
        target_group_id=group_id,
        snapshot_id=snapshot_id,
    )
    return job.id


async def srv_strings(client: AsyncAtlasClient, group_id: str) -> AsyncIterator[str]:
    """Yield the connection string of each instance of a group."""
    async for instance in client.serverless_instances.iter_serverless_instances(group_id):
        if instance.connection_strings and instance.connection_strings.standard_srv:
            yield instance.connection_strings.standard_srv


async def first_id(client: AsyncAtlasClient, group_id: str, cluster_name: str) -> str | None:
    """Return the id of the first snapshot, looked up again on its own."""
    page = await client.cloud_backups.list_serverless_backup_snapshots(group_id, cluster_name, items_per_page=1)
    snapshot = await client.cloud_backups.get_serverless_backup_snapshot(
        group_id, cluster_name, page.results[0].id or ""
    )
    return snapshot.id
