"""Writes: create restore jobs; create, update and delete instances and flex clusters; switch automatic indexing."""

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
    "snapshotId snapshotUrl status targetDeploymentItemName targetProjectId "
)
_LEGACY_JOB = (
    "cancelled deliveryType deliveryUrl desiredTimestamp expired expiresAt failed finishedAt id links oplogInc oplogTs "
    "pointInTimeUTCSeconds snapshotId targetClusterName targetGroupId timestamp "
)
_NEW = "links tags terminationProtectionEnabled"
_NEW_LEGACY = "serverlessBackupOptions tags terminationProtectionEnabled"
_LEGACY_PROVIDER = "effectiveDiskSizeGBLimit effectiveInstanceSizeName effectiveProviderName"
_PROTECTED = (
    "Cannot terminate cluster {} in group {} because termination protection is enabled. "
    "Disable termination protection and try again."
)


def flex_restore(request: AtlasRequest) -> JsonObject:
    """Restore a flex snapshot to a cluster, of the same group unless another is named; the shared tier's body is alike.

    The contract has that body.
    """
    cluster, body = cluster_of(request), read_body(request.body, _TENANT_JOB + _own_name(request))
    identity, name = body.id("snapshotId"), body.text("targetDeploymentItemName")
    group = body.id("targetProjectId") if "targetProjectId" in body.members else cluster.group
    snapshot = snapshot_of(request, cluster, identity)
    _check_target(request, group, name)
    return _stored(request, cluster, RestoreOrder(snapshot, group, name))


def flex_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a flex or shared-tier snapshot.

    The shared tier needs no target (v1.0 pages), though the contract wants one.
    """
    known = "links snapshotId" if request.is_flex else _TENANT_JOB + _own_name(request)
    cluster, body = cluster_of(request), read_body(request.body, known)
    snapshot = snapshot_of(request, cluster, body.id("snapshotId"))
    return _stored(request, cluster, RestoreOrder(snapshot, cluster.group, cluster.name, download=True))


def _own_name(request: AtlasRequest) -> str:
    return "instanceName" if request.is_flex else "clusterName"


def restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a serverless or dedicated snapshot, or restore a dedicated cluster to a point in time.

    The contract wants a target for the download of a serverless one, too.
    """
    cluster, is_dedicated = cluster_of(request), request.api.finds_deleted
    body = read_body(request.body, _LEGACY_JOB + ("components privateDownloadDeliveryUrls" if is_dedicated else ""))
    delivery = body.word("deliveryType", ("automated", "download", "pointInTime"))
    group, name, snapshot = cluster.group, cluster.name, None
    if delivery != "download" or not is_dedicated:
        name, group = body.text("targetClusterName"), body.id("targetGroupId")
        _check_target(request, group, name)
    point_in_time = delivery == "pointInTime"
    if point_in_time and not is_dedicated:
        raise AtlasRefusal("UNSUPPORTED_DELIVERY_METHOD", delivery)
    if not point_in_time:
        snapshot = snapshot_of(request, cluster, body.id("snapshotId"))
    elif not any(isinstance(body.members.get(key), int) for key in ("pointInTimeUTCSeconds", "oplogTs")):
        raise AtlasRefusal("MISSING_ATTRIBUTE", "pointInTimeUTCSeconds")
    order = RestoreOrder(snapshot, group, name, download=delivery == "download", point_in_time=point_in_time)
    return _stored(request, cluster, order)


def _check_target(request: AtlasRequest, group: str, name: str) -> None:
    if name not in request.world.clusters(group):
        raise AtlasRefusal("CLUSTER_NOT_FOUND", name, group)


def _stored(request: AtlasRequest, cluster: Cluster, order: RestoreOrder) -> JsonObject:
    return request.api.show_job(cluster, request.world.order(cluster, order, request.view.now), request.view)


def create(request: AtlasRequest) -> JsonObject:
    """Create a flex cluster, or a serverless instance; as recorded, a flex cluster stands for it."""
    clusters_of(request)  # refuses an unknown group before a bad body
    body = read_body(request.body, f"name providerSettings {_NEW if request.is_flex else f'{_NEW_LEGACY} stateName'}")
    _check_backup_options(body)
    sizes = "diskSizeGB" if request.is_flex else _LEGACY_PROVIDER
    provider = body.inner("providerSettings", f"backingProviderName providerName regionName {sizes}")
    if provider.members.get("providerName") is not None:
        provider.word("providerName", ("FLEX" if request.is_flex else "SERVERLESS",))
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


def update(request: AtlasRequest) -> JsonObject:
    """Change the tags or termination protection; an instance's backup options do not change (recorded)."""
    cluster, body = cluster_of(request), read_body(request.body, _NEW if request.is_flex else _NEW_LEGACY)
    _check_backup_options(body)
    tags = body.tags(cluster.tags)
    protected = body.flag("terminationProtectionEnabled", default=cluster.protected)
    _change(request, cluster, "UPDATING", UPDATE)
    cluster.tags, cluster.protected = tags, protected
    return request.api.show_cluster(cluster, request.view)


def delete(request: AtlasRequest) -> JsonObject | None:
    """Delete a flex cluster or an instance; answers an empty object for an instance."""
    cluster = cluster_of(request)
    if cluster.protected and request.is_flex:
        raise AtlasRefusal("ATLAS_GENERAL_ERROR", _PROTECTED.format(cluster.name, cluster.group))
    if cluster.protected:
        raise AtlasRefusal("CANNOT_TERMINATE_CLUSTER_WHEN_TERMINATION_PROTECTION_ENABLED", cluster.name)
    _change(request, cluster, "DELETING", DELETION)
    return None if request.is_flex else {}


def set_auto_indexing(request: AtlasRequest) -> None:
    """Switch automatic indexing on or off, as the query says."""
    cluster = cluster_of(request)
    cluster.auto_indexing = read_flag(request.query, "enable")


def _change(request: AtlasRequest, cluster: Cluster, state: str, lasts: timedelta) -> None:
    """Put a cluster into a state for a while; a cluster being created stays CREATING until its time (recorded)."""
    if cluster.state == "DELETING":
        raise AtlasRefusal("CLUSTER_ALREADY_REQUESTED_DELETION", cluster.name)
    if cluster.state != "CREATING" or state == "DELETING":
        cluster.state, cluster.settles = state, request.view.now + lasts


def _check_backup_options(body: Body) -> None:
    if body.members.get("serverlessBackupOptions") is not None:
        options = body.inner("serverlessBackupOptions", "serverlessContinuousBackupEnabled")
        options.flag("serverlessContinuousBackupEnabled", default=False)
