"""The endpoints as methods of both clients: all are offered, in their own words, and send what they describe."""

import inspect
import re
from collections.abc import AsyncIterator, Iterator

import pytest

from shim import httpx
from shim.atlas import AsyncAtlasClient, AtlasClient
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from tests.atlas.conftest import transport_of
from tests.atlas.described import GROUPS, endpoints_of


@pytest.fixture(autouse=True)
def legacy(before_sunset):
    """Sending is looked at on calls that are sent as they are."""


def offline(kind):
    return kind(access_token="a", environ={})


@pytest.mark.parametrize("group", GROUPS)
def test_every_method_says_what_it_raises(group):
    """Both clients offer every endpoint by its name; help() says more than what holds for all of them."""
    for kind in (AtlasClient, AsyncAtlasClient):
        for name in endpoints_of(group):
            method = getattr(getattr(offline(kind), group), name)
            words = " ".join(str(inspect.getdoc(method)).split())
            assert method.__name__ == name
            assert re.match(r"[A-Z][^`]+\. ", words), name
            assert "Raises ValueError on an invalid id or name" in words, name
            assert "and the errors of any call (``AtlasClient``)" in words, name
            assert "``items_per_page`` is 1 to 500" in words or not name.startswith(("list_", "iter_")), name


def test_help_shows_what_is_returned():
    """A signature names the value, or the iterator and its items."""
    backups = [offline(kind).cloud_backups for kind in (AtlasClient, AsyncAtlasClient)]
    returned = [
        inspect.signature(method).return_annotation
        for each in backups
        for method in (each.get_serverless_restore_job, each.iter_serverless_backup_snapshots)
    ]

    job, snapshot = "ServerlessBackupRestoreJob", "ServerlessBackupSnapshot"
    assert returned == [job, f"Iterator[{snapshot}]", job, f"AsyncIterator[{snapshot}]"]


def test_call(connect):
    """A call is one request with the legacy version, and its query as given."""
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(200, json={"results": [{"id": "a"}], "totalCount": 1})

    page = connect(answer).cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, "shop", items_per_page=5)

    (request,) = seen
    assert request.url.raw_path.decode() == (
        f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/shop/backup/snapshots?itemsPerPage=5"
    )
    assert request.headers["Accept"] == "application/vnd.atlas.2023-01-01+json"
    assert "Content-Type" not in request.headers
    assert [snapshot.id for snapshot in page.results] == ["a"]


def test_iterators_are_lazy(fake):
    """Nothing is sent before the first item is asked for, and no page before it is reached."""
    with httpx.Client(transport=transport_of(fake)) as http:
        backups = AtlasClient(http_client=http, access_token=DEMO_TOKEN).cloud_backups
        snapshots = backups.iter_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER, items_per_page=4)
        assert isinstance(snapshots, Iterator)
        assert fake.arrivals == []
        for _ in range(4):
            next(snapshots)

    assert len(fake.arrivals) == 1


def test_bad_arguments_are_refused_at_the_call():
    """An iterator, which is async in an async client, refuses a bad parameter when it is made, not when it is used."""
    for kind in (AtlasClient, AsyncAtlasClient):
        with pytest.raises(ValueError, match=r"^cluster_name: "):
            offline(kind).cloud_backups.iter_serverless_backup_snapshots(DEMO_GROUP, "")
    instances = offline(AsyncAtlasClient).serverless_instances.iter_serverless_instances(DEMO_GROUP)
    assert isinstance(instances, AsyncIterator)
