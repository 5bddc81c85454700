"""Simulate the contents of Atlas: groups, clusters, snapshots, restore jobs.

The same time and names give the same contents. The names, credentials and dates of the
demo world come first; the credentials are made up.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from shim.fake.http import AtlasRefusal, JsonObject, stamp

DEMO_GROUP = "6510aa1b2c3d4e5f60718293"
"""The group (project) of the demo world."""

DEMO_CLUSTER = "orders"
"""A flex cluster that was a serverless instance; it has 8 snapshots and a finished restore."""

DEMO_DEDICATED = "warehouse"
"""A dedicated (M10+) cluster of the same group."""

DEMO_PUBLIC_KEY = "demokeys"
DEMO_PRIVATE_KEY = "00000000-demo-demo-demo-000000000000"
DEMO_CLIENT_ID = "mdb_sa_id_000000000000000000000000"
DEMO_CLIENT_SECRET = "mdb_sa_sk_demo"  # noqa: S105 - made up
DEMO_TOKEN = "demo-access-token"  # noqa: S105 - made up; it never expires

BACKUP_SUNSET = datetime(2026, 1, 22, tzinfo=UTC)
"""The serverless and shared-tier backup endpoints, and writes of instances, answer 410 from this instant."""

INSTANCES_BLANK = datetime(2026, 1, 15, tzinfo=UTC)
"""Reads of serverless instances answer as if no instance existed from this instant (by the specification)."""

INSTANCE_SUNSET = datetime(2027, 1, 18, tzinfo=UTC)
"""Reads of serverless instances answer 410 from this instant."""

ClusterTier = Literal["flex", "dedicated"]

MONGODB_VERSION = "8.0.17"
RETENTION_DAYS = 8
"""Recorded: a snapshot expires 8 days after scheduledTime, and 8 snapshots are kept."""
CREATION = timedelta(seconds=60)
UPDATE = timedelta(seconds=30)
DELETION = timedelta(seconds=60)
"""Durations of CREATING, UPDATING and DELETING. Only the words are recorded."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(slots=True)
class Job:
    """A restore job as created. Its status depends on the time of the read.

    ``delivery`` is a legacy deliveryType.
    """

    id: str
    snapshot: str
    snapshot_finished: str | None
    created: datetime
    delivery: str
    target_group: str
    target_cluster: str

    @property
    def download(self) -> bool:
        """Whether the job prepares a link instead of a restore."""
        return self.delivery == "download"


@dataclass(slots=True)
class Cluster:
    """One cluster; tests may change every member.

    ``snapshots`` are documents in the JSON of its tier, without links. At ``settles``
    it becomes IDLE, or disappears if it was DELETING. A cluster that is CREATING has no
    connection strings (recorded).
    """

    group: str
    name: str
    tier: ClusterTier
    id: str
    created: datetime
    host: str
    snapshots: list[JsonObject] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    state: str = "IDLE"
    settles: datetime | None = None
    provider: str = "AWS"
    region: str = "US_EAST_1"
    tags: tuple[Mapping[str, str], ...] = ()
    protected: bool = False


class World:
    """Groups by id, each with its clusters by name."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, Cluster]] = {}

    def add(
        self, group: str, name: str, tier: ClusterTier, now: datetime, count: int
    ) -> Cluster:
        """Create or replace a cluster, with a number of made-up snapshots."""
        created = now - timedelta(days=count + 30)
        cluster, dice = self._keep(group, name, tier, created)
        if tier == "flex":
            made = flex_snapshots(count, now, dice)
        else:
            made = dedicated_snapshots(count, now, dice, name)
        cluster.snapshots = made
        return cluster

    def create(self, group: str, name: str, now: datetime) -> Cluster:
        """Begin to create a flex cluster, as the API does.

        It has no connection strings yet (recorded).
        """
        cluster, _ = self._keep(group, name, "flex", now)
        cluster.state = "CREATING"
        cluster.settles = now + CREATION
        return cluster

    def _keep(
        self, group: str, name: str, tier: ClusterTier, created: datetime
    ) -> tuple[Cluster, random.Random]:
        dice = _dice(group, name)
        identity = object_id(created, dice)
        cluster = Cluster(
            group,
            name,
            tier,
            identity,
            created,
            host="".join(dice.choices(_LETTERS, k=7)),
        )
        self.groups.setdefault(group, {})[name] = cluster
        return cluster, dice

    def settle(self, now: datetime) -> None:
        """Complete the creations, updates and deletions that are due."""
        for clusters in self.groups.values():
            for cluster in [*clusters.values()]:
                if cluster.settles is None or now < cluster.settles:
                    continue
                if cluster.state == "DELETING":
                    del clusters[cluster.name]
                cluster.state = "IDLE"
                cluster.settles = None

    def clusters(self, group: str) -> dict[str, Cluster]:
        """Return the clusters of a group. Raises AtlasRefusal for an unknown group."""
        if group not in self.groups:
            raise AtlasRefusal("GROUP_NOT_FOUND", group)
        return self.groups[group]

    def order(
        self,
        cluster: Cluster,
        snapshot: JsonObject,
        now: datetime,
        target: tuple[str, str],
        delivery: str,
    ) -> Job:
        """Store a restore job of a snapshot as the newest of a cluster.

        ``target`` is a group and a cluster.
        """
        dice = _dice(cluster.group, cluster.name, "job", len(cluster.jobs))
        finished = snapshot.get("finishTime") or snapshot.get("createdAt")
        created = now.replace(microsecond=0)
        of_snapshot = snapshot.get("id", "")
        job = Job(
            object_id(now, dice), of_snapshot, finished, created, delivery, *target
        )
        cluster.jobs.append(job)
        return job


def _dice(*words: str | int) -> random.Random:
    """Return a random generator that depends only on these words, not on earlier calls."""
    return random.Random("/".join(map(str, (1, *words))))  # noqa: S311 - no secret


def object_id(when: datetime, dice: random.Random) -> str:
    """Return an ObjectId in hex: 4 bytes of seconds since the epoch and 8 random bytes."""
    return f"{int(when.timestamp()):08x}{dice.getrandbits(64):016x}"


def _days(count: int, now: datetime) -> list[datetime]:
    """Return ``count`` instants a day apart, oldest first, the newest at least an hour old."""
    latest = now.astimezone(UTC).replace(hour=17, minute=5, second=10, microsecond=0)
    while latest > now - timedelta(hours=1):
        latest -= timedelta(days=1)
    return [latest - timedelta(days=age) for age in reversed(range(count))]


def flex_snapshots(count: int, now: datetime, dice: random.Random) -> list[JsonObject]:
    """Make flex snapshots as recorded: one a day, complete within three minutes.

    Each starts within a minute and finishes within two more.
    """
    made: list[JsonObject] = []
    retention = timedelta(days=max(RETENTION_DAYS, count))
    for scheduled in _days(count, now):
        started = scheduled + timedelta(seconds=dice.randint(17, 58))
        finished = started + timedelta(seconds=dice.randint(60, 95))
        snapshot = {
            "expiration": stamp(scheduled + retention),
            "finishTime": stamp(finished),
            "id": object_id(scheduled, dice),
            "mongoDBVersion": MONGODB_VERSION,
            "scheduledTime": stamp(scheduled),
            "startTime": stamp(started),
            "status": "COMPLETED",
        }
        made.append(snapshot)
    return made


def dedicated_snapshots(
    count: int, now: datetime, dice: random.Random, name: str
) -> list[JsonObject]:
    """Make dedicated snapshots with the recorded members.

    The newest is taken on demand, the others daily.
    """
    policy = object_id(now - timedelta(days=400), dice)
    retention = timedelta(days=max(RETENTION_DAYS, count))
    made: list[JsonObject] = []
    for scheduled in _days(count, now):
        created = scheduled + timedelta(seconds=dice.randint(90, 150))
        snapshot = {
            "cloudProvider": "AWS",
            "copyRegions": [],
            "createdAt": stamp(created),
            "expiresAt": stamp(scheduled + retention),
            "frequencyType": "daily",
            "id": object_id(scheduled, dice),
            "mongodVersion": MONGODB_VERSION,
            "policyItems": [policy],
            "replicaSetName": name,
            "snapshotType": "scheduled",
            "status": "completed",
            "storageSizeBytes": dice.randint(1_500_000_000, 1_900_000_000),
            "type": "replicaSet",
        }
        made.append(snapshot)
    for newest in made[-1:]:
        newest["description"] = "before the release"
        newest["frequencyType"] = "ondemand"
        newest["snapshotType"] = "onDemand"
        newest["policyItems"] = []
    return made
