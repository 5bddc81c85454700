"""Write snapshots, restore jobs and clusters as each API's JSON.

Members have the order of the recordings (alphabetical). Members that are None are left
out.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shim.fake.http import JsonObject, stamp
from shim.fake.world import MONGODB_VERSION, Cluster, Job

DONE_AFTER = timedelta(seconds=60)
STATES = ((60, "COMPLETED"), (10, "RUNNING"), (5, "QUEUED"), (float("-inf"), "PENDING"))
"""The states of a flex job, each by the age of the job in seconds when it starts."""
FLEX_JOB_LIFE = timedelta(hours=6)
"""Recorded: expirationDate is 6 hours after restoreScheduledDate."""
FLEX_LINK_LIFE = timedelta(hours=4)
"""Documented: a download link of a flex snapshot is valid for 4 hours."""
DEDICATED_LINK_LIFE = timedelta(hours=1)
"""Recorded: a download link of a dedicated snapshot is valid for 1 hour."""

_LEGACY_STATUS = {
    "PENDING": "queued",
    "QUEUED": "queued",
    "RUNNING": "inProgress",
    "COMPLETED": "completed",
}


@dataclass(frozen=True, slots=True)
class View:
    """The start of links, up to and including the API version, and the time of the request."""

    root: str
    v1: bool
    now: datetime

    def url(self, cluster: Cluster, kind: str) -> str:
        """The URL of a cluster; ``kind`` is the segment of the API, such as ``serverless``."""
        return f"{self.root}/groups/{cluster.group}/{kind}/{cluster.name}"


def _link(href: str, rel: str = "") -> dict[str, str]:
    return {"href": href, "rel": f"https://cloud.mongodb.com/{rel}" if rel else "self"}


def _body(**members: object) -> JsonObject:
    return {
        name: members[name] for name in sorted(members) if members[name] is not None
    }


def flex_snapshot(_cluster: Cluster, snapshot: JsonObject, _view: View) -> JsonObject:
    """A flex snapshot: seven members, no links."""
    return _body(**snapshot)


def legacy_snapshot(cluster: Cluster, snapshot: JsonObject, view: View) -> JsonObject:
    """A serverless snapshot, as the v1.0 pages and the contract show it (no recording exists)."""
    identity = snapshot.get("id", "")
    own = view.url(cluster, "serverless")
    # Flex has no size. This one is derived from the id, so that it never changes.
    size = 1024 + zlib.crc32(identity.encode())
    status = snapshot.get("status", "")
    return _body(
        createdAt=snapshot.get("startTime") or snapshot.get("scheduledTime"),
        expiresAt=snapshot.get("expiration"),
        frequencyType="daily",
        id=identity,
        links=[_link(f"{own}/backup/snapshots/{identity}")],
        mongodVersion=snapshot.get("mongoDBVersion"),
        serverlessInstanceName=cluster.name,
        snapshotType="scheduled",
        status=_LEGACY_STATUS.get(status),
        storageSizeBytes=size,
    )


def tenant_snapshot(cluster: Cluster, snapshot: JsonObject, view: View) -> JsonObject:
    """A shared-tier snapshot: a flex snapshot with a link to itself.

    Follows the contract; no recording exists.
    """
    cluster_url = view.url(cluster, "clusters")
    identity = snapshot.get("id", "")
    own = f"{cluster_url}/backup/tenant/snapshots/{identity}"
    return _body(**snapshot, links=[_link(own)])


def dedicated_snapshot(
    cluster: Cluster, snapshot: JsonObject, view: View
) -> JsonObject:
    """A dedicated snapshot with its two links."""
    own = view.url(cluster, "clusters")
    identity = snapshot.get("id", "")
    links = [
        _link(f"{own}/backup/snapshots/{identity}"),
        _link(own, "cluster"),
    ]
    return _body(**{**snapshot, "links": links})


def _finished(job: Job, view: View) -> str | None:
    if view.now - job.created >= DONE_AFTER:
        return stamp(job.created + DONE_AFTER)
    return None


def _download_url(cluster: Cluster, job: Job) -> str:
    return f"https://restore-{job.id}.{cluster.host}.mongodb.example:27017/{job.snapshot}/restore-{job.id}.tar.gz"


def flex_job(cluster: Cluster, job: Job, view: View) -> JsonObject:
    """A flex restore job; a download has a link instead of a target."""
    finished = _finished(job, view)
    if job.download:
        own = {
            "deliveryType": "DOWNLOAD",
            "snapshotUrl": _download_url(cluster, job) if finished else None,
        }
    else:
        own = {
            "deliveryType": "RESTORE",
            "targetDeploymentItemName": job.target_cluster,
            "targetProjectId": job.target_group,
        }
    return _body(
        expirationDate=stamp(_flex_expiry(job)),
        id=job.id,
        instanceName=cluster.name,
        projectId=cluster.group,
        restoreFinishedDate=finished,
        restoreScheduledDate=stamp(job.created),
        snapshotFinishedDate=job.snapshot_finished,
        snapshotId=job.snapshot,
        status=_flex_status(view.now - job.created),
        **own,
    )


def _flex_expiry(job: Job) -> datetime:
    if job.download:
        life = FLEX_LINK_LIFE
    else:
        life = FLEX_JOB_LIFE
    return job.created + life


def _flex_status(age: timedelta) -> str:
    lasted = age.total_seconds()
    return next(status for after, status in STATES if lasted >= after)


def tenant_job(cluster: Cluster, job: Job, view: View) -> JsonObject:
    """A shared-tier restore job, as in the v1.0 pages and the contract.

    A download has a target too.
    """
    own = f"{view.url(cluster, 'clusters')}/backup/tenant/restores/{job.id}"
    members = flex_job(cluster, job, view)
    members["clusterName"] = cluster.name
    members["instanceName"] = None
    members["links"] = [_link(own)]
    members["targetDeploymentItemName"] = job.target_cluster
    members["targetProjectId"] = job.target_group
    return _body(**members)


def _cloud_job(
    kind: str,
    cluster: Cluster,
    job: Job,
    view: View,
    expiry: datetime,
    **members: object,
) -> JsonObject:
    """The members that serverless and dedicated jobs have in common, and others."""
    own = view.url(cluster, kind)
    delivered = job.download and _finished(job, view) is not None
    links = [
        _link(f"{own}/backup/restoreJobs/{job.id}"),
        _link(f"{own}/backup/snapshots/{job.snapshot}", "snapshot"),
        _link(own, "cluster"),
        _link(f"{view.root}/groups/{cluster.group}", "group"),
    ]
    return _body(
        cancelled=False,
        deliveryType=job.delivery,
        deliveryUrl=[_download_url(cluster, job)] if delivered else [],
        expired=delivered and view.now > expiry,
        failed=False,
        id=job.id,
        links=links,
        snapshotId=job.snapshot or None,
        timestamp=job.snapshot_finished,
        **members,
    )


def legacy_job(cluster: Cluster, job: Job, view: View) -> JsonObject:
    """A serverless restore job, as the v1.0 pages and the contract show it (no recording exists)."""
    expiry = _flex_expiry(job)
    return _cloud_job(
        *("serverless", cluster, job, view, expiry),
        expiresAt=stamp(expiry),
        finishedAt=_finished(job, view),
        targetClusterName=job.target_cluster,
        targetGroupId=job.target_group,
    )


def dedicated_job(cluster: Cluster, job: Job, view: View) -> JsonObject:
    """A dedicated restore job; a download has no target and gets a link instead of finishing."""
    expiry = job.created + DONE_AFTER + DEDICATED_LINK_LIFE
    finished = _finished(job, view)
    own: dict[str, Any]
    if job.download:
        own = {"expiresAt": stamp(expiry) if finished else None}
    else:
        own = {
            "finishedAt": finished,
            "targetClusterName": job.target_cluster,
            "targetDeploymentItemName": f"atlas-{cluster.host}",
            "targetGroupId": job.target_group,
        }
    no_time = {"increment": None, "time": None, "date": None}
    return _cloud_job(
        *("clusters", cluster, job, view, expiry), desiredTimestamp=no_time, **own
    )


def _srv(cluster: Cluster) -> str:
    return f"mongodb+srv://{cluster.name.lower()}.{cluster.host}.mongodb.example"


def _strings(cluster: Cluster) -> dict[str, str]:
    """The connection strings of a cluster; none while it is being created."""
    if cluster.state == "CREATING":
        return {}
    return {"standardSrv": _srv(cluster)}


def _any_cluster(cluster: Cluster) -> JsonObject:
    return {
        "createDate": stamp(cluster.created),
        "groupId": cluster.group,
        "id": cluster.id,
        "mongoDBVersion": MONGODB_VERSION,
        "name": cluster.name,
        "stateName": cluster.state,
        "terminationProtectionEnabled": cluster.protected,
    }


def flex_cluster(cluster: Cluster, _view: View) -> JsonObject:
    """A flex cluster."""
    strings = _strings(cluster)
    if strings:
        host = f"{cluster.host}.mongodb.example:27017"
        strings = {"standard": f"mongodb://{host}/?ssl=true", **strings}
    provider = {
        "backingProviderName": cluster.provider,
        "diskSizeGB": 5.0,
        "providerName": "FLEX",
        "regionName": cluster.region,
    }
    return _body(
        **_any_cluster(cluster),
        backupSettings={"enabled": True},
        clusterType="REPLICASET",
        connectionStrings=strings,
        providerSettings=provider,
        tags=list(cluster.tags),
        versionReleaseSystem="LTS",
    )


def legacy_instance(cluster: Cluster, view: View) -> JsonObject:
    """A serverless instance on top of a flex cluster, as recorded."""
    own = view.url(cluster, "serverless")
    links = [
        _link(own),
        _link(f"{own}/backup/restoreJobs", "restoreJobs"),
        _link(f"{own}/backup/snapshots", "snapshots"),
    ]
    todays_backup = view.now.replace(hour=17, minute=5, second=10)
    provider = {
        "backingProviderName": cluster.provider,
        "effectiveDiskSizeGBLimit": 5,
        "effectiveInstanceSizeName": "FLEX",
        "effectiveProviderName": "TENANT",
        "nextBackupDate": stamp(todays_backup + timedelta(days=1)),
        "providerName": "SERVERLESS",
        "regionName": cluster.region,
        "tenantBackupEnabled": True,
    }
    return _body(
        **_any_cluster(cluster),
        connectionStrings=_strings(cluster),
        links=links,
        providerSettings=provider,
        serverlessBackupOptions={"serverlessContinuousBackupEnabled": False},
        tags=list(cluster.tags),
    )


def dedicated_cluster(cluster: Cluster, view: View) -> JsonObject:
    """A dedicated or free cluster, reduced to its identity."""
    return _body(
        **_any_cluster(cluster),
        backupEnabled=cluster.tier == "dedicated",
        clusterType="REPLICASET",
        connectionStrings={"standardSrv": _srv(cluster)},
        links=[_link(view.url(cluster, "clusters"))],
    )
