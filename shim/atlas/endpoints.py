"""The endpoints as pure functions: each takes a caller's arguments and returns the request that is sent for them.

Nothing is sent here, so that the blocking and the async client share all of it: their methods have these
functions' signatures and docstrings (``resources``), and return what the docstrings name. Paths, members and
limits are those of Atlas' legacy contract of October 2025; ``shim.httpx`` turns the calls into today's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar
from urllib.parse import quote

import attrs

from shim.atlas.convert import Model
from shim.atlas.models import (
    DeliveryType,
    Page,
    PaginatedServerlessBackupRestoreJobs,
    PaginatedServerlessBackupSnapshots,
    PaginatedServerlessInstances,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
    ServerlessInstanceDescription,
)

MEDIA_TYPE = "application/vnd.atlas.2023-01-01+json"
"""The only version that the legacy endpoints have."""

T_co = TypeVar("T_co", bound=Model, covariant=True)
M = TypeVar("M", bound=Model)

_INSTANCES = "/api/atlas/v2/groups/{group_id}/serverless"
_INSTANCE = _INSTANCES + "/{name}"
_SNAPSHOTS = _INSTANCES + "/{cluster_name}/backup/snapshots"
_SNAPSHOT = _SNAPSHOTS + "/{snapshot_id}"
_RESTORE_JOBS = _INSTANCES + "/{cluster_name}/backup/restoreJobs"
_RESTORE_JOB = _RESTORE_JOBS + "/{restore_job_id}"

_QUERY = {"include_count": "includeCount", "items_per_page": "itemsPerPage", "page_num": "pageNum"}


@attrs.frozen(kw_only=True)
class EndpointRequest(Generic[T_co]):
    """One call: its path is percent-encoded; the JSON object of a success is read as a ``model``."""

    method: str = "GET"
    path: str
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Mapping[str, object] | None = None
    model: type[T_co]


def following(request: EndpointRequest[Page[M]], page: Page[M], seen: int) -> EndpointRequest[Page[M]] | None:
    """Return the request for the page after this one, None after the last.

    ``seen`` counts the results of all pages so far. Only numbers are taken from a reply: a link decides
    neither where credentials go nor that an earlier page comes again.
    """
    number = int(request.query.get("pageNum", "1"))
    after = page.next_page
    if after is None and seen < (page.total_count or 0):
        after = number + 1
    if after is None or after <= number or not page.results:
        return None
    return attrs.evolve(request, query={**request.query, "pageNum": str(after)})


def list_serverless_backup_snapshots(
    group_id: str,
    cluster_name: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedServerlessBackupSnapshots]:
    """Return one page of the snapshots of a serverless instance, newest first.

    ``items_per_page`` is 1 to 500, 100 unless given; ``page_num`` counts from 1, and a page past the end is
    empty; ``include_count=False`` leaves ``total_count`` out.
    """
    return EndpointRequest(
        path=_path(_SNAPSHOTS, group_id=group_id, cluster_name=cluster_name),
        query=_query(include_count=include_count, items_per_page=items_per_page, page_num=page_num),
        model=PaginatedServerlessBackupSnapshots,
    )


def iter_serverless_backup_snapshots(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[ServerlessBackupSnapshot]]:
    """Iterate over all snapshots of a serverless instance, newest first.

    A page is fetched when its first item is reached; ``items_per_page`` is 1 to 500, 100 unless given.
    """
    return list_serverless_backup_snapshots(group_id, cluster_name, items_per_page=items_per_page)


def get_serverless_backup_snapshot(
    group_id: str, cluster_name: str, snapshot_id: str
) -> EndpointRequest[ServerlessBackupSnapshot]:
    """Return one snapshot of a serverless instance."""
    return EndpointRequest(
        path=_path(_SNAPSHOT, group_id=group_id, cluster_name=cluster_name, snapshot_id=snapshot_id),
        model=ServerlessBackupSnapshot,
    )


def list_serverless_restore_jobs(
    group_id: str,
    cluster_name: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedServerlessBackupRestoreJobs]:
    """Return one page of the restore jobs of a serverless instance.

    ``items_per_page`` is 1 to 500, 100 unless given; ``page_num`` counts from 1, and a page past the end is
    empty; ``include_count=False`` leaves ``total_count`` out.
    """
    return EndpointRequest(
        path=_path(_RESTORE_JOBS, group_id=group_id, cluster_name=cluster_name),
        query=_query(include_count=include_count, items_per_page=items_per_page, page_num=page_num),
        model=PaginatedServerlessBackupRestoreJobs,
    )


def iter_serverless_restore_jobs(
    group_id: str, cluster_name: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[ServerlessBackupRestoreJob]]:
    """Iterate over all restore jobs of a serverless instance.

    A page is fetched when its first item is reached; ``items_per_page`` is 1 to 500, 100 unless given.
    """
    return list_serverless_restore_jobs(group_id, cluster_name, items_per_page=items_per_page)


def get_serverless_restore_job(
    group_id: str, cluster_name: str, restore_job_id: str
) -> EndpointRequest[ServerlessBackupRestoreJob]:
    """Return one restore job of a serverless instance."""
    return EndpointRequest(
        path=_path(_RESTORE_JOB, group_id=group_id, cluster_name=cluster_name, restore_job_id=restore_job_id),
        model=ServerlessBackupRestoreJob,
    )


def create_serverless_restore_job(  # noqa: PLR0913 - the members of the legacy request body
    group_id: str,
    cluster_name: str,
    *,
    delivery_type: DeliveryType | str,
    target_cluster_name: str,
    target_group_id: str,
    snapshot_id: str | None = None,
    oplog_ts: int | None = None,
    oplog_inc: int | None = None,
    point_in_time_utc_seconds: int | None = None,
) -> EndpointRequest[ServerlessBackupRestoreJob]:
    """Start a restore job and return it as it was accepted, not as it ended.

    ``automated`` restores ``snapshot_id`` to the target cluster; ``download`` makes links to its data, which
    the job has in ``delivery_url`` once they are there. ``pointInTime`` needs ``point_in_time_utc_seconds``, or
    ``oplog_ts`` and ``oplog_inc`` (a counter within that second); a flex cluster answers it with an error.
    Times are in seconds since the epoch.
    """
    members = {
        "deliveryType": delivery_type,
        "targetClusterName": target_cluster_name,
        "targetGroupId": target_group_id,
        "snapshotId": snapshot_id,
        "oplogTs": oplog_ts,
        "oplogInc": oplog_inc,
        "pointInTimeUTCSeconds": point_in_time_utc_seconds,
    }
    return EndpointRequest(
        method="POST",
        path=_path(_RESTORE_JOBS, group_id=group_id, cluster_name=cluster_name),
        body={name: value for name, value in members.items() if value is not None},
        model=ServerlessBackupRestoreJob,
    )


def list_serverless_instances(
    group_id: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedServerlessInstances]:
    """Return one page of the serverless instances of a group.

    ``items_per_page`` is 1 to 500, 100 unless given; ``page_num`` counts from 1, and a page past the end is
    empty; ``include_count=False`` leaves ``total_count`` out.
    """
    return EndpointRequest(
        path=_path(_INSTANCES, group_id=group_id),
        query=_query(include_count=include_count, items_per_page=items_per_page, page_num=page_num),
        model=PaginatedServerlessInstances,
    )


def iter_serverless_instances(
    group_id: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[ServerlessInstanceDescription]]:
    """Iterate over all serverless instances of a group.

    A page is fetched when its first item is reached; ``items_per_page`` is 1 to 500, 100 unless given.
    """
    return list_serverless_instances(group_id, items_per_page=items_per_page)


def get_serverless_instance(group_id: str, name: str) -> EndpointRequest[ServerlessInstanceDescription]:
    """Return one serverless instance."""
    return EndpointRequest(
        path=_path(_INSTANCE, group_id=group_id, name=name),
        model=ServerlessInstanceDescription,
    )


def _path(template: str, **parameters: str) -> str:
    """Fill a template; raises ValueError on a parameter that would make it another endpoint's path."""
    for name, value in parameters.items():
        if value in {"", ".", ".."}:
            raise ValueError(f"{name}: {value!r} cannot stand in a path")
    return template.format(**{name: quote(value, safe="") for name, value in parameters.items()})


def _query(**values: int | None) -> dict[str, str]:
    return {_QUERY[name]: str(value).lower() for name, value in values.items() if value is not None}
