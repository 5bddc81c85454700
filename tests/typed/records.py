"""A program as a user writes it with ``shim.record``; ``tests/test_record.py`` runs a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import shim
from shim import Fidelity, FieldReport, Record, httpx, requests

if TYPE_CHECKING:
    import httpx as plain_httpx
    import requests as plain_requests


def absent(response: httpx.Response | requests.Response) -> list[str]:
    """Return the fields that the reply no longer has."""
    record = shim.record(response)
    assert_type(record, Record | None)
    if record is None:
        return []
    return [report.name for report in record.fields if is_absent(report)]


def is_absent(report: FieldReport) -> bool:
    """Return whether a field no longer has a source."""
    return report.fidelity is Fidelity.ABSENT


def asked(record: Record) -> list[tuple[str, int | None]]:
    """Return the requests sent upstream and their replies."""
    assert_type(record.sent, tuple[shim.Sent, ...])
    assert_type(record.dropped, tuple[shim.Dropped, ...])
    assert_type(record.by_level(), dict[str, tuple[str, ...]])
    return [(sent.method, sent.status) for sent in record.sent]


def routes(
    client: shim.AtlasClient, group_id: str, cluster_name: str
) -> set[str | None]:
    """Return the sides that replied: for a page, its items, and the items of all pages."""
    page = client.cloud_backups.list_serverless_backup_snapshots(group_id, cluster_name)
    records = [shim.record(page), *map(shim.record, page.results)]
    for snapshot in client.cloud_backups.iter_serverless_backup_snapshots(
        group_id, cluster_name, items_per_page=3
    ):
        records.append(shim.record(snapshot))
        assert_type(snapshot.record, Record | None)
    assert_type(records, list[Record | None])
    return {record.route if record else None for record in records}


async def why(
    client: shim.AsyncAtlasClient, group_id: str, cluster_name: str, snapshot_id: str
) -> str:
    """Return the reason for the side that returned a snapshot, or the error in its place."""
    try:
        found = shim.record(
            await client.cloud_backups.get_serverless_backup_snapshot(
                group_id, cluster_name, snapshot_id
            )
        )
    except shim.AtlasError as error:
        found = shim.record(error)
    assert_type(found, Record | None)
    return found.reason if found else ""


async def of_writes(
    client: shim.AsyncAtlasClient, group_id: str, name: str
) -> list[Record | None]:
    """Read the record of writes, including a deletion."""
    instances = client.serverless_instances
    jobs = client.shared_tier_restore_jobs
    order = jobs.create_shared_cluster_backup_restore_job
    job = await order(
        group_id, name, snapshot_id="0" * 24, target_deployment_item_name=name
    )
    changed = await instances.update_serverless_instance(
        group_id, name, termination_protection_enabled=False
    )
    deleted = await instances.delete_serverless_instance(group_id, name)
    return [shim.record(job), shim.record(changed), shim.record(deleted)]


def without_the_drop_in(
    one: plain_httpx.Response, other: plain_requests.Response
) -> None:
    """Pass the libraries' own responses, which a program has under ``shim.auto``."""
    assert_type(shim.record(one), Record | None)
    assert_type(shim.record(other), Record | None)


def mistakes(response: httpx.Response, found: Record) -> None:
    """Mistakes that a type checker finds."""
    _ = shim.record(response).route  # type: ignore[union-attr]
    _ = found.rout  # type: ignore[attr-defined]
    shim.recrod(response)  # type: ignore[attr-defined]
