"""One client's retired calls, one after another: nothing of the last one is left in the next."""

import httpx as plain
import pytest

from shim import httpx
from tests.doors.calls import EMPTY, SNAPSHOTS
from tests.peers.answering import reply

pytestmark = pytest.mark.usefixtures("either")


@pytest.fixture
def server(raw):
    """A successor without snapshots."""
    return raw(lambda _: reply("200 OK", body=EMPTY))


def test_a_response_is_read_as_httpx_reads_it(server, monkeypatch):
    """The same attributes, whoever read it."""
    with httpx.Client() as client, plain.Client() as other:
        read = client.get(f"{server.url}{SNAPSHOTS}")
        alike = other.get(f"{server.url}/other")
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", "legacy")
        passed = client.get(f"{server.url}{SNAPSHOTS}")
    for response in (read, passed, alike):
        assert response.is_closed
        assert response.is_stream_consumed
        assert response.num_bytes_downloaded == len(response.content)
        assert response.elapsed.total_seconds() > 0
        with pytest.raises(httpx.StreamConsumed):
            next(response.iter_raw())
        assert b"".join(response.iter_bytes()) == response.read() == response.content


async def test_an_async_response_is_read_as_httpx_reads_it(server):
    """The same for AsyncClient."""
    async with httpx.AsyncClient() as client:
        read = await client.get(f"{server.url}{SNAPSHOTS}")
    assert (read.is_closed, read.is_stream_consumed, read.num_bytes_downloaded) == (True, True, len(read.content))
    assert read.elapsed.total_seconds() > 0
    assert await read.aread() == read.content


@pytest.mark.parametrize("reads", [lambda r: r.read(), lambda r: r.close(), lambda r: list(r.iter_bytes(7))])
def test_a_hook_that_reads_or_closes_does_it_as_in_httpx(server, reads):
    """What it did is done."""
    ends = []
    for kind, path in ((httpx.Client, SNAPSHOTS), (plain.Client, "/other")):
        with kind(event_hooks={"response": [reads]}) as client:
            try:
                ends.append(client.get(f"{server.url}{path}").json()["results"])
            except httpx.StreamError as error:
                ends.append(type(error))
    assert ends[0] == ends[1]
