"""The typed facade after the sunset: restore jobs of every delivery type, and instances, blocking and async."""

import asyncio
import inspect
import json

import pytest

from shim import errors
from shim.atlas import AsyncAtlasClient, AtlasClient
from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN, FakeAtlas
from shim.fake.server import serve_in_thread
from tests.family.doors import settings
from tests.family.replay import AFTER, LATE

SIGNED = {
    "token": {"access_token": DEMO_TOKEN},
    "key": {"public_key": DEMO_PUBLIC_KEY, "private_key": DEMO_PRIVATE_KEY},
}
ORDER = {"target_cluster_name": "orders", "target_group_id": DEMO_GROUP}


@pytest.fixture
def fake():
    """A strict Atlas after the sunset."""
    return FakeAtlas(today=AFTER)


@pytest.fixture(params=["blocking", "async"])
def run(request, fake):
    """Run a script, ``async def script(client)``, against one kind of client."""

    def started(script, *, route="auto", signed="token"):
        with serve_in_thread(fake) as server, settings(server.url, over=True, route=route):
            return asyncio.run(live(server.url, script, SIGNED[signed]))

    async def live(url, script, credentials):
        if request.param == "async":
            async with AsyncAtlasClient(base_url=url, environ={}, **credentials) as client:
                return await script(client)
        with AtlasClient(base_url=url, environ={}, **credentials) as client:
            return await script(client)

    return started


async def got(value):
    """Await what is awaitable, collect what is iterable, return anything else."""
    if inspect.isawaitable(value):
        return await value
    if hasattr(value, "__anext__"):
        return [item async for item in value]
    return list(value) if hasattr(value, "__next__") else value


def snapshot_of(fake, cluster=DEMO_CLUSTER):
    """Return the id of a cluster's newest snapshot."""
    return fake.cluster(DEMO_GROUP, cluster).snapshots[-1]["id"]


@pytest.mark.parametrize("signed", SIGNED)
@pytest.mark.parametrize("word", ["automated", "download"])
@pytest.mark.parametrize(("cluster", "route"), [(DEMO_CLUSTER, "flex"), (DEMO_DEDICATED, "dedicated")])
def test_a_job_is_created_read_and_listed(run, fake, word, cluster, route, signed):
    """One write upstream that is executed; the job comes back by its id and in the list."""

    async def script(client):
        backups = client.cloud_backups
        made = await got(
            backups.create_serverless_restore_job(
                DEMO_GROUP, cluster, delivery_type=word, snapshot_id=snapshot_of(fake, cluster), **ORDER
            )
        )
        return (
            made,
            await got(backups.get_serverless_restore_job(DEMO_GROUP, cluster, made.id)),
            await got(backups.list_serverless_restore_jobs(DEMO_GROUP, cluster)),
            await got(backups.iter_serverless_restore_jobs(DEMO_GROUP, cluster, items_per_page=1)),
        )

    before = len(fake.cluster(DEMO_GROUP, cluster).jobs)
    made, one, page, every = run(script, signed=signed)
    assert (made.delivery_type, made.snapshot_id) == (word, snapshot_of(fake, cluster))
    assert one.id == made.id
    assert made.id in [job.id for job in page.results]
    assert [job.id for job in every] == [job.id for job in page.results]
    assert {item.record.route for item in (made, one, page, *every)} == {route}
    assert {len(item.additional) for item in (made, one, *every)} == {0}
    assert len(fake.cluster(DEMO_GROUP, cluster).jobs) == before + 1


def test_a_point_in_time_is_refused_on_flex_and_forwarded_to_dedicated(run, fake):
    """The refusal is an AtlasError with the shim's code; nothing was written."""

    async def script(client):
        create = client.cloud_backups.create_serverless_restore_job
        order = {"delivery_type": "pointInTime", "point_in_time_utc_seconds": 1_785_000_000}
        with pytest.raises(errors.AtlasError) as caught:
            await got(create(DEMO_GROUP, DEMO_CLUSTER, **order, **ORDER))
        forwarded = await got(
            create(DEMO_GROUP, DEMO_DEDICATED, **order, **{**ORDER, "target_cluster_name": "warehouse"})
        )
        return caught.value, forwarded

    refusal, job = run(script)
    assert (refusal.status, refusal.error_code) == (400, "SHIM_POINT_IN_TIME_UNSUPPORTED")
    assert (job.delivery_type, job.record.route) == ("pointInTime", "dedicated")
    (write,) = fake.trips("POST")
    assert "/clusters/" in write.target
    assert json.loads(write.body)["pointInTimeUTCSeconds"] == 1_785_000_000


@pytest.mark.parametrize(("today", "route"), [(AFTER, "flex"), (LATE, "auto")])
def test_instances_come_from_flex_clusters(run, fake, today, route):
    """By flag, and of itself once its sunset is over, an instance is read from the flex cluster."""
    fake.today = today

    async def script(client):
        instances = client.serverless_instances
        return (
            await got(instances.get_serverless_instance(DEMO_GROUP, DEMO_CLUSTER)),
            await got(instances.list_serverless_instances(DEMO_GROUP)),
            await got(instances.iter_serverless_instances(DEMO_GROUP, items_per_page=1)),
        )

    one, page, every = run(script, route=route)
    assert [one.name] == [item.name for item in page.results] == [item.name for item in every] == [DEMO_CLUSTER]
    assert one.record.route == "flex"
    assert len(one.additional) == 0
    assert one.provider_settings.effective_instance_size_name == "FLEX"
    assert "providerSettings.nextBackupDate" in one.record.by_level()["absent"]


@pytest.mark.parametrize("cluster", ["missing", DEMO_CLUSTER])
def test_what_is_not_there_is_a_not_found_error(run, cluster):
    """The code is that of the side asked last."""

    async def script(client):
        with pytest.raises(errors.NotFoundError) as caught:
            await got(client.cloud_backups.get_serverless_restore_job(DEMO_GROUP, cluster, "0" * 24))
        return caught.value.error_code

    assert run(script) == ("CLUSTER_NOT_FOUND" if cluster == "missing" else "TENANT_RESTORE_NOT_FOUND")
