"""How things look on the wire, per API; members in the order of the recordings (alphabetical)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shim.fake.messages import stamp
from shim.fake.world import MONGODB_VERSION, Cluster, Document, Job

QUEUED_AFTER, RUNNING_AFTER, DONE_AFTER = timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=60)
FLEX_JOB_LIFE = timedelta(hours=6)
"""Recorded: expirationDate is restoreScheduledDate and 6 hours."""
FLEX_LINK_LIFE = timedelta(hours=4)
"""Documented: a download link of a flex snapshot lives 4 hours."""
DEDICATED_LINK_LIFE = timedelta(hours=1)
"""Recorded: a download link of a dedicated snapshot lives 1 hour."""

_LEGACY_STATUS = {
    "PENDING": "queued",
    "QUEUED": "queued",
    "RUNNING": "inProgress",
    "COMPLETED": "completed",
    "FAILED": "failed",
}


@dataclass(frozen=True, slots=True)
class View:
    """Where links lead and when the look is taken; ``root`` is up to and including the API version."""

    root: str
    api: str
    now: datetime

    def group(self, cluster: Cluster) -> str:
        """The URL of the cluster's group."""
        return f"{self.root}/groups/{cluster.group}"

    def rel(self, word: str) -> str:
        """The relation name; v1.0 spelled it with http."""
        scheme = "http" if self.api == "v1.0" else "https"
        return f"{scheme}://cloud.mongodb.com/{word}"


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel}


def _ordered(document: Document) -> Document:
    """Sort the members and leave out those that are None."""
    return {name: document[name] for name in sorted(document) if document[name] is not None}


def flex_snapshot(_cluster: Cluster, snapshot: Document, _view: View) -> Document:
    """A flex snapshot: seven members, no links."""
    return _ordered(snapshot)


def _flex_status(job: Job, now: datetime) -> str:
    age = now - job.created
    if age >= DONE_AFTER:
        return "FAILED" if job.fails else "COMPLETED"
    return "RUNNING" if age >= RUNNING_AFTER else "QUEUED" if age >= QUEUED_AFTER else "PENDING"


def flex_job(cluster: Cluster, job: Job, view: View) -> Document:
    """A flex restore job; a download has a link instead of a target."""
    status = _flex_status(job, view.now)
    done = status in {"COMPLETED", "FAILED"}
    life = FLEX_LINK_LIFE if job.download else FLEX_JOB_LIFE
    return _ordered(
        {
            "deliveryType": "DOWNLOAD" if job.download else "RESTORE",
            "expirationDate": stamp(job.created + life),
            "id": job.id,
            "instanceName": cluster.name,
            "projectId": cluster.group,
            "restoreFinishedDate": stamp(job.created + DONE_AFTER) if done else None,
            "restoreScheduledDate": stamp(job.created),
            "snapshotFinishedDate": job.snapshot_finished,
            "snapshotId": job.snapshot,
            "snapshotUrl": _url(cluster, job) if job.download and status == "COMPLETED" else None,
            "status": status,
            "targetDeploymentItemName": None if job.download else job.target_cluster,
            "targetProjectId": None if job.download else job.target_group,
        }
    )


def flex_cluster(cluster: Cluster, _view: View) -> Document:
    """A flex cluster."""
    shards = ",".join(f"ac-{cluster.host}-shard-00-0{index}.{cluster.host}.mongodb.example:27017" for index in range(3))
    strings = {
        "standard": f"mongodb://{shards}/?ssl=true&authSource=admin&replicaSet=atlas-{cluster.host}-shard-0",
        "standardSrv": _srv(cluster),
    }
    return {
        "backupSettings": {"enabled": True},
        "clusterType": "REPLICASET",
        "connectionStrings": {word: strings[word] for word in cluster.strings},
        "createDate": stamp(cluster.created),
        "groupId": cluster.group,
        "id": cluster.id,
        "mongoDBVersion": MONGODB_VERSION,
        "name": cluster.name,
        "providerSettings": {
            "backingProviderName": "AWS",
            "diskSizeGB": 5.0,
            "providerName": "FLEX",
            "regionName": "US_EAST_1",
        },
        "stateName": cluster.state,
        "tags": list(cluster.tags),
        "terminationProtectionEnabled": cluster.protected,
        "versionReleaseSystem": "LTS",
    }


def legacy_snapshot(cluster: Cluster, snapshot: Document, view: View) -> Document:
    """A serverless snapshot, as the v1.0 pages and the contract show it (no recording exists)."""
    identity = snapshot.get("id", "")
    base = f"{view.group(cluster)}/serverless/{cluster.name}/backup/snapshots/{identity}"
    return _ordered(
        {
            "createdAt": snapshot.get("startTime") or snapshot.get("scheduledTime"),
            "expiresAt": snapshot.get("expiration"),
            "frequencyType": "daily",
            "id": identity,
            "links": [_link(base, "self")],
            "mongodVersion": snapshot.get("mongoDBVersion"),
            "serverlessInstanceName": cluster.name,
            "snapshotType": "scheduled",
            "status": _LEGACY_STATUS.get(snapshot.get("status", "")),
            # A size that only the legacy side knew: made up, the same at every look.
            "storageSizeBytes": 1024 + zlib.crc32(identity.encode()),
        }
    )


def legacy_job(cluster: Cluster, job: Job, view: View) -> Document:
    """A serverless restore job, as the v1.0 pages and the contract show it (no recording exists)."""
    status = _flex_status(job, view.now)
    expiry = job.created + (FLEX_LINK_LIFE if job.download else FLEX_JOB_LIFE)
    done = status in {"COMPLETED", "FAILED"}
    delivered = job.download and status == "COMPLETED"
    return _ordered(
        {
            "cancelled": False,
            "deliveryType": "download" if job.download else "automated",
            "deliveryUrl": [_url(cluster, job)] if delivered else [],
            "expired": job.download and view.now > expiry,
            "expiresAt": stamp(expiry),
            "failed": status == "FAILED",
            "finishedAt": stamp(job.created + DONE_AFTER) if done else None,
            "id": job.id,
            "links": _job_links("serverless", cluster, job, view),
            "snapshotId": job.snapshot,
            "targetClusterName": job.target_cluster,
            "targetGroupId": job.target_group,
            "timestamp": job.snapshot_finished,
        }
    )


def instance(cluster: Cluster, view: View) -> Document:
    """A serverless instance that a flex cluster backs, as recorded."""
    own = f"{view.group(cluster)}/serverless/{cluster.name}"
    return {
        "connectionStrings": {"standardSrv": _srv(cluster)} if "standardSrv" in cluster.strings else {},
        "createDate": stamp(cluster.created),
        "groupId": cluster.group,
        "id": cluster.id,
        "links": [
            _link(own, "self"),
            _link(f"{own}/backup/restoreJobs", view.rel("restoreJobs")),
            _link(f"{own}/backup/snapshots", view.rel("snapshots")),
        ],
        "mongoDBVersion": MONGODB_VERSION,
        "name": cluster.name,
        "providerSettings": {
            "backingProviderName": "AWS",
            "effectiveDiskSizeGBLimit": 5,
            "effectiveInstanceSizeName": "FLEX",
            "effectiveProviderName": "TENANT",
            "nextBackupDate": stamp(view.now.replace(hour=17, minute=5, second=10) + timedelta(days=1)),
            "providerName": "SERVERLESS",
            "regionName": "US_EAST_1",
            "tenantBackupEnabled": True,
        },
        "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
        "stateName": cluster.state,
        "tags": list(cluster.tags),
        "terminationProtectionEnabled": cluster.protected,
    }


def dedicated_snapshot(cluster: Cluster, snapshot: Document, view: View) -> Document:
    """A dedicated snapshot with its two links."""
    own = f"{view.group(cluster)}/clusters/{cluster.name}"
    links = [
        _link(f"{own}/backup/snapshots/{snapshot.get('id', '')}", "self"),
        _link(own, view.rel("cluster")),
    ]
    return _ordered({**snapshot, "links": links})


def dedicated_job(cluster: Cluster, job: Job, view: View) -> Document:
    """A dedicated restore job: a download has no target and never finishes, it gets a link."""
    done = view.now - job.created >= DONE_AFTER
    expiry = job.created + DONE_AFTER + DEDICATED_LINK_LIFE
    delivered = job.download and done
    target: dict[str, Any] = {
        "targetClusterName": job.target_cluster,
        "targetDeploymentItemName": job.deployment,
        "targetGroupId": job.target_group,
    }
    return _ordered(
        {
            "cancelled": False,
            "deliveryType": ("download" if job.download else "pointInTime" if job.point_in_time else "automated"),
            "deliveryUrl": [_url(cluster, job)] if delivered else [],
            "desiredTimestamp": {"increment": None, "time": None, "date": None},
            "expired": delivered and view.now > expiry,
            "expiresAt": stamp(expiry) if delivered else None,
            "failed": done and job.fails,
            "finishedAt": stamp(job.created + DONE_AFTER) if done and not job.download else None,
            "id": job.id,
            "links": _job_links("clusters", cluster, job, view),
            "snapshotId": job.snapshot or None,
            "timestamp": job.snapshot_finished,
            **({} if job.download else target),
        }
    )


def dedicated_cluster(cluster: Cluster, view: View) -> Document:
    """A dedicated cluster, reduced to what names it."""
    own = f"{view.group(cluster)}/clusters/{cluster.name}"
    return {
        "backupEnabled": cluster.tier == "dedicated",
        "clusterType": "REPLICASET",
        "connectionStrings": {"standardSrv": _srv(cluster)},
        "createDate": stamp(cluster.created),
        "groupId": cluster.group,
        "id": cluster.id,
        "links": [_link(own, "self")],
        "mongoDBVersion": MONGODB_VERSION,
        "name": cluster.name,
        "stateName": cluster.state,
        "terminationProtectionEnabled": cluster.protected,
    }


def _job_links(kind: str, cluster: Cluster, job: Job, view: View) -> list[dict[str, str]]:
    own = f"{view.group(cluster)}/{kind}/{cluster.name}"
    return [
        _link(f"{own}/backup/restoreJobs/{job.id}", "self"),
        _link(f"{own}/backup/snapshots/{job.snapshot}", view.rel("snapshot")),
        _link(own, view.rel("cluster")),
        _link(view.group(cluster), view.rel("group")),
    ]


def _srv(cluster: Cluster) -> str:
    return f"mongodb+srv://{cluster.name.lower()}.{cluster.host}.mongodb.example"


def _url(cluster: Cluster, job: Job) -> str:
    return f"https://restore-{job.id}.{cluster.host}.mongodb.example:27017/{job.snapshot}/restore-{job.id}.tar.gz"
