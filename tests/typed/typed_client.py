"""A program as a user writes it with the typed client; it is not run."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import shim
from shim import AsyncAtlasClient, AtlasClient, AtlasError
from shim.atlas import (
    CloudProvider,
    Retries,
    ServerlessBackupSnapshot,
    SnapshotStatus,
    TenantRestore,
    TenantStatus,
)
from shim.errors import RateLimitedError

PATIENT = Retries(attempts=5, backoff=1.0, longest_wait=120.0)


def patient(base_url: str, access_token: str) -> AtlasClient:
    """Return a client that may spend five minutes on a call, and wait two of them between requests."""
    return AtlasClient(
        base_url=base_url, access_token=access_token, timeout=300.0, retries=PATIENT
    )


def who_refused(
    client: AtlasClient, group_id: str, cluster_name: str, snapshot_id: str
) -> str:
    """Return the side that was requested last for a snapshot, or the time to retry."""
    try:
        found = client.cloud_backups.get_serverless_backup_snapshot(
            group_id, cluster_name, snapshot_id
        )
    except RateLimitedError as error:
        if error.retry_after is None:
            return "later"
        return f"in {error.retry_after:.0f} s"
    except AtlasError as error:
        if error.record:
            return error.record.route
        return "sign-in"
    record = shim.record(found)
    if record is None:
        return "unknown"
    return record.route


def newest(
    client: AtlasClient, group_id: str, cluster_name: str
) -> ServerlessBackupSnapshot | None:
    """Return the newest completed snapshot."""
    for snapshot in client.cloud_backups.iter_serverless_backup_snapshots(
        group_id, cluster_name, items_per_page=5
    ):
        if snapshot.status is SnapshotStatus.COMPLETED:
            return snapshot
    return None


def age(snapshot: ServerlessBackupSnapshot, now: datetime) -> timedelta | None:
    """Return a snapshot's age, None if Atlas does not report it."""
    if snapshot.created_at is None:
        return None
    return now - snapshot.created_at


def download_newest(
    client: AtlasClient, group_id: str, cluster_name: str
) -> TenantRestore | None:
    """Order a link to the newest completed snapshot of a former M2 or M5 cluster, which are listed oldest first."""
    snapshots = client.shared_tier_snapshots.iter_shared_cluster_backups(
        group_id, cluster_name
    )
    completed = [
        snapshot.id
        for snapshot in snapshots
        if snapshot.status is TenantStatus.COMPLETED
    ]
    if not completed or completed[-1] is None:
        return None
    return client.shared_tier_snapshots.download_shared_cluster_backup(
        group_id, cluster_name, snapshot_id=completed[-1]
    )


async def replace(client: AsyncAtlasClient, group_id: str, name: str) -> str | None:
    """Delete an instance and create one of the same name; return the new one's id."""
    deleted = await client.serverless_instances.delete_serverless_instance(
        group_id, name
    )
    created = await client.serverless_instances.create_serverless_instance(
        group_id,
        name=name,
        backing_provider_name=CloudProvider.AWS,
        region_name="US_EAST_1",
        tags={"was": deleted.record.route if deleted.record else "unknown"},
    )
    return created.id


if TYPE_CHECKING:

    def refused(client: AtlasClient, group_id: str) -> None:
        """Calls that a type checker must refuse."""
        AtlasClient(retries=3)  # type: ignore[arg-type]
        AtlasClient(http_client=AsyncAtlasClient())  # type: ignore[arg-type]
        client.cloud_backups.get_serverless_backup_snapshot(group_id, "shop")  # type: ignore[call-arg]
        client.cloud_backups.list_serverless_backup_snapshots(group_id, "shop", page=2)  # type: ignore[call-arg]
        client.serverless_instances.list_serverless_instances(
            group_id
        ).record.by_level()  # type: ignore[union-attr]
