# mypy: disable-error-code="assignment, attr-defined, union-attr"
# (the generated client as its generator writes it)
"""Clients as other people write them: generated ones, ones that send again, ones that gather."""

import io
import json
import subprocess
import sys

import aiohttp as plain
import pytest
from aiohttp_retry import ExponentialRetry, RetryClient

import shim
from shim import aiohttp
from tests.doors.calls import BEARER, EMPTY, SNAPSHOTS
from tests.peers.answering import reply
from tests.typed import with_aiohttp


class RESTResponse(io.IOBase):
    """As openapi-generator's asyncio library has it."""

    def __init__(self, resp) -> None:
        self.response, self.status, self.reason, self.data = resp, resp.status, resp.reason, None

    async def read(self):
        """Read the content once."""
        if self.data is None:
            self.data = await self.response.read()
        return self.data


class RESTClientObject:
    """A client with the way of calling of openapi-generator's asyncio library: sessions made late, perhaps retrying."""

    def __init__(self, retries=None) -> None:
        self.retries, self.pool_manager, self.retry_client = retries, None, None

    async def close(self):
        """Close what was made."""
        for one in (self.pool_manager, self.retry_client):
            if one is not None:
                await one.close()

    async def request(self, method, url, headers=None, body=None, _request_timeout=None):
        """Call as the generated ``api_client`` does."""
        headers = {"Content-Type": "application/json", **(headers or {})}
        args = {"method": method, "url": url, "timeout": _request_timeout or 5 * 60, "headers": headers}
        if body is not None:
            args["data"] = json.dumps(body)
        if self.pool_manager is None:
            connector = plain.TCPConnector(limit=100, ssl=True)
            self.pool_manager = plain.ClientSession(connector=connector, trust_env=True)
        pool_manager = self.pool_manager
        if self.retries is not None and method in {"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"}:
            if self.retry_client is None:
                options = ExponentialRetry(attempts=self.retries, factor=2.0, start_timeout=0.001, max_timeout=0.01)
                self.retry_client = RetryClient(client_session=self.pool_manager, retry_options=options)
            pool_manager = self.retry_client
        return RESTResponse(await pool_manager.request(**args))


@pytest.mark.parametrize("retries", [None, 3])
async def test_a_generated_client_keeps_its_words_and_trips(atlas, retired, switched_on, retries):
    """One trip for a call, and the words of the legacy contract."""
    client = RESTClientObject(retries)
    try:
        response = await client.request("GET", retired, {"Accept": "application/json", **BEARER})
        document = json.loads(await response.read())
    finally:
        await client.close()
    assert (response.status, response.reason) == (200, "OK")
    assert {"clusterId", "createdAt", "expiresAt", "id"} - document["results"][0].keys() <= {"clusterId"}
    assert document["results"][0]["id"]
    assert "/flexClusters/" not in json.dumps(document["links"])
    assert len(atlas.fake.arrivals) == 1


async def test_a_retrying_client_sees_the_translated_status(raw, switched_on):
    """It sends the call again on a 503 and not on anything that the shim asked on the way."""
    answers = [reply("503 Service Unavailable"), reply("200 OK", body=EMPTY)]
    server = raw(lambda request: answers.pop(0))
    options = ExponentialRetry(attempts=3, start_timeout=0.001)
    async with RetryClient(retry_options=options) as client, client.get(server.url + SNAPSHOTS) as response:
        assert (response.status, shim.record(response).route) == (200, "flex")
    assert len(server.requests) == 2


def test_gathered_calls_are_told_at_the_programs_line(atlas, retired, tmp_path):
    """In a program of its own, with the drop-in switched on from outside."""
    program = tmp_path / "program.py"
    program.write_text(f"""
import asyncio, aiohttp

async def main():
    async with aiohttp.ClientSession(headers={BEARER!r}) as session:
        async def one():
            async with session.get({retired!r}) as response:  # the line
                return response.status
        print(*await asyncio.gather(one(), one()))

asyncio.run(main())
""")
    command = [sys.executable, "-m", "shim", "run", sys.executable, str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200", "200"]
    line = (
        program.read_text()
        .splitlines()
        .index("            async with session.get(" + repr(retired) + ") as response:  # the line")
    )
    assert f"program.py:{line + 1}: LegacyEndpointWarning" in done.stderr


async def test_a_typed_program_stays_typed(raw):
    """A program that is written for aiohttp's types runs with ours."""
    server = raw(lambda request: reply("200 OK", body=b"three"))
    assert await with_aiohttp.ask(server.url) == 205


def test_only_subclasses_of_the_caller_are_discouraged():
    """Ours makes no noise, and aiohttp's own warning names the caller's line."""
    with pytest.warns(DeprecationWarning, match="Inheritance class Mine") as caught:
        type("Mine", (aiohttp.ClientSession,), {})
    assert caught[0].filename == __file__
