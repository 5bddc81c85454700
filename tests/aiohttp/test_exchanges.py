# mypy: disable-error-code="attr-defined, var-annotated"
# (the record is an attribute of ours in a class of aiohttp's)
"""What a retired call sends and leaves behind: bodies, writes, codings, timeouts, connections, call sites."""

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
    """Nothing is made of it: what has another type than JSON is refused in Atlas's words."""
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
async def test_a_call_that_leaves_content_as_it_came_is_translated_all_the_same(
    raw, own
):
    """Whether aiohttp decodes may be said of the session and of one call."""
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
    """For values that JSON has no word for."""
    server = raw(gone_then(taken))
    async with aiohttp.ClientSession(
        json_serialize=lambda value: json.dumps(value | ORDER)
    ) as session:
        assert (await session.post(server.url + JOBS, json={})).status == 201
    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2]) == ORDER


async def test_a_deletion_is_sent_once_and_other_calls_are_as_ever(raw, monkeypatch):
    """A session sends DELETE again by itself when a connection ends, but not for this call."""
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


async def test_no_coding_is_asked_for_where_the_caller_wants_none(raw):
    """Nor is aiohttp's own."""
    server = raw(flex)
    async with aiohttp.ClientSession() as session:
        await session.get(server.url + SNAPSHOTS, skip_auto_headers=["Accept-Encoding"])
    assert [field(request, "Accept-Encoding") for request in server.requests] == [None]


async def test_data_and_json_together_are_refused_as_ever(raw):
    """Before anything is sent."""
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
    """Its content is taken from where aiohttp keeps it."""
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


async def test_traces_tell_what_is_sent(raw, early):
    """Each request once, with its own URL and the caller's context."""
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


async def test_a_timeout_of_reads_bounds_the_whole_exchange(raw, early, monkeypatch):
    """Without a total: each request may wait for what the ones before have left."""
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
async def test_an_upload_tracker_tells_of_the_first_request(raw, early):
    """It refuses a second one."""
    server = raw(gone_then(taken))
    tracker = plain.UploadTracker()
    async with aiohttp.ClientSession() as session:
        assert (
            await session.post(server.url + JOBS, json=ORDER, upload_tracker=tracker)
        ).status == 201
    assert tracker.bytes_written == len(json.dumps(ORDER))


async def test_a_body_that_never_ends_is_within_the_timeout(raw):
    """Reading it is part of the exchange."""

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
    """And the session can be used again."""
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


async def test_where_nobody_is_asked_the_answer_is_a_response_too(atlas):
    """Without a reply from the wire there is a response of the session's class."""

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
