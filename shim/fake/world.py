"""The things in Atlas: groups, clusters, snapshots, restore jobs; in memory, seeded, deterministic."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from shim.fake import refusals
from shim.fake.messages import stamp

Tier = Literal["flex", "dedicated", "free"]
Document = dict[str, Any]

MONGODB_VERSION = "8.0.17"
RETENTION_DAYS = 8
"""Recorded: expiration is scheduledTime and 8 days, and 8 snapshots are kept."""


@dataclass(frozen=True, slots=True)
class Job:
    """A restore job as it was ordered; what it looks like depends on the time it is looked at."""

    id: str
    snapshot: str
    snapshot_finished: str | None
    created: datetime
    download: bool
    target_group: str
    target_cluster: str
    deployment: str
    point_in_time: bool = False
    fails: bool = False


@dataclass(slots=True)
class Cluster:
    """One cluster, changeable at will.

    ``snapshots`` are documents in the wire shape of its own tier, without links; ``strings`` names
    the connection strings it has already (recorded: they come and go independently of ``state``).
    """

    group: str
    name: str
    tier: Tier
    id: str
    created: datetime
    host: str
    snapshots: list[Document] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    state: str = "IDLE"
    strings: tuple[str, ...] = ("standard", "standardSrv")
    tags: tuple[Mapping[str, str], ...] = ()
    protected: bool = False
    deleted: bool = False

    def snapshot(self, snapshot_id: str) -> Document | None:
        """Return a snapshot by id."""
        return next((each for each in self.snapshots if each.get("id") == snapshot_id), None)

    def job(self, job_id: str) -> Job | None:
        """Return a restore job by id."""
        return next((each for each in self.jobs if each.id == job_id), None)


class World:
    """Groups by id, each with its clusters by name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.groups: dict[str, dict[str, Cluster]] = {}

    def dice(self, *words: object) -> random.Random:
        """Return a generator that depends on the seed and these words alone, not on what came before."""
        # Not a secret: the same world has to come out of the same seed.
        return random.Random("/".join(map(str, (self._seed, *words))))  # noqa: S311

    def add_group(self, group: str) -> None:
        """Create a group unless it exists."""
        self.groups.setdefault(group, {})

    def add(  # noqa: PLR0913 - what makes up a cluster
        self,
        group: str,
        name: str,
        tier: Tier,
        now: datetime,
        snapshots: int | Sequence[Document],
        *,
        tags: Sequence[Mapping[str, str]] = (),
    ) -> Cluster:
        """Create or replace a cluster with so many made-up snapshots, or with exactly these documents."""
        self.add_group(group)
        dice = self.dice(group, name)
        count = snapshots if isinstance(snapshots, int) else len(snapshots)
        created = now - timedelta(days=count + 30)
        cluster = Cluster(
            group=group,
            name=name,
            tier=tier,
            id=object_id(created, dice),
            created=created,
            host="".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=7)),
            tags=tuple(tags),
        )
        if isinstance(snapshots, int):
            make = flex_snapshots if tier == "flex" else dedicated_snapshots
            cluster.snapshots = make(snapshots, now, dice, name)
        else:
            cluster.snapshots = [dict(each) for each in snapshots]
        self.groups[group][name] = cluster
        return cluster

    def clusters(self, group: str) -> dict[str, Cluster]:
        """Return the clusters of a group that exist (not deleted); raises Refusal for an unknown group."""
        if group not in self.groups:
            raise refusals.no_group(group)
        return {name: each for name, each in self.groups[group].items() if not each.deleted}

    def remains(self, group: str, name: str) -> Cluster | None:
        """Return a deleted dedicated cluster, whose snapshots Atlas keeps and still lists."""
        cluster = self.groups.get(group, {}).get(name)
        return cluster if cluster and cluster.deleted and cluster.tier == "dedicated" else None

    def order(  # noqa: PLR0913 - what makes up a restore job
        self,
        cluster: Cluster,
        snapshot: Document | None,
        now: datetime,
        *,
        download: bool,
        target_group: str,
        target_cluster: str,
        point_in_time: bool = False,
        fails: bool = False,
    ) -> Job:
        """Store a restore job, newest last."""
        dice = self.dice(cluster.group, cluster.name, "job", len(cluster.jobs))
        document = snapshot or {}
        job = Job(
            id=object_id(now, dice),
            snapshot=document.get("id", ""),
            snapshot_finished=document.get("finishTime") or document.get("createdAt"),
            created=now.replace(microsecond=0),
            download=download,
            target_group=target_group,
            target_cluster=target_cluster,
            deployment="atlas-" + "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=6)),
            point_in_time=point_in_time,
            fails=fails,
        )
        cluster.jobs.append(job)
        return job


def object_id(when: datetime, dice: random.Random) -> str:
    """Return an ObjectId: seconds since the epoch, then 8 bytes that are random in life."""
    return f"{int(when.timestamp()):08x}{dice.getrandbits(64):016x}"


def _days(count: int, now: datetime) -> list[datetime]:
    """Return ``count`` instants a day apart, oldest first, the newest at least an hour old."""
    latest = now.astimezone(UTC).replace(hour=17, minute=5, second=10, microsecond=0)
    while latest > now - timedelta(hours=1):
        latest -= timedelta(days=1)
    return [latest - timedelta(days=age) for age in reversed(range(count))]


def flex_snapshots(count: int, now: datetime, dice: random.Random, name: str) -> list[Document]:
    """Make flex snapshots as recorded: daily, started within a minute, finished within two more."""
    del name  # a flex snapshot does not say whose it is
    retention = timedelta(days=max(RETENTION_DAYS, count))
    made = []
    for scheduled in _days(count, now):
        started = scheduled + timedelta(seconds=dice.randint(17, 58))
        finished = started + timedelta(seconds=dice.randint(60, 95))
        made.append(
            {
                "expiration": stamp(scheduled + retention),
                "finishTime": stamp(finished),
                "id": object_id(scheduled, dice),
                "mongoDBVersion": MONGODB_VERSION,
                "scheduledTime": stamp(scheduled),
                "startTime": stamp(started),
                "status": "COMPLETED",
            }
        )
    return made


def dedicated_snapshots(count: int, now: datetime, dice: random.Random, name: str) -> list[Document]:
    """Make dedicated snapshots with the recorded members: the newest taken on demand, the rest daily."""
    made = []
    days = _days(count, now)
    policy = object_id(now - timedelta(days=400), dice)
    for index, scheduled in enumerate(days):
        on_demand = index == count - 1
        created = scheduled + timedelta(seconds=dice.randint(90, 150))
        document: Document = {
            "cloudProvider": "AWS",
            "copyRegions": [],
            "createdAt": stamp(created),
            "description": "before the release",
            "expiresAt": stamp(scheduled + timedelta(days=max(RETENTION_DAYS, count))),
            "frequencyType": "ondemand" if on_demand else "daily",
            "id": object_id(scheduled, dice),
            "mongodVersion": MONGODB_VERSION,
            "policyItems": [] if on_demand else [policy],
            "replicaSetName": name,
            "snapshotType": "onDemand" if on_demand else "scheduled",
            "status": "completed",
            "storageSizeBytes": dice.randint(1_500_000_000, 1_900_000_000),
            "type": "replicaSet",
        }
        if not on_demand:
            del document["description"]
        made.append(document)
    return made
