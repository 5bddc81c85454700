"""A retired call behaves as a plain one: streams, elapsed, redirects, exceptions, timeouts, cookies."""

import httpx as plain
import pytest

from shim import httpx
from tests.doors.calls import SNAPSHOTS, flex
from tests.peers.answering import answering, reply

pytestmark = pytest.mark.usefixtures("either")


def test_an_answer_streams(raw):
    """Each way of reading gives what content gives, once."""
    server = raw(flex)
    url = f"{server.url}{SNAPSHOTS}"
    content = httpx.get(url).content
    for name in ("iter_raw", "iter_bytes", "iter_text", "iter_lines"):
        with httpx.stream("GET", url) as response:
            with pytest.raises(httpx.ResponseNotRead):
                response.content  # noqa: B018 - looking is the test
            parts = list(getattr(response, name)())
            assert (b"" if isinstance(parts[0], bytes) else "").join(parts) in (content, content.decode())
            assert (response.is_stream_consumed, response.num_bytes_downloaded) == (True, len(content))
            with pytest.raises(httpx.StreamConsumed):
                next(response.iter_raw())
        assert response.is_closed
    assert response.elapsed.total_seconds() > 0


async def test_an_answer_streams_for_async_clients(raw):
    """aiter_raw, aiter_bytes, aiter_text and aiter_lines."""
    server = raw(flex)
    url = f"{server.url}{SNAPSHOTS}"
    async with httpx.AsyncClient() as client:
        read = await client.get(url)
        content = read.content
        assert (read.is_closed, read.is_stream_consumed, read.num_bytes_downloaded) == (True, True, len(content))
        assert read.elapsed.total_seconds() > 0
        assert await read.aread() == content
        for name in ("aiter_raw", "aiter_bytes", "aiter_text", "aiter_lines"):
            async with client.stream("GET", url) as response:
                parts = [part async for part in getattr(response, name)()]
            assert (b"" if isinstance(parts[0], bytes) else "").join(parts) in (content, content.decode())


def test_a_redirect_is_handed_back_when_not_followed(raw, early):
    """With a next_request that can be sent like any other."""
    moved = reply("307 Temporary Redirect", "Location: /elsewhere")
    server = raw(lambda request: reply("200 OK", body=b"there") if b"/elsewhere" in request else moved)
    seen = []
    with httpx.Client(event_hooks={"request": [lambda request: seen.append(request.url.path)]}) as client:
        response = client.get(f"{server.url}{SNAPSHOTS}")
        assert response.status_code == 307
        assert response.next_request is not None
        assert client.send(response.next_request).text == "there"
    assert seen == [SNAPSHOTS, "/elsewhere"]


def test_the_clients_default_encoding_is_the_answers(raw):
    """default_encoding, as text or function, holds for what the shim makes, asked alone or not."""
    server = raw(flex)
    with httpx.Client(default_encoding="latin-1") as client:
        assert client.get(f"{server.url}{SNAPSHOTS}").default_encoding == "latin-1"
        alone = client.get(f"{server.url}{SNAPSHOTS}", params={"pageNum": "x"})
    assert (alone.status_code, alone.default_encoding, alone.http_version) == (400, "latin-1", "HTTP/1.1")
    assert alone.extensions["shim"].sent == ()
    assert alone.reason_phrase == "Bad Request"


def test_a_proxy_of_the_environment_is_used(raw, monkeypatch):
    """For a retired call as for every other, and not with trust_env=False."""
    proxy = raw(flex)
    with answering(flex) as origin:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", origin.url)
        assert httpx.get(f"{origin.url}{SNAPSHOTS}").json()["results"] == []
        assert (len(proxy.requests), len(origin.requests)) == (1, 0)
        assert proxy.targets()[0].startswith(f"{origin.url}/api/atlas/v2/groups/")
        assert httpx.get(f"{origin.url}{SNAPSHOTS}", trust_env=False).json()["results"] == []
        assert (len(proxy.requests), len(origin.requests)) == (1, 1)


def test_a_response_is_read_as_httpx_reads_it(raw, monkeypatch):
    """The same attributes, whoever read it."""
    server = raw(flex)
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


@pytest.mark.parametrize("reads", [lambda r: r.read(), lambda r: r.close(), lambda r: list(r.iter_bytes(7))])
def test_a_hook_that_reads_or_closes_does_it_as_in_httpx(raw, reads):
    """What it did is done."""
    server = raw(flex)
    ends = []
    for kind, path in ((httpx.Client, SNAPSHOTS), (plain.Client, "/other")):
        with kind(event_hooks={"response": [reads]}) as client:
            try:
                ends.append(client.get(f"{server.url}{path}").json()["results"])
            except httpx.StreamError as error:
                ends.append(type(error))
    assert ends[0] == ends[1]
