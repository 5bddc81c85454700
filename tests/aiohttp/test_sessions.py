# mypy: disable-error-code="attr-defined"
# (the record is an attribute of ours in a class of aiohttp's)
"""Retired calls keep aiohttp's behavior: bodies, credentials, statuses, streams, timeouts, connections."""

import json

import pytest
from yarl import URL

import shim
from shim import aiohttp
from tests.doors.calls import EMPTY, NOT_FOUND, SNAPSHOTS, flex
from tests.peers.answering import reply


async def test_a_translated_reply_looks_like_a_real_one(raw):
    """It shows the caller's own request, and its headers match its body."""
    server = raw(
        lambda request: reply("200 OK", "Set-Cookie: a=b; Path=/", "X-U: ü", body=EMPTY)
    )
    url = f"{server.url}{SNAPSHOTS}?itemsPerPage=5#part"
    async with aiohttp.ClientSession(
        headers={"X-Session": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as session:
        async with session.get(url, headers={"X-Call": "2"}) as response:
            assert "flexClusters" in server.targets()[0]
            assert response.real_url == response.request_info.real_url == URL(url)
            assert (
                response.url
                == response.request_info.url
                == URL(url).with_fragment(None)
            )
            assert response.method == "GET"
            assert response.request_info.method == "GET"
            assert (
                response.request_info.headers["X-Session"]
                + response.request_info.headers["X-Call"]
                == "12"
            )
            assert response.request_info.headers["Host"] == server.url[7:]
            assert "2024" not in response.request_info.headers.get("Accept", "")
            assert response.status == 200
            assert response.reason == "OK"
            assert response.ok is True
            assert response.version == (1, 1)
            assert response.content_type == "application/json"
            assert response.history == ()
            assert len(response.links) == 0
            assert response.headers["Content-Length"] == str(len(await response.read()))
            assert (
                dict(response.raw_headers)[b"Content-Length"]
                == response.headers["Content-Length"].encode()
            )
            assert response.cookies["a"].value == "b"
            assert json.loads(await response.text()) == await response.json()
            assert response.connection is None
            assert response.closed
        assert {cookie.key for cookie in session.cookie_jar} == {"a"}
        assert shim.record(response) is response.shim


async def test_a_translated_reply_can_be_streamed(raw):
    """Each way of reading the content works, and none works after the response was released."""
    server = raw(flex)
    async with aiohttp.ClientSession() as session:
        content = await (await session.get(server.url + SNAPSHOTS)).read()
        for read in (
            lambda s: s.iter_chunked(7),
            lambda s: s.iter_any(),
            lambda s: s.iter_chunks(),
            lambda s: s,
        ):
            async with session.get(server.url + SNAPSHOTS) as response:
                parts = [part async for part in read(response.content)]
                assert (
                    b"".join(
                        part[0] if isinstance(part, tuple) else part for part in parts
                    )
                    == content
                )
        response = await session.get(server.url + SNAPSHOTS)
        response.release()
        with pytest.raises(aiohttp.ClientConnectionError):
            await response.read()


async def test_an_error_shows_the_callers_request(raw):
    """ClientResponseError has the translated reply's status and the URL that the caller requested."""
    server = raw(
        lambda request: reply(
            "404 Not Found", "Content-Type: application/json", body=NOT_FOUND
        )
    )
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientResponseError) as caught:
            await session.get(server.url + SNAPSHOTS, raise_for_status=True)
        assert caught.value.status == 404
        assert str(caught.value.request_info.url) == server.url + SNAPSHOTS
        async with session.get(
            server.url + SNAPSHOTS, raise_for_status=False
        ) as response:
            assert response.status == 404


async def test_a_base_url_and_parameters_form_the_call(raw):
    """The shim recognizes a call from the base URL, the path and the parameters together."""
    server = raw(flex)
    group, _, rest = SNAPSHOTS.removeprefix("/api/atlas/v1.0/").partition("/serverless")
    async with aiohttp.ClientSession(f"{server.url}/api/atlas/v1.0/") as session:
        response = await session.get(
            f"{group}/serverless{rest}", params={"itemsPerPage": "7"}
        )
        assert str(response.url) == f"{server.url}{SNAPSHOTS}?itemsPerPage=7"
        assert "itemsPerPage=7" in (await response.json())["links"][0]["href"]
    assert "/flexClusters/" in server.targets()[0]
