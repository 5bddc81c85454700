"""Snapshots and restore jobs of serverless instances."""

from __future__ import annotations

from shim.atlas.models import (
    DeliveryType,
    Page,
    PaginatedServerlessBackupRestoreJobs,
    PaginatedServerlessBackupSnapshots,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
)
from shim.atlas.request import EndpointRequest, all_of, ask, check

_SNAPSHOTS = "/api/atlas/v2/groups/{group_id}/serverless/{cluster_name}/backup/snapshots"
_SNAPSHOT = _SNAPSHOTS + "/{snapshot_id}"
_RESTORE_JOBS = "/api/atlas/v2/groups/{group_id}/serverless/{cluster_name}/backup/restoreJobs"
_RESTORE_JOB = _RESTORE_JOBS + "/{restore_job_id}"


def list_serverless_backup_snapshots(
    group_id: str,
    cluster_name: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedServerlessBackupSnapshots]:
    """Return one page of the snapshots of a serverless instance (PaginatedServerlessBackupSnapshots), newest first."""
    query = {"include_count": include_count, "items_per_page": items_per_page, "page_num": page_num}
    return ask(
        PaginatedServerlessBackupSnapshots, _SNAPSHOTS, query=query, group_id=group_id, cluster_name=cluster_name
    )


def iter_serverless_backup_snapshots(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[ServerlessBackupSnapshot]]:
    """Iterate over all snapshots of a serverless instance (ServerlessBackupSnapshot), newest first.

    If a successor answers, the whole list is read once, at the first item (10,000 items at most); else page by page.
    """
    return all_of(list_serverless_backup_snapshots(group_id, cluster_name), items_per_page)


def get_serverless_backup_snapshot(
    group_id: str, cluster_name: str, snapshot_id: str
) -> EndpointRequest[ServerlessBackupSnapshot]:
    """Return one snapshot of a serverless instance (ServerlessBackupSnapshot)."""
    return ask(
        ServerlessBackupSnapshot, _SNAPSHOT, group_id=group_id, cluster_name=cluster_name, snapshot_id=snapshot_id
    )


def list_serverless_restore_jobs(
    group_id: str,
    cluster_name: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedServerlessBackupRestoreJobs]:
    """Return one page of the restore jobs of a serverless instance (PaginatedServerlessBackupRestoreJobs).

    They are in Atlas' order (flex: newest first), with the pages of the cluster that replaced the instance.
    """
    query = {"include_count": include_count, "items_per_page": items_per_page, "page_num": page_num}
    return ask(
        PaginatedServerlessBackupRestoreJobs, _RESTORE_JOBS, query=query, group_id=group_id, cluster_name=cluster_name
    )


def iter_serverless_restore_jobs(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[ServerlessBackupRestoreJob]]:
    """Iterate over all restore jobs of a serverless instance (ServerlessBackupRestoreJob), in Atlas' order."""
    return all_of(list_serverless_restore_jobs(group_id, cluster_name), items_per_page)


def get_serverless_restore_job(
    group_id: str, cluster_name: str, restore_job_id: str
) -> EndpointRequest[ServerlessBackupRestoreJob]:
    """Return one restore job of a serverless instance (ServerlessBackupRestoreJob)."""
    return ask(
        ServerlessBackupRestoreJob,
        _RESTORE_JOB,
        group_id=group_id,
        cluster_name=cluster_name,
        restore_job_id=restore_job_id,
    )


def create_serverless_restore_job(  # noqa: PLR0913 - the members of the legacy request body
    group_id: str,
    cluster_name: str,
    *,
    delivery_type: DeliveryType | str,
    target_cluster_name: str,
    target_group_id: str,
    snapshot_id: str | None = None,
    oplog_ts: int | None = None,
    oplog_inc: int | None = None,
    point_in_time_utc_seconds: int | None = None,
) -> EndpointRequest[ServerlessBackupRestoreJob]:
    """Start a restore job and return it as it was accepted, not as it ended (ServerlessBackupRestoreJob).

    ``automated`` restores ``snapshot_id`` to the target cluster and replaces all its data; ``download`` makes links to
    the snapshot's data, later in the job's ``delivery_url``. ``pointInTime`` needs
    ``point_in_time_utc_seconds``, or ``oplog_ts`` and ``oplog_inc`` (a counter within that second); a flex cluster
    answers it with 400. Times are in seconds since the epoch.

    After an httpx.TransportError other than ConnectError, ConnectTimeout and PoolTimeout the job may have been started:
    list the jobs before trying again.
    """
    check(target_cluster_name=target_cluster_name, target_group_id=target_group_id, snapshot_id=snapshot_id)
    body = {
        "deliveryType": delivery_type,
        "targetClusterName": target_cluster_name,
        "targetGroupId": target_group_id,
        "snapshotId": snapshot_id,
        "oplogTs": oplog_ts,
        "oplogInc": oplog_inc,
        "pointInTimeUTCSeconds": point_in_time_utc_seconds,
    }
    return ask(
        ServerlessBackupRestoreJob,
        _RESTORE_JOBS,
        method="POST",
        body=body,
        group_id=group_id,
        cluster_name=cluster_name,
    )
