"""Snapshots of shared-tier clusters (M2, M5)."""

from __future__ import annotations

from shim.atlas.models import Page
from shim.atlas.request import EndpointRequest, all_of, ask, check
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
    query = {"include_count": include_count, "items_per_page": items_per_page, "page_num": page_num}
    path = f"{_TENANT}/snapshots"
    return ask(PaginatedTenantSnapshots, path, query=query, group_id=group_id, cluster_name=cluster_name)


def iter_shared_cluster_backups(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[BackupTenantSnapshot]]:
    """Iterate over all snapshots of a shared-tier cluster (BackupTenantSnapshot): Atlas' order, flex oldest first."""
    return all_of(list_shared_cluster_backups(group_id, cluster_name), items_per_page)


def get_shared_cluster_backup(
    group_id: str, cluster_name: str, snapshot_id: str
) -> EndpointRequest[BackupTenantSnapshot]:
    """Return one snapshot of a shared-tier cluster (BackupTenantSnapshot)."""
    path = f"{_TENANT}/snapshots/{{snapshot_id}}"
    return ask(BackupTenantSnapshot, path, group_id=group_id, cluster_name=cluster_name, snapshot_id=snapshot_id)


def download_shared_cluster_backup(
    group_id: str, cluster_name: str, *, snapshot_id: str, target_deployment_item_name: str | None = None
) -> EndpointRequest[TenantRestore]:
    """Order a link to the data of a snapshot, and return the job that will have it (TenantRestore).

    The link is in ``snapshot_url``, for four hours. ``target_deployment_item_name`` was required by the old contract
    and has no effect on a download: it is not sent to a flex cluster.
    """
    check(snapshot_id=snapshot_id)
    body = {"snapshotId": snapshot_id, "targetDeploymentItemName": target_deployment_item_name}
    path = f"{_TENANT}/download"
    return ask(TenantRestore, path, method="POST", body=body, group_id=group_id, cluster_name=cluster_name)
