"""The endpoints as methods of both clients: their help, and the pages that an iteration reads."""

from collections.abc import AsyncIterator, Iterator

import pytest

from shim import httpx
from shim.atlas import AsyncAtlasClient, AtlasClient
from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN
from tests.atlas.conftest import transport_of
from tests.fake.asking import received


def offline(kind):
    return kind(access_token="a", environ={})


def test_iterators_are_lazy(fake, before_sunset):
    """Nothing is sent before the first item is requested, and no page before it is reached."""
    with httpx.Client(transport=transport_of(fake)) as http:
        backups = AtlasClient(http_client=http, access_token=DEMO_TOKEN).cloud_backups
        snapshots = backups.iter_serverless_backup_snapshots(
            DEMO_GROUP, DEMO_CLUSTER, items_per_page=4
        )
        assert isinstance(snapshots, Iterator)
        assert fake.arrivals == []
        for _ in range(4):
            next(snapshots)
    assert len(fake.arrivals) == 1


def test_invalid_arguments_are_refused_at_the_call():
    """An iterator refuses them when it is created, in an async client too, not at its first step."""
    for kind in (AtlasClient, AsyncAtlasClient):
        with pytest.raises(ValueError, match=r"^cluster_name: "):
            offline(kind).cloud_backups.iter_serverless_backup_snapshots(DEMO_GROUP, "")
    instances = offline(
        AsyncAtlasClient
    ).serverless_instances.iter_serverless_instances(DEMO_GROUP)
    assert isinstance(instances, AsyncIterator)


SNAPSHOTS = f"/clusters/{DEMO_DEDICATED}/backup/snapshots"
PLACE = (DEMO_GROUP, DEMO_CLUSTER)


def ids(items):
    return [item.id for item in items]


def queries(trips):
    return [each.target.partition("?")[2] for each in trips]


def test_upstream_is_read_once(connect, retired):
    """501 snapshots cost the two pages that they are on, come in the order of legacy pages, and share a record."""
    retired.add_cluster(DEMO_GROUP, DEMO_DEDICATED, "dedicated", 501)
    backups = connect(retired).cloud_backups
    place = (DEMO_GROUP, DEMO_DEDICATED)
    every = backups.iter_serverless_backup_snapshots(*place)
    assert len(received(retired, part=SNAPSHOTS)) == 2
    pages = [
        backups.list_serverless_backup_snapshots(
            *place, items_per_page=500, page_num=page
        )
        for page in (1, 2)
    ]
    assert every == [one for page in pages for one in page.results]
    assert len(set(ids(every))) == pages[0].total_count == 501
    assert {id(one.record) for one in every} == {id(every[0].record)}
    assert [sent.route for sent in every[0].record.sent][-2:] == ["dedicated"] * 2


def test_a_small_page_size_costs_no_more(connect, retired):
    """Collected items are yielded at once, whatever the page size; a list remains a page."""
    backups = connect(retired).cloud_backups
    page = backups.list_serverless_backup_snapshots(*PLACE, items_per_page=3)
    retired.arrivals.clear()
    every = backups.iter_serverless_backup_snapshots(*PLACE, items_per_page=3)
    assert len(every) == 8
    assert len(retired.arrivals) == 1
    again = backups.list_serverless_backup_snapshots(*PLACE, items_per_page=3)
    assert ids(every[:3]) == ids(page.results) == ids(again.results)


def test_other_lists_are_read_in_the_largest_pages(connect, retired):
    """If the shim doesn't collect a list, the order is upstream's, so a page has 500 items unless a size is given."""
    jobs = connect(retired).cloud_backups.iter_serverless_restore_jobs
    assert ids(jobs(*PLACE)) == ids(jobs(*PLACE, items_per_page=1))
    sizes = [
        query.split("&")[1]
        for query in queries(received(retired, part="/flexClusters/"))
    ]
    assert sizes == ["itemsPerPage=500", "itemsPerPage=1", "itemsPerPage=1"]


def test_before_the_sunset_pages_are_atlas_s_own(connect, fake, before_sunset):
    """Legacy calls are sent unchanged, with the largest page size unless one is given, and none is needless."""
    backups = connect(fake).cloud_backups
    every = backups.iter_serverless_backup_snapshots(*PLACE)
    assert queries(fake.arrivals) == ["itemsPerPage=500"]
    assert every == backups.iter_serverless_backup_snapshots(*PLACE, items_per_page=3)
    assert len(every) == 8
    assert len(fake.arrivals) == 4
