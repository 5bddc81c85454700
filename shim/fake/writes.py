"""Writes: order restore jobs, create, update and delete instances and flex clusters, switch automatic indexing."""

from __future__ import annotations

from datetime import timedelta

from shim.fake.bodies import Body, read_body
from shim.fake.http import JsonObject
from shim.fake.paging import read_flag
from shim.fake.reads import AtlasRequest, cluster_of, clusters_of, snapshot_of
from shim.fake.refusals import AtlasRefusal
from shim.fake.world import DELETION, UPDATE, Cluster, RestoreOrder

# The members that the contracts declare; read-only ones are tolerated, as recorded for instanceName.
_TENANT_JOB = (
    "deliveryType expirationDate id links projectId restoreFinishedDate restoreScheduledDate snapshotFinishedDate "
    "snapshotId snapshotUrl status targetDeploymentItemName targetProjectId"
)
_LEGACY_JOB = (
    "cancelled deliveryType deliveryUrl desiredTimestamp expired expiresAt failed finishedAt id links oplogInc oplogTs "
    "pointInTimeUTCSeconds snapshotId targetClusterName targetGroupId timestamp"
)
_UPDATE = "tags terminationProtectionEnabled"
_PROVIDER = "backingProviderName providerName regionName"
_PROTECTED = (
    "Cannot terminate cluster {} in group {} because termination protection is enabled. "
    "Disable termination protection and try again."
)


def flex_restore(request: AtlasRequest) -> JsonObject:
    """Restore a flex snapshot to a cluster, of the same group unless another is named."""
    return _restored(request, f"{_TENANT_JOB} instanceName")


def tenant_restore(request: AtlasRequest) -> JsonObject:
    """Restore a shared-tier snapshot; the body is that of flex (contract)."""
    return _restored(request, f"{_TENANT_JOB} clusterName")


def flex_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a flex snapshot."""
    return _downloaded(request, "links snapshotId")


def tenant_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a shared-tier snapshot; no target is needed (v1.0 pages), though the contract wants one."""
    return _downloaded(request, f"{_TENANT_JOB} clusterName")


def legacy_restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a serverless snapshot; the contract wants a target for both."""
    cluster, body = cluster_of(request), read_body(request.body, _LEGACY_JOB)
    delivery = body.word("deliveryType", ("automated", "download", "pointInTime"))
    name, group = body.text("targetClusterName"), body.id("targetGroupId")
    if delivery == "pointInTime":
        raise AtlasRefusal("UNSUPPORTED_DELIVERY_METHOD", delivery)
    snapshot = snapshot_of(request, cluster, body.id("snapshotId"))
    _check_target(request, group, name)
    return _stored(request, cluster, RestoreOrder(snapshot, group, name, download=delivery == "download"))


def dedicated_restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a dedicated snapshot, or restore to a point in time."""
    cluster, body = (
        cluster_of(request),
        read_body(request.body, f"{_LEGACY_JOB} components privateDownloadDeliveryUrls"),
    )
    delivery = body.word("deliveryType", ("automated", "download", "pointInTime"))
    group, name, snapshot = cluster.group, cluster.name, None
    if delivery != "download":
        name, group = body.text("targetClusterName"), body.id("targetGroupId")
        _check_target(request, group, name)
    point_in_time = delivery == "pointInTime"
    if not point_in_time:
        snapshot = snapshot_of(request, cluster, body.id("snapshotId"))
    elif not any(isinstance(body.members.get(key), int) for key in ("pointInTimeUTCSeconds", "oplogTs")):
        raise AtlasRefusal("MISSING_ATTRIBUTE", "pointInTimeUTCSeconds")
    order = RestoreOrder(snapshot, group, name, download=delivery == "download", point_in_time=point_in_time)
    return _stored(request, cluster, order)


def _restored(request: AtlasRequest, known: str) -> JsonObject:
    cluster, body = cluster_of(request), read_body(request.body, known)
    identity, name = body.id("snapshotId"), body.text("targetDeploymentItemName")
    group = body.id("targetProjectId") if "targetProjectId" in body.members else cluster.group
    snapshot = snapshot_of(request, cluster, identity)
    _check_target(request, group, name)
    return _stored(request, cluster, RestoreOrder(snapshot, group, name))


def _downloaded(request: AtlasRequest, known: str) -> JsonObject:
    cluster, body = cluster_of(request), read_body(request.body, known)
    snapshot = snapshot_of(request, cluster, body.id("snapshotId"))
    return _stored(request, cluster, RestoreOrder(snapshot, cluster.group, cluster.name, download=True))


def _check_target(request: AtlasRequest, group: str, name: str) -> None:
    if name not in request.world.clusters(group):
        raise AtlasRefusal("CLUSTER_NOT_FOUND", name, group)


def _stored(request: AtlasRequest, cluster: Cluster, order: RestoreOrder) -> JsonObject:
    return request.api.show_job(cluster, request.world.order(cluster, order, request.view.now), request.view)


def create_flex(request: AtlasRequest) -> JsonObject:
    """Create a flex cluster."""
    clusters_of(request)  # refuses an unknown group before a bad body
    body = read_body(request.body, f"{_UPDATE} links name providerSettings")
    return _created(request, body, body.inner("providerSettings", f"{_PROVIDER} diskSizeGB"), "FLEX")


def create(request: AtlasRequest) -> JsonObject:
    """Create a serverless instance; as recorded, a flex cluster stands for it."""
    clusters_of(request)
    body = read_body(request.body, f"{_UPDATE} name providerSettings serverlessBackupOptions stateName")
    _check_backup_options(body)
    read_only = "effectiveDiskSizeGBLimit effectiveInstanceSizeName effectiveProviderName"
    return _created(request, body, body.inner("providerSettings", f"{_PROVIDER} {read_only}"), "SERVERLESS")


def _created(request: AtlasRequest, body: Body, provider: Body, word: str) -> JsonObject:
    if provider.members.get("providerName") is not None:
        provider.word("providerName", (word,))
    name = body.text("name")
    body.text("name", r"[a-zA-Z0-9][a-zA-Z0-9-]*", "CLUSTER_NAME_INVALID")
    backing = provider.word("backingProviderName", ("AWS", "AZURE", "GCP"))
    region = provider.text("regionName")
    tags, protected = body.tags(), body.flag("terminationProtectionEnabled", default=False)
    group = request.names["group"]
    if name in request.world.clusters(group):
        raise AtlasRefusal("DUPLICATE_CLUSTER_NAME", "cluster or serverless instance", name, group)
    cluster = request.world.create(group, name, request.view.now)
    cluster.provider, cluster.region, cluster.tags, cluster.protected = backing, region, tags, protected
    shown = request.api.show_cluster(cluster, request.view)
    if not tags:
        del shown["tags"]  # recorded: only reads show an empty list
    return shown


def update_flex(request: AtlasRequest) -> JsonObject:
    """Change a flex cluster's tags or termination protection."""
    cluster = cluster_of(request)
    return _updated(request, cluster, read_body(request.body, f"{_UPDATE} links"))


def update(request: AtlasRequest) -> JsonObject:
    """Change an instance's tags or termination protection; its backup options do not change (recorded)."""
    cluster, body = cluster_of(request), read_body(request.body, f"{_UPDATE} serverlessBackupOptions")
    _check_backup_options(body)
    return _updated(request, cluster, body)


def _updated(request: AtlasRequest, cluster: Cluster, body: Body) -> JsonObject:
    tags = body.tags(cluster.tags)
    protected = body.flag("terminationProtectionEnabled", default=cluster.protected)
    _change(request, cluster, "UPDATING", UPDATE)
    cluster.tags, cluster.protected = tags, protected
    return request.api.show_cluster(cluster, request.view)


def delete_flex(request: AtlasRequest) -> None:
    """Delete a flex cluster."""
    cluster = cluster_of(request)
    if cluster.protected:
        raise AtlasRefusal("ATLAS_GENERAL_ERROR", _PROTECTED.format(cluster.name, cluster.group))
    _change(request, cluster, "DELETING", DELETION)


def delete(request: AtlasRequest) -> JsonObject:
    """Delete an instance."""
    cluster = cluster_of(request)
    if cluster.protected:
        raise AtlasRefusal("CANNOT_TERMINATE_CLUSTER_WHEN_TERMINATION_PROTECTION_ENABLED", cluster.name)
    _change(request, cluster, "DELETING", DELETION)
    return {}


def set_auto_indexing(request: AtlasRequest) -> None:
    """Switch automatic indexing on or off, as the query says."""
    cluster = cluster_of(request)
    cluster.auto_indexing = read_flag(request.query, "enable")


def _change(request: AtlasRequest, cluster: Cluster, state: str, lasts: timedelta) -> None:
    """Let a cluster be in a state for a while; one that is being created stays so until then (recorded)."""
    if cluster.state == "DELETING":
        raise AtlasRefusal("CLUSTER_ALREADY_REQUESTED_DELETION", cluster.name)
    if cluster.state != "CREATING" or state == "DELETING":
        cluster.state, cluster.settles = state, request.view.now + lasts


def _check_backup_options(body: Body) -> None:
    if body.members.get("serverlessBackupOptions") is not None:
        options = body.inner("serverlessBackupOptions", "serverlessContinuousBackupEnabled")
        options.flag("serverlessContinuousBackupEnabled", default=False)
