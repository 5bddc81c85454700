"""The handlers that create, update and delete instances and flex clusters, and that switch automatic indexing."""

from __future__ import annotations

from datetime import timedelta

from shim.fake import bodies
from shim.fake.lookup import AtlasRequest, cluster_of, clusters_of
from shim.fake.messages import JsonObject
from shim.fake.paging import read_flag
from shim.fake.refusals import AtlasRefusal
from shim.fake.world import DELETION, UPDATE, Cluster

# The members that the contracts declare; read-only ones are tolerated.
_FLEX_CREATE = frozenset({"links", "name", "providerSettings", "tags", "terminationProtectionEnabled"})
_FLEX_UPDATE = frozenset({"links", "tags", "terminationProtectionEnabled"})
_FLEX_PROVIDER = frozenset({"backingProviderName", "diskSizeGB", "providerName", "regionName"})
_LEGACY_CREATE = frozenset({
    "name", "providerSettings", "serverlessBackupOptions", "stateName", "tags", "terminationProtectionEnabled",
})  # fmt: skip
_LEGACY_UPDATE = frozenset({"serverlessBackupOptions", "tags", "terminationProtectionEnabled"})
_LEGACY_PROVIDER = frozenset({
    "backingProviderName", "effectiveDiskSizeGBLimit", "effectiveInstanceSizeName", "effectiveProviderName",
    "providerName", "regionName",
})  # fmt: skip
_BACKUP_OPTIONS = frozenset({"serverlessContinuousBackupEnabled"})
_BACKING = ("AWS", "AZURE", "GCP")

_PROTECTED = (
    "Cannot terminate cluster {} in group {} because termination protection is enabled. "
    "Disable termination protection and try again."
)


def create_flex_cluster(request: AtlasRequest) -> JsonObject:
    """Create a flex cluster."""
    clusters_of(request)  # refuses an unknown group before a bad body
    body = bodies.members(request.body, _FLEX_CREATE)
    return _created(request, body, bodies.inner(body, "providerSettings", _FLEX_PROVIDER), "FLEX")


def create_instance(request: AtlasRequest) -> JsonObject:
    """Create a serverless instance; as recorded, a flex cluster stands for it."""
    clusters_of(request)
    body = bodies.members(request.body, _LEGACY_CREATE)
    _check_backup_options(body)
    return _created(request, body, bodies.inner(body, "providerSettings", _LEGACY_PROVIDER), "SERVERLESS")


def update_flex_cluster(request: AtlasRequest) -> JsonObject:
    """Change a flex cluster's tags or termination protection."""
    cluster = cluster_of(request)
    return _updated(request, cluster, bodies.members(request.body, _FLEX_UPDATE))


def update_instance(request: AtlasRequest) -> JsonObject:
    """Change an instance's tags or termination protection; its backup options do not change (recorded)."""
    cluster = cluster_of(request)
    body = bodies.members(request.body, _LEGACY_UPDATE)
    _check_backup_options(body)
    return _updated(request, cluster, body)


def delete_flex_cluster(request: AtlasRequest) -> None:
    """Delete a flex cluster."""
    cluster = cluster_of(request)
    if cluster.protected:
        raise AtlasRefusal("ATLAS_GENERAL_ERROR", _PROTECTED.format(cluster.name, cluster.group))
    _change(request, cluster, "DELETING", DELETION)


def delete_instance(request: AtlasRequest) -> JsonObject:
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


def _created(request: AtlasRequest, body: JsonObject, provider: JsonObject, word: str) -> JsonObject:
    bodies.word(provider, "providerName", (word,), default=word)
    name = bodies.cluster_name(body)
    backing = bodies.word(provider, "backingProviderName", _BACKING)
    region = bodies.text(provider, "regionName")
    tags, protected = bodies.tags(body, ()), bodies.flag(body, "terminationProtectionEnabled", default=False)
    group = request.names["group"]
    if name in request.world.clusters(group):
        raise AtlasRefusal("DUPLICATE_CLUSTER_NAME", "cluster or serverless instance", name, group)
    cluster = request.world.create(group, name, request.view.now)
    cluster.provider, cluster.region, cluster.tags, cluster.protected = backing, region, tags, protected
    shown = request.api.show_cluster(cluster, request.view)
    if not tags:
        del shown["tags"]  # recorded: only reads show an empty list
    return shown


def _updated(request: AtlasRequest, cluster: Cluster, body: JsonObject) -> JsonObject:
    tags = bodies.tags(body, cluster.tags)
    protected = bodies.flag(body, "terminationProtectionEnabled", default=cluster.protected)
    _change(request, cluster, "UPDATING", UPDATE)
    cluster.tags, cluster.protected = tags, protected
    return request.api.show_cluster(cluster, request.view)


def _change(request: AtlasRequest, cluster: Cluster, state: str, lasts: timedelta) -> None:
    """Let a cluster be in a state for a while; one that is being created stays so until then (recorded)."""
    if cluster.state == "DELETING":
        raise AtlasRefusal("CLUSTER_ALREADY_REQUESTED_DELETION", cluster.name)
    if cluster.state != "CREATING" or state == "DELETING":
        cluster.state, cluster.settles = state, request.view.now + lasts


def _check_backup_options(body: JsonObject) -> None:
    if body.get("serverlessBackupOptions") is not None:
        options = bodies.inner(body, "serverlessBackupOptions", _BACKUP_OPTIONS)
        bodies.flag(options, "serverlessContinuousBackupEnabled", default=False)
