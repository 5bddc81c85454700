# mypy: disable-error-code="union-attr, arg-type"
# (a record that is missing fails its test)
"""``shim.record`` finds the record of each kind of response, of a library or the typed client."""

import asyncio
import pickle
from datetime import UTC, datetime

import httpx as plain_httpx
import pytest
import requests as plain_requests

import shim
from shim import httpx
from shim.atlas import PaginatedServerlessBackupSnapshots, ServerlessBackupSnapshot
from shim.errors import NotFoundError
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.typed import records

RECORD = shim.Record(
    "o",
    "v2",
    "flex",
    "because",
    datetime(2026, 1, 22, tzinfo=UTC),
    datetime(2025, 12, 10, tzinfo=UTC),
)


@pytest.fixture
def url(monkeypatch):
    """The address of an Atlas after the sunset of the backup endpoints."""
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flex")
    with FakeServer(FakeAtlas(today=datetime(2026, 2, 1, 12, tzinfo=UTC))) as server:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        yield server.url


@pytest.mark.parametrize("response", [
    plain_httpx.Response(200), plain_httpx.Response(200, extensions={"shim": "somebody else's"}),
    plain_requests.Response(), ServerlessBackupSnapshot(), shim.AtlasError(500), object(), None,
])  # fmt: skip
def test_a_reply_that_the_shim_did_not_translate_has_no_record(response):
    """``shim.record`` accepts every object and returns None."""
    assert shim.record(response) is None


def test_results_of_the_typed_client_have_a_record(url):
    """A page has one, as have each of its items and each item of all pages."""
    with shim.AtlasClient(base_url=url, access_token=DEMO_TOKEN) as client:
        assert records.routes(client, DEMO_GROUP, DEMO_CLUSTER) == {"flex"}


def test_an_error_of_the_typed_client_has_a_record(url):
    """It has the side that returned the AtlasError, and the reason for requesting that side."""

    async def main():
        async with shim.AsyncAtlasClient(
            base_url=url, access_token=DEMO_TOKEN
        ) as client:
            return await records.why(client, DEMO_GROUP, DEMO_CLUSTER, "0" * 24)

    assert "flex" in asyncio.run(main())


def test_an_unreadable_success_has_a_record(monkeypatch):
    """The error raised for a success without a JSON object has one."""
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "legacy")
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=b"[]"))

    with httpx.Client(transport=transport) as http:
        client = shim.AtlasClient(http_client=http, access_token="a")
        with pytest.raises(shim.AtlasError) as caught:
            client.cloud_backups.list_serverless_backup_snapshots(
                DEMO_GROUP, DEMO_CLUSTER
            )

    assert shim.record(caught.value).route == "legacy"


def test_a_record_is_no_part_of_a_result():
    """Equality, hash and repr of a result use Atlas's values only."""
    bare, carrying = (
        ServerlessBackupSnapshot(id="a", record=record) for record in (None, RECORD)
    )

    assert shim.record(carrying) is RECORD
    assert carrying == bare
    assert hash(carrying) == hash(bare)
    assert repr(carrying) == repr(bare)


@pytest.mark.parametrize(
    "carrier",
    [
        NotFoundError(404, record=RECORD),
        PaginatedServerlessBackupSnapshots(
            results=(ServerlessBackupSnapshot(record=RECORD),), record=RECORD
        ),
    ],
)
def test_a_record_can_be_pickled(carrier):
    """Results and errors keep their record in another process."""
    assert shim.record(pickle.loads(pickle.dumps(carrier))) == RECORD
