"""What a handler is asked and what it answers, and finding the cluster that is asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shim.fake import refusals
from shim.fake.paging import Query
from shim.fake.shapes import View
from shim.fake.world import Cluster, Document, Job, World

_ID = re.compile(r"[a-f0-9]{24}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One recognised, signed-in request."""

    world: World
    view: View
    names: Mapping[str, str]
    query: Query
    body: bytes = field(repr=False)

    @property
    def group(self) -> str:
        """The group id of the path; raises Refusal when it is none or unknown."""
        group = self.names["group"]
        if not _ID.fullmatch(group):
            raise refusals.bad_id("INVALID_GROUP_ID", group)
        self.world.clusters(group)
        return group

    @property
    def name(self) -> str:
        """The cluster name of the path."""
        return self.names["name"]

    def flex(self) -> Cluster:
        """Return the flex cluster of the path, or raise what the flex API says."""
        cluster = self.world.clusters(self.group).get(self.name)
        if cluster is None:
            raise refusals.no_cluster(self.name, self.group)
        if cluster.tier != "flex":
            raise refusals.not_flex(self.name)
        return cluster

    def serverless(self) -> Cluster:
        """Return the flex cluster of the path, or raise what the serverless API says."""
        cluster = self.world.clusters(self.group).get(self.name)
        if cluster is None:
            raise refusals.no_instance(self.name, self.group)
        if cluster.tier != "flex":
            raise refusals.not_serverless(self.name)
        return cluster

    def dedicated(self, *, remains: bool = False) -> Cluster:
        """Return the cluster of the path, or raise what the cluster API says.

        ``remains`` finds a deleted dedicated cluster too: its backups outlive it.
        """
        cluster = self.world.clusters(self.group).get(self.name)
        if cluster is None and remains:
            cluster = self.world.remains(self.group, self.name)
        if cluster is None:
            raise refusals.no_cluster(self.name, self.group)
        if cluster.tier == "flex":
            raise refusals.not_dedicated(self.name)
        return cluster

    def backed_up(self) -> Cluster:
        """Return the dedicated cluster whose backups are asked for; a free one has none."""
        cluster = self.dedicated(remains=True)
        if cluster.tier == "free":
            raise refusals.no_backups(self.name)
        return cluster

    def snapshot(self, cluster: Cluster) -> Document:
        """Return the snapshot of the path, or raise Refusal in the words of the cluster's tier."""
        wanted = self.names["snapshot"]
        if not _ID.fullmatch(wanted):
            raise refusals.bad_id("INVALID_SNAPSHOT_ID", wanted)
        return snapshot_of(cluster, wanted)

    def job(self, cluster: Cluster) -> Job:
        """Return the restore job of the path, or raise Refusal in the words of the cluster's tier."""
        wanted = self.names["job"]
        if not _ID.fullmatch(wanted):
            raise refusals.bad_id("INVALID_JOB_ID", wanted)
        found = cluster.job(wanted)
        if found is None:
            missing = refusals.no_flex_job if cluster.tier == "flex" else refusals.no_job
            raise missing(wanted, cluster.name)
        return found


@dataclass(frozen=True, slots=True)
class Result:
    """A success: one document, or a list that is still to be cut into pages."""

    content: dict[str, Any] | list[dict[str, Any]]
    created: bool = False


def snapshot_of(cluster: Cluster, wanted: str) -> Document:
    """Return a snapshot of a cluster, or raise Refusal in the words of its tier."""
    found = cluster.snapshot(wanted)
    if found is None:
        missing = refusals.no_flex_snapshot if cluster.tier == "flex" else refusals.no_snapshot
        raise missing(wanted, cluster.name)
    return found
