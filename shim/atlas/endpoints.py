"""The endpoints, grouped and named as Atlas's own Python SDK does.

Paths, members and limits are those of Atlas's legacy contracts of October 2025 and
March 2026; ``shim.httpx`` translates the calls.
"""

# ruff: noqa: ARG001 - EndpointMethod puts the arguments of the path into it

from __future__ import annotations

from collections.abc import Mapping

from shim.atlas.calls import EndpointGroup, Http_co, Members, each, one
from shim.atlas.models import (
    BackupTenantSnapshot,
    CloudProvider,
    DeliveryType,
    PaginatedServerlessBackupRestoreJobs,
    PaginatedServerlessBackupSnapshots,
    PaginatedServerlessInstances,
    PaginatedTenantRestores,
    PaginatedTenantSnapshots,
    RequestAccepted,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
    ServerlessInstanceDescription,
    TenantRestore,
)


def _instance(group_id: str, name: str) -> Members:
    return {}


def _snapshot(group_id: str, cluster_name: str, snapshot_id: str) -> Members:
    return {}


def _job(group_id: str, cluster_name: str, restore_job_id: str) -> Members:
    return {}


def _tenant_job(group_id: str, cluster_name: str, restore_id: str) -> Members:
    return {}


def _every(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> Members:
    return {"itemsPerPage": items_per_page}


def _paged(
    group_id: str,
    cluster_name: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> Members:
    return {
        "includeCount": include_count,
        "itemsPerPage": items_per_page,
        "pageNum": page_num,
    }


def _every_instance(group_id: str, *, items_per_page: int | None = None) -> Members:
    return {"itemsPerPage": items_per_page}


def _paged_instances(
    group_id: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> Members:
    return {
        "includeCount": include_count,
        "itemsPerPage": items_per_page,
        "pageNum": page_num,
    }


def _new_job(  # noqa: PLR0913 - the members of the legacy request body
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
) -> Members:
    """Start a restore job and return it as it was accepted, not as it ended.

    ``automated`` restores ``snapshot_id`` to the target cluster and replaces all its
    data; ``download`` makes links to the snapshot's data, later in the job's
    ``delivery_url``. ``pointInTime`` needs ``point_in_time_utc_seconds``, or
    ``oplog_ts`` and ``oplog_inc`` (a counter within that second); a flex cluster
    answers it with 400. Times are in seconds since the epoch.

    After an httpx.TransportError other than ConnectError, ConnectTimeout and
    PoolTimeout the job may have been started: list the jobs before trying again.
    """
    return {
        "deliveryType": delivery_type,
        "targetClusterName": target_cluster_name,
        "targetGroupId": target_group_id,
        "snapshotId": snapshot_id,
        "oplogTs": oplog_ts,
        "oplogInc": oplog_inc,
        "pointInTimeUTCSeconds": point_in_time_utc_seconds,
    }


def _new_instance(  # noqa: PLR0913 - the members of the legacy request body
    group_id: str,
    *,
    name: str,
    backing_provider_name: CloudProvider | str,
    region_name: str,
    serverless_continuous_backup_enabled: bool | None = None,
    tags: Mapping[str, str] | None = None,
    termination_protection_enabled: bool | None = None,
) -> Members:
    """Create a flex cluster, billed as one, and return it while it is created.

    ``region_name`` has Atlas's form (``US_EAST_1``). A flex cluster has no continuous
    backup: it is ignored, as in Atlas, and the record notes it; ``instances-strict``
    refuses it (400). Raises AtlasError with status 400 if the name is taken.
    """
    provider = {"backingProviderName": backing_provider_name, "regionName": region_name}
    options = _options(
        serverless_continuous_backup_enabled, tags, termination_protection_enabled
    )
    return {"name": name, "providerSettings": provider, **options}


def _changed_instance(
    group_id: str,
    name: str,
    *,
    serverless_continuous_backup_enabled: bool | None = None,
    tags: Mapping[str, str] | None = None,
    termination_protection_enabled: bool | None = None,
) -> Members:
    """Change a flex cluster that replaced a serverless instance, and return it while it is being changed.

    Arguments that are not given change nothing; ``tags`` replace all tags.
    """
    return _options(
        serverless_continuous_backup_enabled, tags, termination_protection_enabled
    )


def _options(
    continuous_backup: bool | None,  # noqa: FBT001 - members of a body
    tags: Mapping[str, str] | None,
    termination_protection: bool | None,  # noqa: FBT001
) -> Members:
    """Return the members that creation and update have in common."""
    members: Members = {
        "serverlessBackupOptions": None,
        "tags": None,
        "terminationProtectionEnabled": termination_protection,
    }
    if continuous_backup is not None:
        backup = {"serverlessContinuousBackupEnabled": continuous_backup}
        members["serverlessBackupOptions"] = backup
    if tags is not None:
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        members["tags"] = pairs
    return members


def _new_tenant_job(
    group_id: str,
    cluster_name: str,
    *,
    snapshot_id: str,
    target_deployment_item_name: str,
    target_project_id: str | None = None,
) -> Members:
    """Start to restore a snapshot, and return the job as it was accepted, not as it ended.

    All data of the target, the cluster ``target_deployment_item_name``, is replaced. It
    is in the project ``target_project_id``, the snapshot's own unless given.
    """
    return {
        "snapshotId": snapshot_id,
        "targetDeploymentItemName": target_deployment_item_name,
        "targetProjectId": target_project_id,
    }


def _download(
    group_id: str,
    cluster_name: str,
    *,
    snapshot_id: str,
    target_deployment_item_name: str | None = None,
) -> Members:
    """Order a link to the data of a snapshot, and return the job that will have it.

    The link is in ``snapshot_url``, for four hours. ``target_deployment_item_name`` was
    required by the old contract and has no effect on a download: it is not sent to a
    flex cluster.
    """
    return {
        "snapshotId": snapshot_id,
        "targetDeploymentItemName": target_deployment_item_name,
    }


_INSTANCES = "{group_id}/serverless"
_INSTANCE = _INSTANCES + "/{name}"
_SNAPSHOTS = _INSTANCES + "/{cluster_name}/backup/snapshots"
_SNAPSHOT = _SNAPSHOTS + "/{snapshot_id}"
_JOBS = _INSTANCES + "/{cluster_name}/backup/restoreJobs"
_JOB = _JOBS + "/{restore_job_id}"
_TENANT = "{group_id}/clusters/{cluster_name}/backup/tenant"
_TENANT_SNAPSHOTS = _TENANT + "/snapshots"
_TENANT_SNAPSHOT = _TENANT_SNAPSHOTS + "/{snapshot_id}"
_TENANT_JOBS = _TENANT + "/restores"
_TENANT_JOB = _TENANT_JOBS + "/{restore_id}"


class CloudBackups(EndpointGroup[Http_co]):
    """Snapshots and restore jobs of serverless instances.

    If a successor answers, an iteration over snapshots reads the whole list once, at
    the first item (10,000 items at most); any other goes page by page.
    """

    list_serverless_backup_snapshots = one(
        _paged,
        PaginatedServerlessBackupSnapshots,
        _SNAPSHOTS,
        "Return one page of the snapshots, newest first.",
    )
    iter_serverless_backup_snapshots = each(
        _every,
        PaginatedServerlessBackupSnapshots,
        _SNAPSHOTS,
        "Iterate over all snapshots, newest first.",
    )
    get_serverless_backup_snapshot = one(
        _snapshot, ServerlessBackupSnapshot, _SNAPSHOT, "Return one snapshot."
    )
    list_serverless_restore_jobs = one(
        _paged,
        PaginatedServerlessBackupRestoreJobs,
        _JOBS,
        "Return one page of the restore jobs, in Atlas's order.",
    )
    iter_serverless_restore_jobs = each(
        _every,
        PaginatedServerlessBackupRestoreJobs,
        _JOBS,
        "Iterate over all restore jobs, in Atlas's order.",
    )
    get_serverless_restore_job = one(
        _job, ServerlessBackupRestoreJob, _JOB, "Return one restore job."
    )
    create_serverless_restore_job = one(
        _new_job, ServerlessBackupRestoreJob, _JOBS, method="POST"
    )


class ServerlessInstances(EndpointGroup[Http_co]):
    """Serverless instances, or the flex clusters that replaced them.

    Writes are sent only with ``ATLAS_SHIM_WRITES=instances``; otherwise they raise
    GoneError, whose message names that switch, and change nothing.
    """

    list_serverless_instances = one(
        _paged_instances,
        PaginatedServerlessInstances,
        _INSTANCES,
        "Return one page of the instances of a group.",
    )
    iter_serverless_instances = each(
        _every_instance,
        PaginatedServerlessInstances,
        _INSTANCES,
        "Iterate over all instances of a group.",
    )
    get_serverless_instance = one(
        _instance, ServerlessInstanceDescription, _INSTANCE, "Return one instance."
    )
    create_serverless_instance = one(
        _new_instance, ServerlessInstanceDescription, _INSTANCES, method="POST"
    )
    update_serverless_instance = one(
        _changed_instance, ServerlessInstanceDescription, _INSTANCE, method="PATCH"
    )
    delete_serverless_instance = one(
        _instance,
        RequestAccepted,
        _INSTANCE,
        "Delete an instance with its data and snapshots.",
        method="DELETE",
    )


class SharedTierSnapshots(EndpointGroup[Http_co]):
    """Snapshots of shared-tier clusters (M2, M5), in Atlas's order: flex lists the oldest first."""

    list_shared_cluster_backups = one(
        _paged,
        PaginatedTenantSnapshots,
        _TENANT_SNAPSHOTS,
        "Return one page of the snapshots.",
    )
    iter_shared_cluster_backups = each(
        _every,
        PaginatedTenantSnapshots,
        _TENANT_SNAPSHOTS,
        "Iterate over all snapshots.",
    )
    get_shared_cluster_backup = one(
        _snapshot, BackupTenantSnapshot, _TENANT_SNAPSHOT, "Return one snapshot."
    )
    download_shared_cluster_backup = one(
        _download, TenantRestore, _TENANT + "/download", method="POST"
    )


class SharedTierRestoreJobs(EndpointGroup[Http_co]):
    """Restore jobs of shared-tier clusters (M2, M5), in Atlas's order: flex lists the newest first."""

    list_shared_cluster_backup_restore_jobs = one(
        _paged,
        PaginatedTenantRestores,
        _TENANT_JOBS,
        "Return one page of the restore jobs.",
    )
    iter_shared_cluster_backup_restore_jobs = each(
        _every, PaginatedTenantRestores, _TENANT_JOBS, "Iterate over all restore jobs."
    )
    get_shared_cluster_backup_restore_job = one(
        _tenant_job, TenantRestore, _TENANT_JOB, "Return one restore job."
    )
    create_shared_cluster_backup_restore_job = one(
        _new_tenant_job, TenantRestore, _TENANT + "/restore", method="POST"
    )
