import importlib
import inspect
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator

import pytest

from shim import httpx
from shim.atlas import AsyncAtlasClient, AtlasClient, endpoints
from shim.fake import DEMO_GROUP

GROUPS = tuple(module.name for module in pkgutil.iter_modules(endpoints.__path__))


@pytest.fixture(autouse=True)
def legacy(before_sunset):
    """Sending is looked at on calls that are sent as they are."""


def methods(resource):
    """Return the public methods of a resource by name."""
    return {name: method for name, method in inspect.getmembers(resource, callable) if name[0] != "_"}


def described(group):
    """Return the endpoint functions of a group by name."""
    module = importlib.import_module(f"{endpoints.__name__}.{group}")
    found = inspect.getmembers(module, inspect.isfunction)
    return {name: each for name, each in found if each.__module__ == module.__name__ and name[0] != "_"}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("kind", [AtlasClient, AsyncAtlasClient])
def test_every_endpoint_is_offered(kind, group):
    """Both clients offer every endpoint that is described, under its own name, signature and words."""
    offered = methods(getattr(kind(access_token="a", environ={}), group))

    assert offered.keys() == described(group).keys()
    for name, endpoint in described(group).items():
        method = offered[name]
        assert method.__name__ == name
        assert method.__doc__ == endpoint.__doc__
        assert list(inspect.signature(method).parameters.values()) == list(
            inspect.signature(endpoint).parameters.values()
        )


@pytest.mark.parametrize("group", GROUPS)
def test_every_method_says_what_it_raises(group):
    """Each docstring names the value that is returned, the errors of its own, and where all others stand."""
    for name, endpoint in described(group).items():
        words = " ".join((endpoint.__doc__ or "").split())
        returned = re.findall(r"\w+", str(inspect.signature(endpoint).return_annotation))[-1]
        assert f"({returned})" in words, name
        assert "Raises ValueError on an argument" in words, name
        assert "and what every call may (``AtlasClient``)" in words, name
        if name.startswith(("list_", "iter_")):
            assert "``items_per_page`` is 1 to 500" in words, name


def test_help_shows_what_is_returned():
    """A signature names the value, or the iterator and its items."""
    blocking = inspect.signature(AtlasClient(access_token="a", environ={}).cloud_backups.iter_serverless_restore_jobs)
    backups = AsyncAtlasClient(access_token="a", environ={}).cloud_backups

    assert blocking.return_annotation == "Iterator[ServerlessBackupRestoreJob]"
    assert [
        inspect.signature(method).return_annotation
        for method in (backups.get_serverless_restore_job, backups.iter_serverless_backup_snapshots)
    ] == ["ServerlessBackupRestoreJob", "AsyncIterator[ServerlessBackupSnapshot]"]


def test_call(ask, got):
    """A call is one request with the legacy version, and its query as given."""
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(200, json={"results": [{"id": "a"}], "totalCount": 1})

    async def script(client):
        return await got(client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, "shop", items_per_page=5))

    page = ask(answer, script)

    (request,) = seen
    assert request.url.raw_path.decode() == (
        f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/shop/backup/snapshots?itemsPerPage=5"
    )
    assert request.headers["Accept"] == "application/vnd.atlas.2023-01-01+json"
    assert "Content-Type" not in request.headers
    assert [snapshot.id for snapshot in page.results] == ["a"]


def test_iterates_over_all_pages(ask, got, fake):
    """An iterator gives every snapshot once, in the order of the pages, and asks for no page too many."""

    async def script(client):
        one = await got(client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, "orders"))
        fake.arrivals.clear()
        return one, await got(
            client.cloud_backups.iter_serverless_backup_snapshots(DEMO_GROUP, "orders", items_per_page=3)
        )

    one, snapshots = ask(fake, script)

    assert [each.id for each in snapshots] == [each.id for each in one.results]
    assert len(snapshots) == 8
    assert len(fake.arrivals) == 3


def test_iterators_are_lazy(transport, fake):
    """Nothing is sent before the first item is asked for, and no page before it is reached."""
    with httpx.Client(transport=transport) as http:
        backups = AtlasClient(http_client=http, access_token="demo-access-token").cloud_backups
        snapshots = backups.iter_serverless_backup_snapshots(DEMO_GROUP, "orders", items_per_page=4)
        assert isinstance(snapshots, Iterator)
        assert fake.arrivals == []
        for _ in range(4):
            next(snapshots)

    assert len(fake.arrivals) == 1


def test_bad_arguments_are_refused_at_the_call():
    """An iterator refuses a bad parameter when it is made, not when it is used."""
    with pytest.raises(ValueError, match=r"^cluster_name: "):
        AtlasClient(access_token="a", environ={}).cloud_backups.iter_serverless_backup_snapshots(DEMO_GROUP, "")
    with pytest.raises(ValueError, match=r"^cluster_name: "):
        AsyncAtlasClient(access_token="a", environ={}).cloud_backups.iter_serverless_backup_snapshots(DEMO_GROUP, "")


def test_async_iterator():
    """The async twin of an iterator is an async iterator."""
    client = AsyncAtlasClient(access_token="a", environ={})

    assert isinstance(client.serverless_instances.iter_serverless_instances(DEMO_GROUP), AsyncIterator)


def test_transport_faults_stay_httpx(ask, got):
    """What goes wrong on the way is httpx's exception."""

    def answer(request):
        raise httpx.ReadTimeout("slow", request=request)

    async def script(client):
        with pytest.raises(httpx.ReadTimeout):
            await got(client.serverless_instances.get_serverless_instance(DEMO_GROUP, "orders"))

    ask(answer, script)
