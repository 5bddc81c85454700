# mypy: disable-error-code="arg-type, union-attr, operator"
# (what Atlas may leave out is possibly missing; a test that is wrong about that fails by itself)
"""The program in ``tests/typed`` that a user of the typed client would write runs."""

import asyncio
from datetime import timedelta

from shim import AsyncAtlasClient, AtlasClient, httpx
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from shim.fake.server import serve_in_thread
from tests.atlas.conftest import transport_of
from tests.atlas.upstream import Upstream
from tests.typed import typed_client as example

COMPLETED, FAILED = "COMPLETED", "FAILED"


def test_program(retired):
    """The example program runs after the sunset."""
    with serve_in_thread(retired) as server:
        with example.patient(server.url, DEMO_TOKEN) as client:
            snapshot = example.newest(client, DEMO_GROUP, DEMO_CLUSTER)
            page = client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER)
            sides = [example.who_refused(client, DEMO_GROUP, DEMO_CLUSTER, one) for one in (snapshot.id, "0" * 24)]

        async def main():
            async with AsyncAtlasClient(base_url=server.url, access_token=DEMO_TOKEN) as client:
                return await example.first_id(client, DEMO_GROUP, DEMO_CLUSTER)

        assert asyncio.run(main()) == snapshot.id
    assert sides == ["flex", "flex"]
    assert timedelta(0) < example.age(snapshot, retired.today) < timedelta(days=1)
    assert "storageSizeBytes" in example.unfaithful(page)["absent"]


def test_program_for_the_shared_tier_and_writes(monkeypatch):
    """So do its parts for former M2 and M5 clusters and for writes of instances, once these are switched on."""
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")
    flex = f"/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters"
    snapshots = [
        {"id": "a" * 24, "status": "COMPLETED"},
        {"id": "b" * 24, "status": "COMPLETED"},
        {"id": "c" * 24, "status": "FAILED"},
    ]
    upstream = Upstream(
        {
            ("GET", f"{flex}/shop/backup/snapshots"): {"results": snapshots, "totalCount": 3},
            ("POST", f"{flex}/shop/backup/download"): {"id": "j", "deliveryType": "DOWNLOAD"},
            ("DELETE", f"{flex}/shop"): lambda _: httpx.Response(202, json={}),
            ("POST", flex): lambda _: httpx.Response(201, json={"id": "n", "name": "shop"}),
        }
    )

    with httpx.Client(transport=transport_of(upstream)) as http:
        job = example.download_newest(AtlasClient(http_client=http, access_token="a"), DEMO_GROUP, "shop")
    assert job.id == "j"
    assert upstream.arrived[-1].content == b'{"snapshotId":"%s"}' % (b"b" * 24)

    async def main():
        async with httpx.AsyncClient(transport=transport_of(upstream)) as http:
            return await example.replace(AsyncAtlasClient(http_client=http, access_token="a"), DEMO_GROUP, "shop")

    assert asyncio.run(main()) == ("n", False)
    assert b'"tags":[{"key":"was","value":"flex"}]' in upstream.arrived[-1].content
