"""Restore jobs of shared-tier clusters (M2, M5)."""

from __future__ import annotations

from shim.atlas.models import Page
from shim.atlas.request import EndpointRequest, all_of, ask, check
from shim.atlas.tenant_models import PaginatedTenantRestores, TenantRestore

_TENANT = "/api/atlas/v2/groups/{group_id}/clusters/{cluster_name}/backup/tenant"


def list_shared_cluster_backup_restore_jobs(
    group_id: str,
    cluster_name: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedTenantRestores]:
    """Return one page of the restore jobs of a shared-tier cluster (PaginatedTenantRestores), in Atlas' order.

    Flex lists the newest first. Pages are those of the cluster that took its place.
    """
    query = {"include_count": include_count, "items_per_page": items_per_page, "page_num": page_num}
    path = f"{_TENANT}/restores"
    return ask(PaginatedTenantRestores, path, query=query, group_id=group_id, cluster_name=cluster_name)


def iter_shared_cluster_backup_restore_jobs(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[TenantRestore]]:
    """Iterate over all restore jobs of a shared-tier cluster (TenantRestore), in Atlas' order (flex: newest first)."""
    return all_of(list_shared_cluster_backup_restore_jobs(group_id, cluster_name), items_per_page)


def get_shared_cluster_backup_restore_job(
    group_id: str, cluster_name: str, restore_id: str
) -> EndpointRequest[TenantRestore]:
    """Return one restore job of a shared-tier cluster (TenantRestore)."""
    path = f"{_TENANT}/restores/{{restore_id}}"
    return ask(TenantRestore, path, group_id=group_id, cluster_name=cluster_name, restore_id=restore_id)


def create_shared_cluster_backup_restore_job(
    group_id: str,
    cluster_name: str,
    *,
    snapshot_id: str,
    target_deployment_item_name: str,
    target_project_id: str | None = None,
) -> EndpointRequest[TenantRestore]:
    """Start to restore a snapshot, and return the job as it was accepted, not as it ended (TenantRestore).

    All data of the target, the cluster ``target_deployment_item_name``, is replaced. It is in the project
    ``target_project_id``, the snapshot's own unless given.
    """
    check(snapshot_id=snapshot_id, target_project_id=target_project_id)
    body = {
        "snapshotId": snapshot_id,
        "targetDeploymentItemName": target_deployment_item_name,
        "targetProjectId": target_project_id,
    }
    path = f"{_TENANT}/restore"
    return ask(TenantRestore, path, method="POST", body=body, group_id=group_id, cluster_name=cluster_name)
