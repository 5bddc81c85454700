# mypy: disable-error-code="assignment, attr-defined, union-attr"
# (the generated client as its generator writes it)
"""Real programs' clients: generated ones, and ones that use ``asyncio.gather``."""

import pytest

import shim
from shim import aiohttp
from tests.doors.calls import EMPTY, SNAPSHOTS
from tests.peers.answering import reply
from tests.typed import with_aiohttp


async def test_a_recorded_successor_is_translated(tmp_path):
    """Vcrpy returns responses of its own class, which the shim can't construct."""
    vcr = pytest.importorskip("vcr")
    cassette = tmp_path / "snapshots.yaml"
    target = SNAPSHOTS.replace("/v1.0/", "/v2/").replace(
        "/serverless/", "/flexClusters/"
    )
    cassette.write_text(
        "version: 1\ninteractions:\n"
        f"- request: {{method: GET, uri: 'https://cloud.mongodb.com{target}', body: null, headers: {{}}}}\n"
        "  response: {status: {code: 200, message: OK}, headers: {}, url: 'https://cloud.mongodb.com',"
        f" body: {{string: '{EMPTY.decode()}'}}}}\n"
    )
    kept = vcr.VCR(record_mode="none", match_on=["method", "path"])
    with kept.use_cassette(cassette):
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"https://cloud.mongodb.com{SNAPSHOTS}") as response,
        ):
            assert response.status == 200
            assert (await response.json())["totalCount"] == 0
            assert shim.record(response).route == "flex"


async def test_a_typed_program_stays_typed(raw):
    """A program that is written for aiohttp's types runs with the shim's classes."""
    server = raw(lambda request: reply("200 OK", body=b"three"))
    assert await with_aiohttp.ask(server.url) == 205


def test_only_the_callers_subclasses_are_discouraged():
    """The shim's own subclass causes no warning, and aiohttp's warning names the caller's line."""
    with pytest.warns(DeprecationWarning, match="Inheritance class Mine") as caught:
        type("Mine", (aiohttp.ClientSession,), {})
    assert caught[0].filename == __file__
