"""What an iteration over all items reads of upstream: everything once, in the order of the legacy pages."""

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP
from shim.httpx_family.recognition import WHOLE

SNAPSHOTS = f"/clusters/{DEMO_DEDICATED}/backup/snapshots"


@pytest.fixture
def long(retired):
    """A dedicated cluster with more snapshots than fit in two of upstream's pages."""
    retired.delete_cluster(DEMO_GROUP, DEMO_DEDICATED)
    retired.add_dedicated_cluster(DEMO_GROUP, DEMO_DEDICATED, 1_100)
    return retired


def ids(items):
    return [item.id for item in items]


def test_upstream_is_read_once(ask, got, long):
    """All 1,100 snapshots cost the three upstream pages that they are on, and come in the order of legacy paging."""

    async def script(client):
        backups = client.cloud_backups
        every = await got(backups.iter_serverless_backup_snapshots(DEMO_GROUP, DEMO_DEDICATED))
        read = len(long.trips(part=SNAPSHOTS))
        pages = [
            await got(
                backups.list_serverless_backup_snapshots(
                    DEMO_GROUP, DEMO_DEDICATED, items_per_page=500, page_num=number
                )
            )
            for number in (1, 2, 3)
        ]
        return every, read, pages

    every, read, pages = ask(long, script)

    assert read == 3
    assert ids(every) == [one for page in pages for one in ids(page.results)]
    assert len(set(ids(every))) == pages[0].total_count == 1_100
    assert every == [one for page in pages for one in page.results]


def test_every_item_has_the_record_of_what_was_read(ask, got, long):
    """Its record names all calls that were made, and how well each field is known over all items."""

    async def script(client):
        return await got(client.cloud_backups.iter_serverless_backup_snapshots(DEMO_GROUP, DEMO_DEDICATED))

    every = ask(long, script)

    assert {id(one.record) for one in every} == {id(every[0].record)}
    assert [sent.route for sent in every[0].record.sent][-3:] == ["dedicated"] * 3


def test_a_small_page_size_costs_no_more(ask, got, retired):
    """What is collected is handed over at once, whatever size of page was asked for; a list stays a page."""

    async def script(client):
        backups, place = client.cloud_backups, (DEMO_GROUP, DEMO_CLUSTER)
        page = await got(backups.list_serverless_backup_snapshots(*place, items_per_page=3))
        retired.arrivals.clear()
        every = await got(backups.iter_serverless_backup_snapshots(*place, items_per_page=3))
        read = len(retired.arrivals)
        return page, every, read, await got(backups.list_serverless_backup_snapshots(*place, items_per_page=3))

    page, every, read, again = ask(retired, script)

    assert (len(every), read) == (8, 1)
    assert ids(every[:3]) == ids(page.results) == ids(again.results)


def test_lists_that_are_not_collected_come_in_the_largest_pages(ask, got, retired):
    """Upstream's order is theirs, so that each of its pages is one of theirs: 500 items unless a size is asked for."""

    async def script(client):
        jobs = client.cloud_backups.iter_serverless_restore_jobs
        every = await got(jobs(DEMO_GROUP, DEMO_CLUSTER))
        return every, await got(jobs(DEMO_GROUP, DEMO_CLUSTER, items_per_page=1))

    every, one_by_one = ask(retired, script)

    assert ids(every) == ids(one_by_one)
    queries = [each.target.partition("?")[2] for each in retired.trips(part="/flexClusters/")]
    assert [query.split("&")[1] for query in queries] == ["itemsPerPage=500", "itemsPerPage=1", "itemsPerPage=1"]


def test_before_the_sunset_pages_are_atlas_own(ask, got, fake, before_sunset):
    """A legacy call is sent as it is, for the largest page."""

    async def script(client):
        return await got(client.cloud_backups.iter_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER))

    assert len(ask(fake, script)) == 8
    assert [each.target.partition("?")[2] for each in fake.arrivals] == ["itemsPerPage=500"]


def test_only_an_iteration_asks_for_all(ask, got, retired):
    """The wish stays on the request that made it, and is no part of what is sent."""
    seen = []

    def answer(request):
        seen.append((request.url.query, request.extensions.get(WHOLE)))
        return transport.handle_request(request)

    from tests.atlas.conftest import transport_of

    transport = transport_of(retired)

    async def script(client):
        backups, place = client.cloud_backups, (DEMO_GROUP, DEMO_CLUSTER)
        await got(backups.iter_serverless_backup_snapshots(*place))
        await got(backups.list_serverless_backup_snapshots(*place))

    ask(answer, script)

    assert [wish for _, wish in seen] == [True, None]
    assert seen[0][0] == seen[1][0]
