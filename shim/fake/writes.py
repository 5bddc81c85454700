"""Writes: create restore jobs; create, update and delete instances and flex clusters; switch automatic indexing.

Bodies are read as by a strict API: unknown, missing and mistyped members are refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shim.fake.http import Json, JsonObject
from shim.fake.reads import ID, AtlasRequest, cluster_of, clusters_of, read_flag, snapshot_of
from shim.fake.refusals import AtlasRefusal
from shim.fake.world import DELETION, UPDATE, Cluster

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


@dataclass(frozen=True, slots=True)
class Body:
    """The members of one JSON object; every method raises AtlasRefusal on a bad member."""

    members: JsonObject

    def given(self, name: str) -> Json:
        """Return a required member that is not null."""
        value = self.members.get(name)
        if value is None:
            raise AtlasRefusal("MISSING_ATTRIBUTE", name)
        return value

    def inner(self, name: str, known: str) -> Body:
        """Return the object in a member; it may have only known members."""
        return _only(self.given(name), known, AtlasRefusal("INVALID_ATTRIBUTE", name))

    def text(self, name: str, pattern: str = r"(?s).+", error: str = "INVALID_ATTRIBUTE") -> str:
        """Return a text that matches the pattern."""
        value = self.given(name)
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise AtlasRefusal(error, value if error != "INVALID_ATTRIBUTE" else name)
        return value

    def id(self, name: str) -> str:
        """Return a text with the form of an id."""
        return self.text(name, ID.pattern)

    def word(self, name: str, words: tuple[str, ...]) -> str:
        """Return a member that must be one of some words."""
        value = self.text(name)
        if value not in words:
            raise AtlasRefusal("INVALID_ENUM_VALUE", value, name)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean, or the default if it is missing or null."""
        value = self.members.get(name)
        if not isinstance(value, bool | None):
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
        return default if value is None else value

    def tags(self, default: tuple[Mapping[str, str], ...] = ()) -> tuple[Mapping[str, str], ...]:
        """Return the tags: a key and a value each, 1 to 255 characters (contract)."""
        value = self.members.get("tags")
        if value is None:
            return default
        if not isinstance(value, list) or not all(map(_is_tag, value)):
            raise AtlasRefusal("INVALID_ATTRIBUTE", "tags")
        return tuple(value)


def read_body(content: bytes, known: str) -> Body:
    """Read a JSON object that may have only the known members, named between spaces; raises AtlasRefusal."""
    malformed = AtlasRefusal("MALFORMED_JSON")
    try:
        return _only(json.loads(content), known, malformed)
    except (ValueError, RecursionError):
        raise malformed from None


def _only(document: Json, known: str, otherwise: AtlasRefusal) -> Body:
    if not isinstance(document, dict):
        raise otherwise
    for name in document:
        if name not in known.split():
            raise AtlasRefusal("INVALID_ATTRIBUTE", name)
    return Body(document)


def _is_tag(value: Json) -> bool:
    if not isinstance(value, dict) or value.keys() != {"key", "value"}:
        return False
    return all(isinstance(each, str) and 1 <= len(each) <= 255 for each in value.values())


def flex_restore(request: AtlasRequest) -> JsonObject:
    """Restore a flex snapshot to a cluster, of the same group unless another is named; the shared tier's body is alike.

    The contract has that body.
    """
    cluster, body = cluster_of(request), read_body(request.body, _TENANT_JOB + _own_name(request))
    identity, name = body.id("snapshotId"), body.text("targetDeploymentItemName")
    group = body.id("targetProjectId") if "targetProjectId" in body.members else cluster.group
    snapshot = snapshot_of(request, cluster, identity)
    job = request.world.order(cluster, snapshot, request.view.now, _existing(request, group, name))
    return request.api.show_job(cluster, job, request.view)


def flex_download(request: AtlasRequest) -> JsonObject:
    """Prepare a download of a flex or shared-tier snapshot.

    The shared tier needs no target (v1.0 pages), though the contract wants one.
    """
    known = "links snapshotId" if request.is_flex else _TENANT_JOB + _own_name(request)
    cluster, body = cluster_of(request), read_body(request.body, known)
    snapshot = snapshot_of(request, cluster, body.id("snapshotId"))
    own = (cluster.group, cluster.name)
    job = request.world.order(cluster, snapshot, request.view.now, own, "download")
    return request.api.show_job(cluster, job, request.view)


def _own_name(request: AtlasRequest) -> str:
    return "instanceName" if request.is_flex else "clusterName"


def restore(request: AtlasRequest) -> JsonObject:
    """Restore or download a serverless or dedicated snapshot, or restore a dedicated cluster to a point in time.

    The contract wants a target for the download of a serverless one, too.
    """
    cluster, is_dedicated = cluster_of(request), request.api.finds_deleted
    body = read_body(request.body, _LEGACY_JOB + ("components privateDownloadDeliveryUrls" if is_dedicated else ""))
    delivery = body.word("deliveryType", ("automated", "download", "pointInTime"))
    target, snapshot = (cluster.group, cluster.name), None
    if delivery != "download" or not is_dedicated:
        name = body.text("targetClusterName")
        target = _existing(request, body.id("targetGroupId"), name)
    if delivery == "pointInTime" and not is_dedicated:
        raise AtlasRefusal("UNSUPPORTED_DELIVERY_METHOD", delivery)
    if delivery != "pointInTime":
        snapshot = snapshot_of(request, cluster, body.id("snapshotId"))
    elif not any(isinstance(body.members.get(key), int) for key in ("pointInTimeUTCSeconds", "oplogTs")):
        raise AtlasRefusal("MISSING_ATTRIBUTE", "pointInTimeUTCSeconds")
    job = request.world.order(cluster, snapshot, request.view.now, target, delivery)
    return request.api.show_job(cluster, job, request.view)


def _existing(request: AtlasRequest, group: str, name: str) -> tuple[str, str]:
    if name not in request.world.clusters(group):
        raise AtlasRefusal("CLUSTER_NOT_FOUND", name, group)
    return group, name


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
