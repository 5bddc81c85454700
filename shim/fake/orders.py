"""The handlers of POST: check the body the way a strict API does, and store the restore job."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from shim.fake import refusals, shapes
from shim.fake.asking import Ask, Result, snapshot_of
from shim.fake.world import Cluster

_ID = re.compile(r"[a-f0-9]{24}")

# The members that the contracts declare; read-only ones are tolerated, as recorded for instanceName.
_FLEX = frozenset(
    {
        "deliveryType",
        "expirationDate",
        "id",
        "instanceName",
        "links",
        "projectId",
        "restoreFinishedDate",
        "restoreScheduledDate",
        "snapshotFinishedDate",
        "snapshotId",
        "snapshotUrl",
        "status",
        "targetDeploymentItemName",
        "targetProjectId",
    }
)
_FLEX_DOWNLOAD = frozenset({"links", "snapshotId"})
_LEGACY = frozenset(
    {
        "cancelled",
        "deliveryType",
        "deliveryUrl",
        "desiredTimestamp",
        "expired",
        "expiresAt",
        "failed",
        "finishedAt",
        "id",
        "links",
        "oplogInc",
        "oplogTs",
        "pointInTimeUTCSeconds",
        "snapshotId",
        "targetClusterName",
        "targetGroupId",
        "timestamp",
    }
)
_DEDICATED = _LEGACY | {"components", "privateDownloadDeliveryUrls"}
_DELIVERY = ("automated", "download", "pointInTime")


def _read(body: bytes, known: frozenset[str]) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise refusals.bad_json() from None
    if not isinstance(document, dict):
        raise refusals.bad_json()
    for name in document:
        if name not in known:
            raise refusals.bad_attribute(name)
    return document


def _needed(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if value is None:
        raise refusals.missing(name)
    if not isinstance(value, str) or not value:
        raise refusals.bad_attribute(name)
    return value


def _identity(document: Mapping[str, Any], name: str) -> str:
    value = _needed(document, name)
    if not _ID.fullmatch(value):
        raise refusals.bad_attribute(name)
    return value


def _delivery(document: Mapping[str, Any]) -> str:
    word = _needed(document, "deliveryType")
    if word not in _DELIVERY:
        raise refusals.bad_word("deliveryType", word)
    return word


def _target(ask: Ask, group: str, name: str) -> None:
    if name not in ask.world.clusters(group):
        raise refusals.no_cluster(name, group)


def flex_restore(ask: Ask) -> Result:
    """Restore a flex snapshot to a cluster, of the same group unless another is named."""
    cluster = ask.flex()
    document = _read(ask.body, _FLEX)
    snapshot = _identity(document, "snapshotId")
    name = _needed(document, "targetDeploymentItemName")
    group = _identity(document, "targetProjectId") if "targetProjectId" in document else cluster.group
    job = ask.world.order(
        cluster,
        _checked(ask, cluster, snapshot, group, name),
        ask.view.now,
        download=False,
        target_group=group,
        target_cluster=name,
    )
    return Result(shapes.flex_job(cluster, job, ask.view))


def flex_download(ask: Ask) -> Result:
    """Prepare a download of a flex snapshot."""
    cluster = ask.flex()
    snapshot = snapshot_of(cluster, _identity(_read(ask.body, _FLEX_DOWNLOAD), "snapshotId"))
    job = ask.world.order(
        cluster,
        snapshot,
        ask.view.now,
        download=True,
        target_group=cluster.group,
        target_cluster=cluster.name,
    )
    return Result(shapes.flex_job(cluster, job, ask.view))


def legacy_restore(ask: Ask) -> Result:
    """Restore or download a serverless snapshot; the contract wants a target for both."""
    cluster = ask.serverless()
    document = _read(ask.body, _LEGACY)
    word = _delivery(document)
    name, group = _needed(document, "targetClusterName"), _identity(document, "targetGroupId")
    if word == "pointInTime":
        raise refusals.bad_delivery(word)
    snapshot = _checked(ask, cluster, _identity(document, "snapshotId"), group, name)
    job = ask.world.order(
        cluster,
        snapshot,
        ask.view.now,
        download=word == "download",
        target_group=group,
        target_cluster=name,
    )
    return Result(shapes.legacy_job(cluster, job, ask.view), created=True)


def dedicated_restore(ask: Ask) -> Result:
    """Restore or download a dedicated snapshot, or restore to a point in time."""
    cluster = ask.backed_up()
    document = _read(ask.body, _DEDICATED)
    word = _delivery(document)
    group, name = cluster.group, cluster.name
    if word != "download":
        name, group = _needed(document, "targetClusterName"), _identity(document, "targetGroupId")
        _target(ask, group, name)
    if word == "pointInTime":
        if not any(isinstance(document.get(key), int) for key in ("pointInTimeUTCSeconds", "oplogTs")):
            raise refusals.missing("pointInTimeUTCSeconds")
        snapshot = None
    else:
        snapshot = snapshot_of(cluster, _identity(document, "snapshotId"))
    job = ask.world.order(
        cluster,
        snapshot,
        ask.view.now,
        download=word == "download",
        target_group=group,
        target_cluster=name,
        point_in_time=word == "pointInTime",
    )
    return Result(shapes.dedicated_job(cluster, job, ask.view), created=True)


def _checked(ask: Ask, cluster: Cluster, snapshot: str, group: str, name: str) -> dict[str, Any]:
    found = snapshot_of(cluster, snapshot)
    _target(ask, group, name)
    return found
