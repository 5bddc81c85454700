# mypy: disable-error-code="arg-type, union-attr, operator"
# (what Atlas may leave out is possibly missing; a test that is wrong about that fails by itself)
"""What a user of the typed client writes runs: the program in ``tests/typed``, and the examples of its page."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from shim import AsyncAtlasClient
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from shim.fake.server import FakeServer
from tests.atlas.conftest import transport_of
from tests.typed import typed_client as example

PLACE = (DEMO_GROUP, DEMO_CLUSTER)
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "typed-client.md").read_text("utf-8")


def test_program(retired):
    """What it says of snapshots is what the flex cluster has."""
    with FakeServer(retired) as server:
        with example.patient(server.url, DEMO_TOKEN) as client:
            snapshot = example.newest(client, *PLACE)
            page = client.cloud_backups.list_serverless_backup_snapshots(*PLACE)
            sides = [example.who_refused(client, *PLACE, one) for one in (snapshot.id, "0" * 24)]

        async def main():
            async with AsyncAtlasClient(base_url=server.url, access_token=DEMO_TOKEN) as client:
                return await example.first_id(client, *PLACE)

        assert asyncio.run(main()) == snapshot.id
    assert sides == ["flex", "flex"]
    assert timedelta(0) < example.age(snapshot, retired.today) < timedelta(days=1)
    assert "storageSizeBytes" in example.unfaithful(page)["absent"]


def test_program_for_the_shared_tier_and_writes(retired, monkeypatch):
    """So do its parts for former M2 and M5 clusters and for writes of instances, once these are switched on."""
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")
    retired.overrides.append(lambda arrival: retired.advance(60) if arrival.method == "POST" else None)
    newest = retired.cluster(*PLACE).snapshots[-1]["id"]
    with FakeServer(retired) as server:
        with example.patient(server.url, DEMO_TOKEN) as client:
            job = example.download_newest(client, *PLACE)

        async def main():
            async with AsyncAtlasClient(base_url=server.url, access_token=DEMO_TOKEN) as client:
                return await example.replace(client, *PLACE)

        created = asyncio.run(main())

    download, create = (json.loads(each.body) for each in retired.trips("POST"))
    assert (job.snapshot_id, download) == (newest, {"snapshotId": newest})
    assert created == retired.cluster(*PLACE).id
    assert create["tags"] == [{"key": "was", "value": "flex"}]


@pytest.fixture
def printed(retired, monkeypatch, capsys):
    """Runs one of the page's examples against the fake, and returns what it printed."""
    monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", DEMO_TOKEN)
    monkeypatch.setattr("httpx._client.HTTPTransport", lambda **_: transport_of(retired))

    def run(number):
        example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[number]
        exec(example, {"group_id": DEMO_GROUP, "cluster_name": DEMO_CLUSTER})
        return capsys.readouterr().out

    return run


def test_the_first_example(printed):
    """It prints a line for each snapshot."""
    assert len(re.findall("completed", printed(0))) == 8


def test_the_example_of_records(printed):
    """It prints which side answered, and which side knows nothing of a snapshot."""
    lines = printed(1).splitlines()
    assert lines[0].startswith("flex ")
    assert lines[1].split()[0::2] == ["404", "flex"]
