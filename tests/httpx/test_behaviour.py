"""A retired call behaves as a plain one: streams, elapsed, redirects, exceptions, timeouts, cookies."""

import httpx as plain
import pytest

from shim import httpx
from tests.doors.calls import SNAPSHOTS, flex
from tests.peers.answering import reply

pytestmark = pytest.mark.usefixtures("either")


READ = ("iter_raw", "iter_bytes", "iter_text", "iter_lines")


def joined(parts):
    return (b"" if isinstance(parts[0], bytes) else "").join(parts)


@pytest.mark.parametrize("route", ["auto", "legacy"])
def test_content_streams(raw, monkeypatch, route):
    """Each way of reading gives the whole content, once, for translated and unchanged replies."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", route)
    url = f"{raw(flex).url}{SNAPSHOTS}"
    read = httpx.get(url)
    content = read.content
    assert b"".join(read.iter_bytes()) == read.read() == content
    for name in READ:
        with httpx.stream("GET", url) as response:
            with pytest.raises(httpx.ResponseNotRead):
                response.content  # noqa: B018 - looking is the test
            assert joined(list(getattr(response, name)())) in (
                content,
                content.decode(),
            )
        for each in (response, read):
            assert each.is_closed is True
            assert each.is_stream_consumed is True
            assert each.num_bytes_downloaded == len(content)
            assert each.elapsed.total_seconds() > 0
            with pytest.raises(httpx.StreamConsumed):
                next(each.iter_raw())


async def test_content_streams_for_async_clients(raw):
    """The ways of reading are the same."""
    url = f"{raw(flex).url}{SNAPSHOTS}"
    async with httpx.AsyncClient() as client:
        read = await client.get(url)
        assert read.is_closed is True
        assert await read.aread() == read.content
        assert read.elapsed.total_seconds() > 0
        for name in READ:
            async with client.stream("GET", url) as response:
                parts = [part async for part in getattr(response, f"a{name}")()]
            assert joined(parts) in (read.content, read.text)


def test_an_unfollowed_redirect_is_returned(raw, early):
    """Its next_request can be sent like any other."""
    moved = reply("307 Temporary Redirect", "Location: /elsewhere")
    server = raw(
        lambda request: (
            reply("200 OK", body=b"there") if b"/elsewhere" in request else moved
        )
    )
    seen = []
    with httpx.Client(
        event_hooks={"request": [lambda request: seen.append(request.url.path)]}
    ) as client:
        response = client.get(f"{server.url}{SNAPSHOTS}")
        assert response.status_code == 307
        assert response.next_request is not None
        assert client.send(response.next_request).text == "there"
    assert seen == [SNAPSHOTS, "/elsewhere"]


def test_the_clients_default_encoding_applies(raw):
    """This covers default_encoding as text or function, and replies with or without a request upstream."""
    server = raw(flex)
    with httpx.Client(default_encoding="latin-1") as client:
        assert client.get(f"{server.url}{SNAPSHOTS}").default_encoding == "latin-1"
        alone = client.get(f"{server.url}{SNAPSHOTS}", params={"pageNum": "x"})
    assert alone.status_code == 400
    assert alone.default_encoding == "latin-1"
    assert alone.http_version == "HTTP/1.1"
    assert alone.extensions["shim"].sent == ()
    assert alone.reason_phrase == "Bad Request"


@pytest.mark.parametrize(
    "reads", [lambda r: r.read(), lambda r: r.close(), lambda r: list(r.iter_bytes(7))]
)
def test_a_hook_that_reads_or_closes_works_as_in_httpx(raw, reads):
    """The response stays read or closed."""
    server = raw(flex)
    ends = []
    for kind, path in ((httpx.Client, SNAPSHOTS), (plain.Client, "/other")):
        with kind(event_hooks={"response": [reads]}) as client:
            try:
                ends.append(client.get(f"{server.url}{path}").json()["results"])
            except httpx.StreamError as error:
                ends.append(type(error))
    assert ends[0] == ends[1]
