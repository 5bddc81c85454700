"""The handlers that order a restore job: check the body, and store the job."""

from __future__ import annotations

from shim.fake import bodies
from shim.fake.lookup import AtlasRequest, cluster_of, named_snapshot
from shim.fake.messages import JsonObject
from shim.fake.refusals import AtlasRefusal
from shim.fake.world import Cluster, RestoreOrder

# The members that the contracts declare; read-only ones are tolerated, as recorded for instanceName.
_FLEX = frozenset({
    "deliveryType", "expirationDate", "id", "instanceName", "links", "projectId", "restoreFinishedDate",
    "restoreScheduledDate", "snapshotFinishedDate", "snapshotId", "snapshotUrl", "status",
    "targetDeploymentItemName", "targetProjectId",
})  # fmt: skip
_FLEX_DOWNLOAD = frozenset({"links", "snapshotId"})
_LEGACY = frozenset({
    "cancelled", "deliveryType", "deliveryUrl", "desiredTimestamp", "expired", "expiresAt", "failed", "finishedAt",
    "id", "links", "oplogInc", "oplogTs", "pointInTimeUTCSeconds", "snapshotId", "targetClusterName",
    "targetGroupId", "timestamp",
})  # fmt: skip
_DEDICATED = _LEGACY | {"components", "privateDownloadDeliveryUrls"}
_TENANT = (_FLEX - {"instanceName"}) | {"clusterName"}
_DELIVERY = ("automated", "download", "pointInTime")


def flex_restore(request: AtlasRequest) -> JsonObject:
    """Restore a flex snapshot to a cluster, of the same group unless another is named."""
    cluster = cluster_of(request)
    return _restored(request, cluster, bodies.members(request.body, _FLEX))


def flex_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a flex snapshot."""
    cluster = cluster_of(request)
    return _downloaded(request, cluster, bodies.members(request.body, _FLEX_DOWNLOAD))


def tenant_restore(request: AtlasRequest) -> JsonObject:
    """Restore a shared-tier snapshot; the body is that of flex (contract)."""
    cluster = cluster_of(request)
    return _restored(request, cluster, bodies.members(request.body, _TENANT))


def tenant_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a shared-tier snapshot; no target is needed (v1.0 pages), though the contract wants one."""
    cluster = cluster_of(request)
    return _downloaded(request, cluster, bodies.members(request.body, _TENANT))


def legacy_restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a serverless snapshot; the contract wants a target for both."""
    cluster = cluster_of(request)
    body = bodies.members(request.body, _LEGACY)
    delivery = bodies.word(body, "deliveryType", _DELIVERY)
    name, group = bodies.text(body, "targetClusterName"), bodies.identity(body, "targetGroupId")
    if delivery == "pointInTime":
        raise AtlasRefusal("UNSUPPORTED_DELIVERY_METHOD", delivery)
    snapshot = named_snapshot(request, cluster, bodies.identity(body, "snapshotId"))
    _check_target(request, group, name)
    return _stored(request, cluster, RestoreOrder(snapshot, group, name, download=delivery == "download"))


def dedicated_restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a dedicated snapshot, or restore to a point in time."""
    cluster = cluster_of(request)
    body = bodies.members(request.body, _DEDICATED)
    delivery = bodies.word(body, "deliveryType", _DELIVERY)
    group, name, snapshot = cluster.group, cluster.name, None
    if delivery != "download":
        name, group = bodies.text(body, "targetClusterName"), bodies.identity(body, "targetGroupId")
        _check_target(request, group, name)
    point_in_time = delivery == "pointInTime"
    if not point_in_time:
        snapshot = named_snapshot(request, cluster, bodies.identity(body, "snapshotId"))
    elif not any(isinstance(body.get(key), int) for key in ("pointInTimeUTCSeconds", "oplogTs")):
        raise AtlasRefusal("MISSING_ATTRIBUTE", "pointInTimeUTCSeconds")
    order = RestoreOrder(snapshot, group, name, download=delivery == "download", point_in_time=point_in_time)
    return _stored(request, cluster, order)


def _restored(request: AtlasRequest, cluster: Cluster, body: JsonObject) -> JsonObject:
    identity = bodies.identity(body, "snapshotId")
    name = bodies.text(body, "targetDeploymentItemName")
    group = bodies.identity(body, "targetProjectId") if "targetProjectId" in body else cluster.group
    snapshot = named_snapshot(request, cluster, identity)
    _check_target(request, group, name)
    return _stored(request, cluster, RestoreOrder(snapshot, group, name))


def _downloaded(request: AtlasRequest, cluster: Cluster, body: JsonObject) -> JsonObject:
    snapshot = named_snapshot(request, cluster, bodies.identity(body, "snapshotId"))
    return _stored(request, cluster, RestoreOrder(snapshot, cluster.group, cluster.name, download=True))


def _check_target(request: AtlasRequest, group: str, name: str) -> None:
    if name not in request.world.clusters(group):
        raise AtlasRefusal("CLUSTER_NOT_FOUND", name, group)


def _stored(request: AtlasRequest, cluster: Cluster, order: RestoreOrder) -> JsonObject:
    job = request.world.order(cluster, order, request.view.now)
    return request.api.show_job(cluster, job, request.view)
