"""Answer reads, in the same way for every API.

Each finds the resource in the path, or refuses with the API's own error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from shim.fake.http import AtlasRefusal, JsonObject, json_text
from shim.fake.shapes import View
from shim.fake.world import Cluster, ClusterTier, Job, World


@dataclass(frozen=True, slots=True)
class ClusterApi:
    """One API. To add an API, add one of these and its rows in ``endpoints``."""

    path: str
    """The path segment after the group."""
    versions: tuple[str, ...]
    """The dates of its versions, oldest first."""
    refusal: str
    """The error code for a cluster that is not of the tier ``serves``."""
    show_cluster: Callable[[Cluster, View], JsonObject]
    show_snapshot: Callable[[Cluster, JsonObject, View], JsonObject]
    show_job: Callable[[Cluster, Job, View], JsonObject]
    snapshot_age: tuple[str, ...]
    """The dates that sort snapshots; the first one present counts.

    A snapshot without a date is newer than all others.
    """
    serves: ClusterTier = "flex"
    no_cluster: str = "CLUSTER_NOT_FOUND"
    no_snapshot: str = "TENANT_SNAPSHOT_NOT_FOUND"
    no_job: str = "TENANT_RESTORE_NOT_FOUND"
    newest_first: bool = True
    in_v1: bool = True


@dataclass(frozen=True, slots=True)
class AtlasRequest:
    """One recognized, signed-in request. ``names`` are the decoded path parameters.

    ``blank``: reads of instances answer as if no instance existed.
    """

    world: World
    api: ClusterApi
    view: View
    names: Mapping[str, str]
    body: bytes = field(repr=False)
    blank: bool = False


def clusters_of(request: AtlasRequest) -> dict[str, Cluster]:
    """Return the clusters of the path's group by name. Raises AtlasRefusal."""
    clusters = request.world.clusters(request.names["group"])
    return {} if request.blank else clusters


def cluster_of(request: AtlasRequest) -> Cluster:
    """Return the path's cluster.

    Raises AtlasRefusal if it is unknown, or of a tier that the API does not serve.
    """
    api = request.api
    name = request.names["name"]
    cluster = clusters_of(request).get(name)
    if cluster is None:
        raise (
            AtlasRefusal("NOT_FOUND")
            if request.blank
            else AtlasRefusal(api.no_cluster, name, request.names["group"])
        )
    if cluster.tier != api.serves:
        raise AtlasRefusal(api.refusal, name)
    return cluster


def snapshot_of(request: AtlasRequest, cluster: Cluster, identity: str) -> JsonObject:
    """Return a snapshot of a cluster by id. Raises AtlasRefusal."""
    for snapshot in cluster.snapshots:
        if snapshot.get("id") == identity:
            return snapshot
    raise AtlasRefusal(request.api.no_snapshot, identity, cluster.name)


def list_clusters(request: AtlasRequest) -> list[JsonObject]:
    """Return the clusters of the group that the API serves."""
    api = request.api
    found = []
    for each in clusters_of(request).values():
        if each.tier == api.serves:
            found.append(api.show_cluster(each, request.view))
    return found


def get_cluster(request: AtlasRequest) -> JsonObject:
    """Return one cluster."""
    return request.api.show_cluster(cluster_of(request), request.view)


def list_snapshots(request: AtlasRequest) -> list[JsonObject]:
    """Return the snapshots of a cluster in the API's order."""
    api = request.api
    cluster = cluster_of(request)

    def age(snapshot: JsonObject) -> str:
        for member in api.snapshot_age:
            if date := snapshot.get(member):
                return str(date)
        # "~" sorts after every date
        return f"~{snapshot.get('id') or ''}"

    ordered = sorted(cluster.snapshots, key=age, reverse=api.newest_first)
    return [api.show_snapshot(cluster, each, request.view) for each in ordered]


def get_snapshot(request: AtlasRequest) -> JsonObject:
    """Return one snapshot."""
    cluster = cluster_of(request)
    return request.api.show_snapshot(
        cluster, snapshot_of(request, cluster, request.names["snapshot"]), request.view
    )


def list_jobs(request: AtlasRequest) -> list[JsonObject]:
    """Return the restore jobs of a cluster, newest first (103 of 103 recorded flex lists)."""
    cluster = cluster_of(request)
    return [
        request.api.show_job(cluster, each, request.view)
        for each in reversed(cluster.jobs)
    ]


def get_job(request: AtlasRequest) -> JsonObject:
    """Return one restore job."""
    cluster = cluster_of(request)
    identity = request.names["job"]
    for job in cluster.jobs:
        if job.id == identity:
            return request.api.show_job(cluster, job, request.view)
    raise AtlasRefusal(request.api.no_job, identity, cluster.name)


# Queries and pages


def _given(raw: str) -> dict[str, str]:
    """Return the parameters of a raw query; of a repeated one, the first value."""
    return dict(reversed(parse_qsl(raw, keep_blank_values=True)))


def written(document: JsonObject, status: int, raw: str) -> bytes:
    """Format a body as a raw query asks.

    Never raises, because errors are formatted too. ``envelope`` adds the status to a
    page, and wraps anything else in the member ``content`` (documented).
    """
    given = _given(raw)
    if _is_true(given.get("envelope", "")):
        if "results" in document:
            document = {**document, "status": status}
        else:
            document = {"status": status, "content": document}
    return json_text(document, pretty=_is_true(given.get("pretty", "")))


def _is_true(value: str) -> bool:
    return value.lower() == "true"


def read_query(raw: str) -> tuple[int, int, bool]:
    """Return page number, page size, and whether to count.

    Raises AtlasRefusal with 400 INVALID_QUERY_PARAMETER. Atlas's answer to numbers out
    of range is not recorded; the fake refuses them. Unknown parameters are ignored.
    """
    given = {"pageNum": "1", "itemsPerPage": "100"} | _given(raw)
    for name in ("envelope", "pretty", "includeCount"):
        if given.get(name, "true").lower() not in {"true", "false"}:
            raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    for name, most in (("pageNum", 10**9), ("itemsPerPage", 500)):
        if not re.fullmatch("[0-9]{1,9}", given[name]):
            raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
        if not 1 <= int(given[name]) <= most:
            raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    page = int(given["pageNum"])
    size = int(given["itemsPerPage"])
    return page, size, _is_true(given.get("includeCount", "true"))


def page_of(items: Sequence[JsonObject], url: str, raw: str) -> JsonObject:
    """Return one page of ``items``: links, results, totalCount.

    Recorded: self has the caller's parameters, then pageNum and itemsPerPage; next has
    these two in the other order; without includeCount totalCount is 0 and next is
    missing.
    """
    page, size, count = read_query(raw)
    others = []
    for piece in raw.split("&"):
        if piece and piece.partition("=")[0] not in {"pageNum", "itemsPerPage"}:
            others.append(piece)

    def link(rel: str, *paging: str) -> dict[str, str]:
        return {"href": f"{url}?{'&'.join((*others, *paging))}", "rel": rel}

    start = (page - 1) * size
    links = [link("self", f"pageNum={page}", f"itemsPerPage={size}")]
    if count and start + size < len(items):
        links.append(link("next", f"itemsPerPage={size}", f"pageNum={page + 1}"))
    results = list(items[start : start + size])
    total = len(items) if count else 0
    return {"links": links, "results": results, "totalCount": total}
