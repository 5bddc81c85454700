"""Snapshots of shared-tier clusters (M2, M5)."""

from __future__ import annotations

from shim.atlas.convert import nested
from shim.atlas.models import Page
from shim.atlas.request import EndpointRequest, all_of, body_of, check, path_of, query_of
from shim.atlas.tenant_models import BackupTenantSnapshot, PaginatedTenantSnapshots, TenantRestore

_TENANT = "/api/atlas/v2/groups/{group_id}/clusters/{cluster_name}/backup/tenant"


def list_shared_cluster_backups(
    group_id: str,
    cluster_name: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedTenantSnapshots]:
    """Return one page of the snapshots of a shared-tier cluster (PaginatedTenantSnapshots), in Atlas' order.

    Flex lists the oldest first. Pages are those of the cluster that took its place.
    """
    return EndpointRequest(
        path=path_of(_TENANT + "/snapshots", group_id=group_id, cluster_name=cluster_name),
        query=query_of(include_count=include_count, items_per_page=items_per_page, page_num=page_num),
        read=nested(PaginatedTenantSnapshots),
    )


def iter_shared_cluster_backups(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[BackupTenantSnapshot]]:
    """Iterate over all snapshots of a shared-tier cluster (BackupTenantSnapshot): Atlas' order, flex oldest first."""
    return all_of(list_shared_cluster_backups(group_id, cluster_name), items_per_page)


def get_shared_cluster_backup(
    group_id: str, cluster_name: str, snapshot_id: str
) -> EndpointRequest[BackupTenantSnapshot]:
    """Return one snapshot of a shared-tier cluster (BackupTenantSnapshot)."""
    return EndpointRequest(
        path=path_of(
            _TENANT + "/snapshots/{snapshot_id}",
            group_id=group_id,
            cluster_name=cluster_name,
            snapshot_id=snapshot_id,
        ),
        read=nested(BackupTenantSnapshot),
    )


def download_shared_cluster_backup(
    group_id: str, cluster_name: str, *, snapshot_id: str, target_deployment_item_name: str | None = None
) -> EndpointRequest[TenantRestore]:
    """Order a link to the data of a snapshot, and return the job that will have it (TenantRestore).

    The link is in ``snapshot_url``, for four hours. ``target_deployment_item_name`` was required by the old contract
    and has no effect on a download: it is not sent to a flex cluster.
    """
    check(snapshot_id=snapshot_id)
    return EndpointRequest(
        method="POST",
        path=path_of(_TENANT + "/download", group_id=group_id, cluster_name=cluster_name),
        body=body_of({"snapshotId": snapshot_id, "targetDeploymentItemName": target_deployment_item_name}),
        read=nested(TenantRestore),
    )
