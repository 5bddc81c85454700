# mypy: disable-error-code="attr-defined, var-annotated"
# (the record is an attribute of ours in a class of aiohttp's)
"""Bodies, writes, content codings, timeouts and connections of retired calls by aiohttp."""

import asyncio
import gzip
import json

import aiohttp as plain
import pytest

from shim import aiohttp
from tests.doors.calls import (
    EMPTY,
    JOBS,
    NOT_FOUND,
    ORDER,
    SNAPSHOTS,
    field,
    flex,
    gone_then,
    gone_then_flex,
    taken,
)
from tests.doors.door import noting
from tests.peers.answering import reply
from tests.peers.raw import until


async def test_a_form_is_sent_as_a_form(raw, early):
    """The legacy endpoint gets it unchanged.

    It can't be translated for the successor, so the reply is a 400.
    """
    server = raw(gone_then(taken))
    async with aiohttp.ClientSession() as session:
        response = await session.post(
            server.url + JOBS, data=aiohttp.FormData({"a": "b"})
        )
        assert response.status == 400
        assert (await response.json())["errorCode"] == "MALFORMED_JSON"
    assert server.requests[0].endswith(b"\r\n\r\na=b")
    assert (
        field(server.requests[0], "Content-Type") == "application/x-www-form-urlencoded"
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize("own", [False, True])
async def test_an_undecoded_reply_is_translated_too(raw, own):
    """The caller can turn decompression off for the session or for one call."""
    content = gzip.compress(EMPTY)
    server = raw(
        lambda _: reply(
            "200 OK",
            "Content-Encoding: gzip",
            "Content-Type: application/json",
            body=content,
        )
    )
    async with aiohttp.ClientSession(auto_decompress=own) as session:
        response = await session.get(server.url + SNAPSHOTS, auto_decompress=not own)
        assert response.status == 200
        assert (await response.json())["results"] == []


async def test_the_sessions_own_serializer_is_used(raw, early):
    """It may support values that JSON does not have."""
    server = raw(gone_then(taken))
    async with aiohttp.ClientSession(
        json_serialize=lambda value: json.dumps(value | ORDER)
    ) as session:
        assert (await session.post(server.url + JOBS, json={})).status == 201
    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2]) == ORDER


async def test_a_retired_deletion_is_sent_once(raw, monkeypatch):
    """Aiohttp repeats a DELETE when a connection closes.

    It still does so for other calls.
    """
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flex")
    server = raw(lambda request: None)
    instance = server.url + SNAPSHOTS.removesuffix("/backup/snapshots").replace(
        "v1.0", "v2"
    )
    async with aiohttp.ClientSession() as session:

        async def delete(url):
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await session.delete(url)

        await asyncio.gather(delete(instance), delete(f"{server.url}/other"))
    paths = [target.rpartition("/")[2] for target in server.targets()]
    assert sorted(paths) == ["orders", "other", "other"]


async def test_no_coding_is_requested_if_the_caller_wants_none(raw):
    """Aiohttp's default codings are left out, too."""
    server = raw(flex)
    async with aiohttp.ClientSession() as session:
        await session.get(server.url + SNAPSHOTS, skip_auto_headers=["Accept-Encoding"])
    assert [field(request, "Accept-Encoding") for request in server.requests] == [None]


async def test_data_and_json_together_are_refused(raw):
    """Aiohttp's own error is raised before anything is sent."""
    server = raw(flex)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match="data and json"):
            await session.post(server.url + JOBS, json=ORDER, data=b"{}")
    assert server.requests == []


@pytest.mark.skipif(
    not hasattr(plain, "DigestAuthMiddleware"),
    reason="aiohttp before 3.12 has no middlewares",
)
async def test_a_middleware_may_have_read_the_reply(raw, early):
    """The shim then takes the content from aiohttp's response object."""
    server = raw(
        lambda request: reply(
            "404 Not Found", "Content-Type: application/json", body=NOT_FOUND
        )
    )
    seen = []

    async def logging(request, handler):
        response = await handler(request)
        seen.append(await response.read())
        return response

    async with aiohttp.ClientSession(middlewares=[logging]) as session:
        response = await session.get(server.url + SNAPSHOTS)
        assert response.status == 404
        assert await response.read() == NOT_FOUND
    assert seen == [NOT_FOUND]


async def test_traces_report_each_request_sent(raw, early):
    """Each request appears once, with its own URL and the caller's trace context."""
    seen = []

    async def start(session, context, params):
        seen.append(
            (params.url.raw_path.partition("/groups/")[0], context.trace_request_ctx)
        )

    config = aiohttp.TraceConfig()
    config.on_request_start.append(start)
    server = raw(gone_then_flex)
    async with aiohttp.ClientSession(trace_configs=[config]) as session:
        await session.get(server.url + SNAPSHOTS, trace_request_ctx="mine")
    assert seen == [("/api/atlas/v1.0", "mine"), ("/api/atlas/v2", "mine")]


async def test_a_read_timeout_limits_the_whole_exchange(raw, early, monkeypatch):
    """If there is no total timeout, each request may take the time that the requests before it left."""
    noted = noting(
        monkeypatch,
        plain.ClientSession,
        "_request",
        lambda *_, timeout, **options: timeout.sock_read,
    )
    server = raw(gone_then_flex)
    async with aiohttp.ClientSession() as session:
        await session.get(
            server.url + SNAPSHOTS, timeout=aiohttp.ClientTimeout(sock_read=60)
        )
    assert 60 >= noted[0] > noted[1] > 0


@pytest.mark.skipif(
    not hasattr(plain, "UploadTracker"),
    reason="aiohttp has UploadTracker from 3.14.4 on",
)
async def test_an_upload_tracker_sees_the_first_request_only(raw, early):
    """The tracker refuses a second request."""
    server = raw(gone_then(taken))
    tracker = plain.UploadTracker()
    async with aiohttp.ClientSession() as session:
        assert (
            await session.post(server.url + JOBS, json=ORDER, upload_tracker=tracker)
        ).status == 201
    assert tracker.bytes_written == len(json.dumps(ORDER))


async def test_a_body_that_never_ends_meets_the_timeout(raw):
    """Reading the body is part of the exchange."""

    async def endless():
        yield b"{"
        await asyncio.Event().wait()

    server = raw(flex)
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=0.1)
    ) as session:
        with pytest.raises(asyncio.TimeoutError):
            await session.post(server.url + JOBS, data=endless())
    assert server.requests == []


async def test_cancelling_ends_the_exchange_and_its_connection(raw, early):
    """The session can be used again afterwards."""
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def silent(request):
        loop.call_soon_threadsafe(arrived.set)
        return b""

    server = raw(gone_then(silent))
    async with aiohttp.ClientSession() as session:
        task = asyncio.create_task(session.request("GET", server.url + SNAPSHOTS))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with session.get(f"{server.url}/other") as response:
            assert response.status == 410
        await asyncio.to_thread(until, lambda: server.left, "the end of its connection")


async def test_a_reply_without_a_request_is_a_client_response(atlas):
    """If the shim sends nothing, it creates a response of the session's class."""

    class Mine(plain.ClientResponse):
        pass

    async with aiohttp.ClientSession(response_class=Mine) as session:
        response = await session.get(
            f"{atlas.url}{JOBS.replace('restoreJobs', 'snapshots')}?pageNum=0"
        )
        assert type(response) is Mine
        assert response.status == 400
        assert response.request_info.headers == {}
        await response.read()
