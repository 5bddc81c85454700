"""Answer writes: restore jobs, instances and flex clusters.

Bodies are checked strictly: an unknown, missing or mistyped member is refused with its
name.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta

from shim.fake.http import AtlasRefusal, JsonObject
from shim.fake.reads import AtlasRequest, cluster_of, clusters_of, snapshot_of
from shim.fake.world import DELETION, UPDATE, Cluster

_ID = re.compile(r"[a-f0-9]{24}")
_TEXT = re.compile(r"(?s).+")
_KINDS: dict[str, type | tuple[str, ...] | re.Pattern[str]] = {
    "backingProviderName": ("AWS", "AZURE", "GCP"),
    "deliveryType": ("automated", "download", "pointInTime"),
    "key": re.compile(r"(?s).{1,255}"),
    "name": _TEXT,
    "oplogTs": int,
    "pointInTimeUTCSeconds": int,
    "providerName": ("FLEX", "SERVERLESS"),
    "providerSettings": dict,
    "regionName": _TEXT,
    "serverlessBackupOptions": dict,
    "serverlessContinuousBackupEnabled": bool,
    "snapshotId": _ID,
    "tags": list,
    "targetClusterName": _TEXT,
    "targetDeploymentItemName": _TEXT,
    "targetGroupId": _ID,
    "targetProjectId": _ID,
    "terminationProtectionEnabled": bool,
    "value": re.compile(r"(?s).{1,255}"),
}
"""The type, words or pattern of each member, the same in every API."""

_PROTECTED = (
    "Cannot terminate cluster {} in group {} because termination protection is enabled. "
    "Disable termination protection and try again."
)


def _read(content: bytes, known: str, required: str = "") -> JsonObject:
    """Read and check a JSON object; see ``_checked``."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise AtlasRefusal("MALFORMED_JSON")
    return _checked(document, known, required)


def _checked(document: JsonObject, known: str, required: str = "") -> JsonObject:
    """Return the members that are not null.

    Raises AtlasRefusal on an unknown, a mistyped or a missing member.
    """
    given = {name: value for name, value in document.items() if value is not None}
    for name in document:
        if name not in f"{known} {required}".split():
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    for name, value in given.items():
        kind = _KINDS.get(name, object)
        if isinstance(kind, tuple) and value not in kind:
            raise AtlasRefusal("INVALID_ENUM_VALUE", value, name)
        if isinstance(kind, type) and not isinstance(value, kind):
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
        if isinstance(kind, re.Pattern) and not (
            isinstance(value, str) and kind.fullmatch(value)
        ):
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    _require(given, required)
    return given


def _require(given: JsonObject, names: str) -> None:
    for name in names.split():
        if name not in given:
            raise AtlasRefusal("MISSING_ATTRIBUTE", name)


def _is_flex(request: AtlasRequest) -> bool:
    return request.api.path == "flexClusters"


def flex_restore(request: AtlasRequest) -> JsonObject:
    """Restore a flex snapshot to a cluster, in the same group unless the body names another.

    The shared tier's body is alike. Recorded: the cluster's own name is tolerated.
    """
    cluster = cluster_of(request)
    if _is_flex(request):
        own = "instanceName"
    else:
        own = "clusterName"
    body = _read(
        request.body, f"targetProjectId {own}", "snapshotId targetDeploymentItemName"
    )
    target = _existing(
        request,
        body.get("targetProjectId", cluster.group),
        body["targetDeploymentItemName"],
    )
    return _ordered(request, cluster, body, target)


def flex_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a flex or shared-tier snapshot.

    The shared tier needs no target (v1.0 pages), though the contract requires one.
    """
    cluster = cluster_of(request)
    body = _read(
        request.body,
        "" if _is_flex(request) else "targetDeploymentItemName targetProjectId",
        "snapshotId",
    )
    return _ordered(request, cluster, body, (cluster.group, cluster.name), "download")


def restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a serverless or dedicated snapshot.

    A dedicated cluster can also be restored to a point in time. The contract requires a
    target even for the download of a serverless snapshot.
    """
    cluster = cluster_of(request)
    is_dedicated = request.api.path == "clusters"
    known = "oplogInc oplogTs pointInTimeUTCSeconds snapshotId targetClusterName targetGroupId"
    body = _read(request.body, known, "deliveryType")
    delivery = body["deliveryType"]
    target = (cluster.group, cluster.name)
    if delivery == "pointInTime" and not is_dedicated:
        raise AtlasRefusal("UNSUPPORTED_DELIVERY_METHOD", delivery)
    if delivery == "pointInTime" and "oplogTs" not in body:
        _require(body, "pointInTimeUTCSeconds")
    if delivery != "pointInTime":
        _require(body, "snapshotId")
    if delivery != "download" or not is_dedicated:
        _require(body, "targetClusterName targetGroupId")
        target = _existing(request, body["targetGroupId"], body["targetClusterName"])
    return _ordered(request, cluster, body, target, delivery)


def _existing(request: AtlasRequest, group: str, name: str) -> tuple[str, str]:
    if name not in request.world.clusters(group):
        raise AtlasRefusal("CLUSTER_NOT_FOUND", name, group)
    return group, name


def _ordered(
    request: AtlasRequest,
    cluster: Cluster,
    body: JsonObject,
    target: tuple[str, str],
    delivery: str = "automated",
) -> JsonObject:
    if delivery == "pointInTime":
        snapshot = {}
    else:
        snapshot = snapshot_of(request, cluster, body["snapshotId"])
    job = request.world.order(cluster, snapshot, request.view.now, target, delivery)
    return request.api.show_job(cluster, job, request.view)


def create(request: AtlasRequest) -> JsonObject:
    """Create a flex cluster, or a serverless instance on top of one (as recorded)."""
    group = request.names["group"]
    clusters = clusters_of(request)
    body = _read_options(request, "name providerSettings")
    if _is_flex(request):
        size = "diskSizeGB"
    else:
        size = "effectiveInstanceSizeName"
    provider = _checked(
        body["providerSettings"],
        f"providerName {size}",
        "backingProviderName regionName",
    )
    name = body["name"]
    if re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9-]*", name) is None:
        raise AtlasRefusal("CLUSTER_NAME_INVALID", name)
    if name in clusters:
        raise AtlasRefusal(
            "DUPLICATE_CLUSTER_NAME", "cluster or serverless instance", name, group
        )
    cluster = request.world.create(group, name, request.view.now)
    cluster.provider = provider["backingProviderName"]
    cluster.region = provider["regionName"]
    _set_options(cluster, body)
    shown = request.api.show_cluster(cluster, request.view)
    if not cluster.tags:
        del shown["tags"]  # recorded: only reads show an empty list
    return shown


def update(request: AtlasRequest) -> JsonObject:
    """Change the tags or termination protection."""
    cluster = cluster_of(request)
    body = _read_options(request)
    _change(request, cluster, "UPDATING", UPDATE)
    _set_options(cluster, body)
    return request.api.show_cluster(cluster, request.view)


def _read_options(request: AtlasRequest, required: str = "") -> JsonObject:
    """Read a body with tags, termination protection and, for an instance, backup options."""
    if _is_flex(request):
        own = ""
    else:
        own = "serverlessBackupOptions"
    body = _read(request.body, f"tags terminationProtectionEnabled {own}", required)
    _checked(
        body.get("serverlessBackupOptions", {}), "serverlessContinuousBackupEnabled"
    )
    for tag in body.get("tags", ()):
        if not isinstance(tag, dict):
            raise AtlasRefusal("INVALID_ATTRIBUTE", "tags")
        _checked(tag, "", "key value")
    return body


def _set_options(cluster: Cluster, body: JsonObject) -> None:
    """Apply the given options. An instance's backup options change nothing (recorded)."""
    cluster.tags = tuple(body.get("tags", cluster.tags))
    cluster.protected = body.get("terminationProtectionEnabled", cluster.protected)


def delete(request: AtlasRequest) -> JsonObject | None:
    """Delete a flex cluster or an instance. Returns an empty object for an instance."""
    cluster = cluster_of(request)
    if cluster.protected:
        raise AtlasRefusal(
            "ATLAS_GENERAL_ERROR", _PROTECTED.format(cluster.name, cluster.group)
        )
    _change(request, cluster, "DELETING", DELETION)
    return None if _is_flex(request) else {}


def _change(
    request: AtlasRequest, cluster: Cluster, state: str, lasts: timedelta
) -> None:
    """Put a cluster into a state for a while.

    A cluster that is being created stays CREATING until its time (recorded).
    """
    if cluster.state == "DELETING":
        raise AtlasRefusal("CLUSTER_ALREADY_REQUESTED_DELETION", cluster.name)
    if cluster.state != "CREATING" or state == "DELETING":
        cluster.state = state
        cluster.settles = request.view.now + lasts
