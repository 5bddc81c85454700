"""The shared tier's backups by the typed client, against an upstream that answers flex and dedicated calls."""

import json

import pytest

from shim import errors, httpx
from shim.atlas import TenantDeliveryType, TenantStatus
from tests.atlas.upstream import Upstream, refusal

GROUP, SNAPSHOT, JOB = "6510aa1b2c3d4e5f60718293", "6a6f78e0cab84da5c4476b25", "6a6f78e0cab84da5c4476b26"
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters/shop/backup"
DEDICATED = f"/api/atlas/v2/groups/{GROUP}/clusters/shop/backup"
TENANT = f"{DEDICATED}/tenant"
FLEX_SNAPSHOT = {
    "expiration": "2026-08-10T17:05:10Z",
    "finishTime": "2026-08-02T17:06:56Z",
    "id": SNAPSHOT,
    "mongoDBVersion": "8.0.29",
    "scheduledTime": "2026-08-02T17:05:10Z",
    "startTime": "2026-08-02T17:05:37Z",
    "status": "COMPLETED",
}
FLEX_JOB = {
    "deliveryType": "RESTORE",
    "expirationDate": "2026-08-03T00:00:00Z",
    "id": JOB,
    "instanceName": "shop",
    "projectId": GROUP,
    "restoreScheduledDate": "2026-08-02T18:00:00Z",
    "snapshotFinishedDate": "2026-08-02T17:06:56Z",
    "snapshotId": SNAPSHOT,
    "status": "PENDING",
    "targetDeploymentItemName": "shop2",
    "targetProjectId": GROUP,
}


def test_snapshots(ask, got):
    """A list and a single snapshot are those of the flex cluster, in its order, with links to the old paths."""
    upstream = Upstream(
        {
            ("GET", f"{FLEX}/snapshots"): {"results": [FLEX_SNAPSHOT], "totalCount": 1, "links": []},
            ("GET", f"{FLEX}/snapshots/{SNAPSHOT}"): FLEX_SNAPSHOT,
        }
    )

    async def script(client):
        snapshots = client.shared_tier_snapshots
        page = await got(snapshots.list_shared_cluster_backups(GROUP, "shop", items_per_page=5))
        return page, await got(snapshots.get_shared_cluster_backup(GROUP, "shop", SNAPSHOT))

    page, one = ask(upstream, script)

    assert [each.id for each in page.results] == [SNAPSHOT]
    assert (page.total_count, one.status, one.mongo_db_version) == (1, TenantStatus.COMPLETED, "8.0.29")
    assert (one.expiration - one.scheduled_time).days == 8
    assert one.links[0].href.endswith(f"{TENANT}/snapshots/{SNAPSHOT}")
    assert (page.record.route, one.record.route, one.additional) == ("flex", "flex", {})
    assert upstream.arrived[0].url.params["itemsPerPage"] == "5"


def test_iterators_go_through_all_pages(ask, got):
    """Pages of the flex cluster are followed by number."""

    def snapshots(request):
        number = int(request.url.params.get("pageNum", "1"))
        return httpx.Response(200, json={"results": [FLEX_SNAPSHOT | {"id": f"s{number}"}], "totalCount": 3})

    def jobs(request):
        number = int(request.url.params.get("pageNum", "1"))
        return httpx.Response(200, json={"results": [FLEX_JOB | {"id": f"j{number}"}], "totalCount": 2})

    upstream = Upstream({("GET", f"{FLEX}/snapshots"): snapshots, ("GET", f"{FLEX}/restoreJobs"): jobs})

    async def script(client):
        return (
            await got(client.shared_tier_snapshots.iter_shared_cluster_backups(GROUP, "shop", items_per_page=1)),
            await got(
                client.shared_tier_restore_jobs.iter_shared_cluster_backup_restore_jobs(GROUP, "shop", items_per_page=1)
            ),
        )

    found = ask(upstream, script)

    assert [[each.id for each in every] for every in found] == [["s1", "s2", "s3"], ["j1", "j2"]]
    assert len(upstream.arrived) == 5
    assert {each.record.route for each in found[1]} == {"flex"}


def test_restore_jobs(ask, got):
    """A restore is ordered from the flex cluster once, and read again."""
    upstream = Upstream(
        {
            ("POST", f"{FLEX}/restoreJobs"): FLEX_JOB,
            ("GET", f"{FLEX}/restoreJobs"): {"results": [FLEX_JOB], "totalCount": 1},
            ("GET", f"{FLEX}/restoreJobs/{JOB}"): FLEX_JOB,
        }
    )

    async def script(client):
        jobs = client.shared_tier_restore_jobs
        order = {"snapshot_id": SNAPSHOT, "target_deployment_item_name": "shop2", "target_project_id": GROUP}
        made = await got(jobs.create_shared_cluster_backup_restore_job(GROUP, "shop", **order))
        page = await got(jobs.list_shared_cluster_backup_restore_jobs(GROUP, "shop"))
        return made, page, await got(jobs.get_shared_cluster_backup_restore_job(GROUP, "shop", JOB))

    made, page, one = ask(upstream, script)

    assert made == one == page.results[0]
    assert (made.cluster_name, made.delivery_type) == ("shop", TenantDeliveryType.RESTORE)
    assert (made.target_deployment_item_name, made.status) == ("shop2", TenantStatus.PENDING)
    assert upstream.calls().count(("POST", f"{FLEX}/restoreJobs")) == 1
    assert json.loads(upstream.arrived[0].content) == {
        "snapshotId": SNAPSHOT,
        "targetDeploymentItemName": "shop2",
        "targetProjectId": GROUP,
    }


def test_download(ask, got):
    """A download is ordered with the snapshot alone, and the job has the link."""
    job = FLEX_JOB | {"deliveryType": "DOWNLOAD", "snapshotUrl": "https://restore.example/canary"}
    upstream = Upstream({("POST", f"{FLEX}/download"): job})

    async def script(client):
        return await got(
            client.shared_tier_snapshots.download_shared_cluster_backup(
                GROUP, "shop", snapshot_id=SNAPSHOT, target_deployment_item_name="shop"
            )
        )

    made = ask(upstream, script)

    assert (made.delivery_type, made.snapshot_url) == (TenantDeliveryType.DOWNLOAD, job["snapshotUrl"])
    assert "canary" not in repr(made)
    assert [json.loads(request.content) for request in upstream.arrived] == [{"snapshotId": SNAPSHOT}]


def test_a_cluster_that_was_scaled_up(ask, got):
    """What flex says is no flex cluster is asked as a dedicated one, in the same terms."""
    dedicated = {"id": SNAPSHOT, "createdAt": "2026-08-02T17:05:37Z", "status": "inProgress", "mongodVersion": "8.0.29"}
    upstream = Upstream(
        {
            ("GET", f"{FLEX}/snapshots"): refusal(400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"),
            ("GET", f"{DEDICATED}/snapshots"): {"results": [dedicated], "totalCount": 1},
        }
    )

    async def script(client):
        return await got(client.shared_tier_snapshots.list_shared_cluster_backups(GROUP, "shop"))

    (snapshot,) = ask(upstream, script).results

    assert (snapshot.status, snapshot.mongo_db_version) == (TenantStatus.RUNNING, "8.0.29")
    assert snapshot.scheduled_time is None
    assert snapshot.start_time is not None
    assert snapshot.record.route == "dedicated"


def test_before_the_sunset(ask, got, before_sunset):
    """On the legacy route the old paths are asked, and no page parameter is sent unless it was given."""
    upstream = Upstream({("GET", f"{TENANT}/snapshots"): {"results": [FLEX_SNAPSHOT], "totalCount": 1}})

    async def script(client):
        return await got(client.shared_tier_snapshots.list_shared_cluster_backups(GROUP, "shop"))

    page = ask(upstream, script)

    assert page.record.route == page.results[0].record.route == "legacy"
    assert [request.url.query for request in upstream.arrived] == [b""]


@pytest.mark.parametrize(("status", "code", "kind"), [(404, "CLUSTER_NOT_FOUND", errors.NotFoundError)])
def test_errors(ask, got, status, code, kind):
    """An error of the last side asked is the error tree's."""
    refused = refusal(status, code)
    upstream = Upstream({("GET", f"{FLEX}/snapshots"): refused, ("GET", f"{DEDICATED}/snapshots"): refused})

    async def script(client):
        with pytest.raises(kind) as caught:
            await got(client.shared_tier_snapshots.list_shared_cluster_backups(GROUP, "shop"))
        return caught.value

    assert ask(upstream, script).error_code == code


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_parameter_that_fits_no_path(ask, got, position):
    """It is refused by name before anything is sent."""
    arguments = [GROUP, "shop", JOB]
    arguments[position] = ".."
    name = ("group_id", "cluster_name", "restore_id")[position]
    upstream = Upstream({})

    async def script(client):
        with pytest.raises(ValueError, match=f"^{name}: "):
            await got(client.shared_tier_restore_jobs.get_shared_cluster_backup_restore_job(*arguments))

    ask(upstream, script)
    assert upstream.arrived == []
