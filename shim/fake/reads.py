"""Reads, the same for every API: find the resource in the path, or refuse in the API's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from shim.fake.http import Json, JsonObject, json_text
from shim.fake.refusals import AtlasRefusal
from shim.fake.shapes import View
from shim.fake.world import Cluster, ClusterTier, Job, World

ID = re.compile(r"[a-f0-9]{24}")


@dataclass(frozen=True, slots=True)
class ClusterApi:
    """One API; to add an API, add one of these and its rows in ``endpoints``.

    ``path`` is its segment behind the group, ``versions`` are the dates that it has, oldest first.
    ``refuses`` names the error code for each tier that it does not serve, ``unseen`` are tiers that it does not
    know at all; a dedicated cluster that was deleted is found where ``finds_deleted``. Snapshots are listed by
    the first date of ``snapshot_age`` that they have; one without is still being taken, and newer than all others.
    """

    path: str
    versions: tuple[str, ...]
    no_cluster: str
    refuses: Mapping[ClusterTier, str]
    no_snapshot: str
    no_job: str
    show_cluster: Callable[[Cluster, View], JsonObject]
    show_snapshot: Callable[[Cluster, JsonObject, View], JsonObject]
    show_job: Callable[[Cluster, Job, View], JsonObject]
    snapshot_age: tuple[str, ...]
    unseen: frozenset[ClusterTier] = frozenset()
    newest_first: bool = True
    finds_deleted: bool = False
    in_v1: bool = True


@dataclass(frozen=True, slots=True)
class AtlasRequest:
    """One recognised, signed-in request.

    ``names`` are the decoded path parameters, ``query`` is raw. ``blank``: the endpoint knows only instances
    without a flex cluster.
    """

    world: World
    api: ClusterApi
    view: View
    names: Mapping[str, str]
    body: bytes = field(repr=False)
    query: str = ""
    blank: bool = False

    @property
    def is_flex(self) -> bool:
        """Whether the flex API is asked."""
        return self.api.path == "flexClusters"

    def id(self, name: str, error: str) -> str:
        """Return a path parameter with the form of an id; raises AtlasRefusal."""
        identity = self.names[name]
        if not ID.fullmatch(identity):
            raise AtlasRefusal(error, identity)
        return identity


def clusters_of(request: AtlasRequest) -> dict[str, Cluster]:
    """Return the clusters of the path's group that the endpoint can see, by name; raises AtlasRefusal."""
    clusters = request.world.clusters(request.id("group", "INVALID_GROUP_ID"))
    if request.blank:
        return {name: each for name, each in clusters.items() if each.tier == "serverless"}
    return {name: each for name, each in clusters.items() if each.tier not in request.api.unseen}


def cluster_of(request: AtlasRequest) -> Cluster:
    """Return the path's cluster; raises AtlasRefusal if it is unknown or of a tier that the API does not serve."""
    api, name, group = request.api, request.names["name"], request.names["group"]
    cluster = clusters_of(request).get(name)
    if cluster is None and api.finds_deleted:
        cluster = request.world.deleted_dedicated(group, name)
    if cluster is None:
        raise AtlasRefusal("NOT_FOUND") if request.blank else AtlasRefusal(api.no_cluster, name, group)
    if cluster.tier in api.refuses:
        raise AtlasRefusal(api.refuses[cluster.tier], name)
    return cluster


def snapshot_of(request: AtlasRequest, cluster: Cluster, identity: str) -> JsonObject:
    """Return a snapshot of a cluster by id; raises AtlasRefusal."""
    snapshot = cluster.snapshot(identity)
    if snapshot is None:
        raise AtlasRefusal(request.api.no_snapshot, identity, cluster.name)
    return snapshot


def list_clusters(request: AtlasRequest) -> list[JsonObject]:
    """Return the clusters of the group that the API serves."""
    served = [each for each in clusters_of(request).values() if each.tier not in request.api.refuses]
    return [request.api.show_cluster(each, request.view) for each in served]


def get_cluster(request: AtlasRequest) -> JsonObject:
    """Return one cluster."""
    return request.api.show_cluster(cluster_of(request), request.view)


def get_auto_indexing(request: AtlasRequest) -> bool:
    """Return whether automatic indexing is on, a bare boolean (contract)."""
    return cluster_of(request).auto_indexing


def list_snapshots(request: AtlasRequest) -> list[JsonObject]:
    """Return the snapshots of a cluster in the API's order."""
    api, cluster = request.api, cluster_of(request)

    def age(snapshot: JsonObject) -> str:  # "~" is behind every date
        return next(filter(None, map(snapshot.get, api.snapshot_age)), f"~{snapshot.get('id') or ''}")

    ordered = sorted(cluster.snapshots, key=age, reverse=api.newest_first)
    return [api.show_snapshot(cluster, each, request.view) for each in ordered]


def get_snapshot(request: AtlasRequest) -> JsonObject:
    """Return one snapshot."""
    cluster = cluster_of(request)
    snapshot = snapshot_of(request, cluster, request.id("snapshot", "INVALID_SNAPSHOT_ID"))
    return request.api.show_snapshot(cluster, snapshot, request.view)


def list_jobs(request: AtlasRequest) -> list[JsonObject]:
    """Return the restore jobs of a cluster, newest first (103 of 103 recorded flex lists)."""
    cluster = cluster_of(request)
    return [request.api.show_job(cluster, each, request.view) for each in reversed(cluster.jobs)]


def get_job(request: AtlasRequest) -> JsonObject:
    """Return one restore job."""
    cluster, identity = cluster_of(request), request.id("job", "INVALID_JOB_ID")
    job = cluster.job(identity)
    if job is None:
        raise AtlasRefusal(request.api.no_job, identity, cluster.name)
    return request.api.show_job(cluster, job, request.view)


# Queries, pages, and the body's envelope and pretty forms

PAGE_SIZE, LARGEST_PAGE = 100, 500
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A list's query parameters; ``others`` are raw, without pageNum and itemsPerPage."""

    page: int
    size: int
    count: bool
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """The form of a body: ``envelope`` puts the status into it, ``pretty`` indents it."""

    envelope: bool = False
    pretty: bool = False

    def write(self, document: Json, status: int) -> bytes:
        """Write a body. In an envelope a page gains ``status``, and anything else becomes ``content`` (documented)."""
        if self.envelope:
            is_page = isinstance(document, dict) and "results" in document
            document = {**document, "status": status} if is_page else {"status": status, "content": document}
        return json_text(document, pretty=self.pretty)


def _given(raw: str) -> dict[str, str]:
    """Return the parameters of a raw query, the first value of a repeated one."""
    return dict(reversed(parse_qsl(raw, keep_blank_values=True)))


def read_style(raw: str) -> BodyStyle:
    """Read ``envelope`` and ``pretty``; never raises, since errors need the style, too."""
    given = _given(raw)
    return BodyStyle(*(given.get(name, "").lower() == "true" for name in ("envelope", "pretty")))


def read_query(raw: str) -> PageQuery:
    """Read a raw query; raises AtlasRefusal with 400 INVALID_QUERY_PARAMETER.

    Atlas' answer to numbers out of range is not recorded; they are refused here. Unknown parameters are ignored.
    """
    given = _given(raw)
    for name in ("envelope", "pretty"):
        _flag(given, name, default=False)
    pieces = (piece for piece in raw.split("&") if piece)
    return PageQuery(
        page=_number(given, "pageNum", 1),
        size=_number(given, "itemsPerPage", PAGE_SIZE, LARGEST_PAGE),
        count=_flag(given, "includeCount", default=True),
        others=tuple(piece for piece in pieces if piece.partition("=")[0] not in {"pageNum", "itemsPerPage"}),
    )


def read_flag(raw: str, name: str) -> bool:
    """Read a required flag of a raw query; raises AtlasRefusal."""
    given = _given(raw)
    if name not in given:
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    return _flag(given, name, default=False)


def _number(given: dict[str, str], name: str, default: int, most: int | None = None) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    number = int(text)
    if number < 1 or (most is not None and number > most):
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    return number


def _flag(given: dict[str, str], name: str, *, default: bool) -> bool:
    text = given.get(name, str(default)).lower()
    if text not in _FLAGS:
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    return _FLAGS[text]


def page_of(items: Sequence[JsonObject], url: str, query: PageQuery) -> JsonObject:
    """Return one page of ``items``: links, results, totalCount.

    Recorded: self has the caller's parameters, then pageNum and itemsPerPage; next has these two in the
    other order; without includeCount totalCount is 0 and next is missing. previous is not recorded.
    """

    def link(rel: str, *paging: str) -> dict[str, str]:
        return {"href": f"{url}?{'&'.join((*query.others, *paging))}", "rel": rel}

    size, start = f"itemsPerPage={query.size}", (query.page - 1) * query.size
    links = [link("self", f"pageNum={query.page}", size)]
    if query.page > 1:
        links.append(link("previous", size, f"pageNum={query.page - 1}"))
    if query.count and start + query.size < len(items):
        links.append(link("next", size, f"pageNum={query.page + 1}"))
    return {
        "links": links,
        "results": list(items[start : start + query.size]),
        "totalCount": len(items) if query.count else 0,
    }
