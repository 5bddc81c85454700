"""The handlers of POST: check the body as a strict API does, and store the restore job."""

from __future__ import annotations

import json

from shim.fake.lookup import AtlasRequest, cluster_of, is_id, named_snapshot
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
_DELIVERY = ("automated", "download", "pointInTime")


def flex_restore(request: AtlasRequest) -> JsonObject:
    """Restore a flex snapshot to a cluster, of the same group unless another is named."""
    cluster = cluster_of(request)
    body = _members(request.body, _FLEX)
    identity = _id(body, "snapshotId")
    name = _text(body, "targetDeploymentItemName")
    group = _id(body, "targetProjectId") if "targetProjectId" in body else cluster.group
    snapshot = named_snapshot(request, cluster, identity)
    _check_target(request, group, name)
    return _stored(request, cluster, RestoreOrder(snapshot, group, name))


def flex_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a flex snapshot."""
    cluster = cluster_of(request)
    snapshot = named_snapshot(request, cluster, _id(_members(request.body, _FLEX_DOWNLOAD), "snapshotId"))
    return _stored(request, cluster, RestoreOrder(snapshot, cluster.group, cluster.name, download=True))


def legacy_restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a serverless snapshot; the contract wants a target for both."""
    cluster = cluster_of(request)
    body = _members(request.body, _LEGACY)
    delivery = _delivery(body)
    name, group = _text(body, "targetClusterName"), _id(body, "targetGroupId")
    if delivery == "pointInTime":
        raise AtlasRefusal("UNSUPPORTED_DELIVERY_METHOD", delivery)
    snapshot = named_snapshot(request, cluster, _id(body, "snapshotId"))
    _check_target(request, group, name)
    return _stored(request, cluster, RestoreOrder(snapshot, group, name, download=delivery == "download"))


def dedicated_restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a dedicated snapshot, or restore to a point in time."""
    cluster = cluster_of(request)
    body = _members(request.body, _DEDICATED)
    delivery = _delivery(body)
    group, name, snapshot = cluster.group, cluster.name, None
    if delivery != "download":
        name, group = _text(body, "targetClusterName"), _id(body, "targetGroupId")
        _check_target(request, group, name)
    point_in_time = delivery == "pointInTime"
    if not point_in_time:
        snapshot = named_snapshot(request, cluster, _id(body, "snapshotId"))
    elif not any(isinstance(body.get(key), int) for key in ("pointInTimeUTCSeconds", "oplogTs")):
        raise AtlasRefusal("MISSING_ATTRIBUTE", "pointInTimeUTCSeconds")
    order = RestoreOrder(snapshot, group, name, download=delivery == "download", point_in_time=point_in_time)
    return _stored(request, cluster, order)


def _members(body: bytes, known: frozenset[str]) -> JsonObject:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise AtlasRefusal("MALFORMED_JSON") from None
    if not isinstance(document, dict):
        raise AtlasRefusal("MALFORMED_JSON")
    for name in document:
        if name not in known:
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return document


def _text(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if value is None:
        raise AtlasRefusal("MISSING_ATTRIBUTE", name)
    if not isinstance(value, str) or not value:
        raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return value


def _id(body: JsonObject, name: str) -> str:
    value = _text(body, name)
    if not is_id(value):
        raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return value


def _delivery(body: JsonObject) -> str:
    word = _text(body, "deliveryType")
    if word not in _DELIVERY:
        raise AtlasRefusal("INVALID_ENUM_VALUE", word, "deliveryType")
    return word


def _check_target(request: AtlasRequest, group: str, name: str) -> None:
    if name not in request.world.clusters(group):
        raise AtlasRefusal("CLUSTER_NOT_FOUND", name, group)


def _stored(request: AtlasRequest, cluster: Cluster, order: RestoreOrder) -> JsonObject:
    job = request.world.order(cluster, order, request.view.now)
    return request.api.show_job(cluster, job, request.view)
