import logging
from datetime import UTC, date

import httpx as plain_httpx
import pytest

import shim
from shim import AsyncAtlasClient, AtlasClient, errors, httpx
from shim.atlas import SnapshotStatus, SnapshotType
from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
)
from shim.fake.server import serve_in_thread

KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY, "MONGODB_ATLAS_PRIVATE_API_KEY": DEMO_PRIVATE_KEY}
ACCOUNT = {"MONGODB_ATLAS_CLIENT_ID": DEMO_CLIENT_ID, "MONGODB_ATLAS_CLIENT_SECRET": DEMO_CLIENT_SECRET}
TOKEN = {"MONGODB_ATLAS_ACCESS_TOKEN": DEMO_TOKEN}


def test_snapshots_before_sunset(ask, got, fake, before_sunset):
    """On the legacy route, what Atlas says is what the models hold, and the record says so."""

    async def script(client):
        page = await got(client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER))
        one = await got(
            client.cloud_backups.get_serverless_backup_snapshot(DEMO_GROUP, DEMO_CLUSTER, page.results[0].id)
        )
        return page, one

    page, one = ask(fake, script)

    assert page.total_count == len(page.results) == 8
    assert one == page.results[0]
    assert (one.status, one.snapshot_type) == (SnapshotStatus.COMPLETED, SnapshotType.SCHEDULED)
    assert one.created_at.tzinfo is UTC
    assert one.additional == {}
    assert page.record.route == one.record.route == page.results[0].record.route == "legacy"


def test_restore_jobs_before_sunset(ask, got, fake, before_sunset):
    """Restore jobs are ordered, listed and read."""

    async def script(client):
        backups = client.cloud_backups
        snapshot = (await got(backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER))).results[0].id
        made = await got(
            backups.create_serverless_restore_job(
                DEMO_GROUP,
                DEMO_CLUSTER,
                delivery_type="automated",
                target_cluster_name=DEMO_CLUSTER,
                target_group_id=DEMO_GROUP,
                snapshot_id=snapshot,
            )
        )
        assert made.snapshot_id == snapshot
        one = await got(backups.get_serverless_restore_job(DEMO_GROUP, DEMO_CLUSTER, made.id))
        page = await got(backups.list_serverless_restore_jobs(DEMO_GROUP, DEMO_CLUSTER))
        every = await got(backups.iter_serverless_restore_jobs(DEMO_GROUP, DEMO_CLUSTER, items_per_page=2))
        return made, one, page, every

    made, one, page, every = ask(fake, script)

    assert one == made
    assert made in page.results
    assert [job.id for job in every] == [job.id for job in page.results]
    assert {job.delivery_type for job in every} == {"automated", "download"}
    assert [len(job.delivery_url) for job in every if job.delivery_type == "download"] == [1]


def test_instances(ask, got, fake, before_sunset):
    """Instances are listed and read."""

    async def script(client):
        instances = client.serverless_instances
        page = await got(instances.list_serverless_instances(DEMO_GROUP))
        one = await got(instances.get_serverless_instance(DEMO_GROUP, DEMO_CLUSTER))
        return page, one, await got(instances.iter_serverless_instances(DEMO_GROUP))

    page, one, every = ask(fake, script)

    assert [one] == list(page.results) == every
    assert one.provider_settings.effective_instance_size_name == "FLEX"
    assert [(tag.key, tag.value) for tag in one.tags] == [("env", "demo")]


def test_snapshots_after_sunset(ask, got, retired):
    """After the sunset the same calls give the same snapshots from flex, and the record says what changed."""

    async def script(client):
        backups = client.cloud_backups
        page = await got(backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER))
        one = await got(backups.get_serverless_backup_snapshot(DEMO_GROUP, DEMO_CLUSTER, page.results[0].id))
        every = await got(backups.iter_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER, items_per_page=3))
        return page, one, every

    page, one, every = ask(retired, script)

    upstream = retired.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots
    assert [each.id for each in page.results] == [each["id"] for each in reversed(upstream)]
    assert [each.id for each in every] == [each.id for each in page.results]
    assert (one.status, one.serverless_instance_name) == (SnapshotStatus.COMPLETED, DEMO_CLUSTER)
    assert page.record.route == one.record.route == every[-1].record.route == "flex"
    assert "storageSizeBytes" in page.record.by_level()["absent"]
    assert one.storage_size_bytes is None


def test_the_rest_after_sunset(ask, got, retired, monkeypatch):
    """Restore jobs and instances come from flex too."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flex")
    retired.today = date(2027, 2, 1)

    async def script(client):
        backups, order = client.cloud_backups, {"target_cluster_name": DEMO_CLUSTER, "target_group_id": DEMO_GROUP}
        snapshot = retired.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[0]["id"]
        made = await got(
            backups.create_serverless_restore_job(
                DEMO_GROUP, DEMO_CLUSTER, delivery_type="automated", snapshot_id=snapshot, **order
            )
        )
        jobs = await got(backups.iter_serverless_restore_jobs(DEMO_GROUP, DEMO_CLUSTER, items_per_page=2))
        return made, jobs, await got(client.serverless_instances.get_serverless_instance(DEMO_GROUP, DEMO_CLUSTER))

    made, jobs, instance = ask(retired, script)

    assert made.id in [job.id for job in jobs]
    assert len(jobs) == len(retired.cluster(DEMO_GROUP, DEMO_CLUSTER).jobs)
    assert {item.record.route for item in (made, *jobs, instance)} == {"flex"}
    assert {len(item.additional) for item in (made, *jobs, instance)} == {0}


def test_switched_off(ask, got, retired, monkeypatch):
    """With the shim switched off, a retired endpoint is a GoneError with Atlas' words."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")

    async def script(client):
        with pytest.raises(errors.GoneError) as caught:
            await got(client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER))
        return caught.value

    assert ask(retired, script).error_code == "VERSION_GONE"


def test_not_found(ask, got, retired):
    """What does not exist is a NotFoundError, whichever side says so."""

    async def script(client):
        with pytest.raises(errors.NotFoundError) as caught:
            await got(client.cloud_backups.get_serverless_backup_snapshot(DEMO_GROUP, DEMO_CLUSTER, "0" * 24))
        return caught.value

    assert ask(retired, script).error_code


@pytest.mark.parametrize(
    ("environ", "calls", "exchanges"), [(KEY, 4, 0), (ACCOUNT, 3, 1), (TOKEN, 3, 0)], ids=["key", "account", "token"]
)
def test_over_the_wire(retired, monkeypatch, environ, calls, exchanges):
    """Each kind of credentials works on a socket, at a base URL that no setting names, after the sunset."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flex")
    with (
        serve_in_thread(retired) as server,
        AtlasClient.from_env({**environ, "MONGODB_ATLAS_BASE_URL": f"{server.url}/"}) as client,
    ):
        for _ in range(3):
            page = client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER)

    assert len(page.results) == 8
    assert page.links is not None
    assert page.links[0].href is not None
    assert page.links[0].href.startswith(f"{server.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/")
    assert len(retired.trips(part="/api/atlas/")) == calls
    assert len(retired.trips(part="/api/oauth/token")) == exchanges
    assert {each.header("User-Agent") for each in retired.arrivals} == {f"atlas-shim/{shim.__version__}"}


def test_owner_closes():
    """A client closes the HTTP client that it made, and leaves an injected one open."""
    with httpx.Client() as http:
        with AtlasClient(http_client=http, access_token="a") as client:
            assert client.base_url == "https://cloud.mongodb.com"
        assert not http.is_closed
    with AtlasClient(access_token="a", environ={}) as client:
        pass
    assert client._http.is_closed


async def test_async_owner_closes():
    """The async client does the same."""
    async with httpx.AsyncClient() as http:
        async with AsyncAtlasClient(http_client=http, access_token="a"):
            pass
        assert not http.is_closed
    async with AsyncAtlasClient(access_token="a", environ={}) as client:
        pass
    assert client._http.is_closed


@pytest.mark.parametrize(
    ("kind", "http"),
    [(AtlasClient, plain_httpx.Client), (AtlasClient, httpx.AsyncClient), (AsyncAtlasClient, httpx.Client)],
)
def test_http_client_of_another_kind(kind, http):
    """A client that would send retired calls as they are, or that is of the other world, is refused."""
    with pytest.raises(TypeError, match=r"^http_client: not a shim\.httpx\."):
        kind(http_client=http(), access_token="a")


async def test_async_repr():
    """The async client shows where it goes, and from_env makes one."""
    async with AsyncAtlasClient.from_env(KEY) as client:
        assert repr(client) == "AsyncAtlasClient(base_url='https://cloud.mongodb.com')"


def test_environment_is_read_at_the_call(monkeypatch):
    """The process' environment counts as it is when a client is made."""
    with pytest.raises(errors.SettingsError):
        AtlasClient()
    monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", "a")
    with AtlasClient() as client:
        assert client.base_url == "https://cloud.mongodb.com"


def test_timeout():
    """A timeout is for every step of a call; it has a default, and None is for ever."""
    with AtlasClient(access_token="a", environ={}) as client:
        assert client._http.timeout == httpx.Timeout(30.0)
    with AtlasClient(access_token="a", environ={}, timeout=None) as client:
        assert client._http.timeout == httpx.Timeout(None)


def test_nothing_leaks_into_logs(retired, caplog):
    """At the most talkative level, no credential is in the log."""
    caplog.set_level(logging.DEBUG)
    with serve_in_thread(retired) as server:
        for environ in (KEY, ACCOUNT, TOKEN):
            with AtlasClient(environ={**environ, "MONGODB_ATLAS_BASE_URL": server.url}) as client:
                client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER)

    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpcore"))
    assert ours
    assert [secret for secret in (DEMO_PRIVATE_KEY, DEMO_CLIENT_SECRET, DEMO_TOKEN) if secret in ours] == []
