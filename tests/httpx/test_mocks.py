"""Programs that test themselves without a server."""

import respx

from shim import httpx
from shim.fake import DEMO_CLUSTER, DEMO_GROUP
from tests.doors.calls import SNAPSHOTS


async def test_respx_mocks_the_default_transport():
    """Programs that test themselves with respx go on doing so, with the successor's address."""
    flex = f"https://cloud.mongodb.com/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"
    with respx.mock:
        route = respx.get(url__startswith=flex).respond(json={"results": [], "totalCount": 0})
        assert httpx.get(f"https://cloud.mongodb.com{SNAPSHOTS}").json()["results"] == []
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"https://cloud.mongodb.com{SNAPSHOTS}")).json()["results"] == []
    assert route.call_count == 2
