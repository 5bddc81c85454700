"""A flag applies from a program's first call: programs with one call, each in a process of its own."""

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trio
from openfeature import api
from openfeature.flag_evaluation import FlagResolutionDetails
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

import shim
from shim import aiohttp, httpx
from shim.fake import DEMO_GROUP
from tests.doors.calls import BEARER, JOBS, ORDERED, SNAPSHOTS
from tests.doors.process import *  # noqa: F403 - its fixtures
from tests.peers.answering import reply
from tests.peers.raw import until

PROGRAMS = Path(__file__).parent / "programs"
LIBRARIES = ("httpx", "awaited_httpx", "requests", "urllib3", "aiohttp", "urllib")
IMPORT = re.compile(r"^import (httpx|requests|urllib3|aiohttp)$", re.MULTILINE)
WAYS = {
    "dropin": lambda program: IMPORT.sub(r"from shim import \1", program),
    "auto": lambda program: f"import shim.auto\n{program}",
    "run": lambda program: program,
}
"""A way to use the shim -> the change that it needs in a program."""
PAIRS = [
    pair for pair in itertools.product(LIBRARIES, WAYS) if pair != ("urllib", "dropin")
]
"""The standard library has no drop-in module."""
PROVIDERS = {"file": "file:flags.toml", "factory": "our_flags:provider"}


def answer(request: bytes) -> bytes:
    """Reply as an Atlas whose retired endpoints return 418, as a sign that they were called."""
    if b"/serverless/" in request:
        return reply("418 Retired", body=b"{}")
    if b"POST" in request[:4]:
        job = {
            "id": "6a6f78e0cab84da5c4476b25",
            "projectId": DEMO_GROUP,
            "status": "PENDING",
            "deliveryType": "RESTORE",
        }
        return reply(
            "200 OK", "Content-Type: application/json", body=json.dumps(job).encode()
        )
    return reply(
        "200 OK",
        "Content-Type: application/json",
        body=b'{"results": [], "totalCount": 0}',
    )


@pytest.mark.parametrize(("library", "way"), PAIRS)
@pytest.mark.parametrize("value", ["off", "legacy", "auto"])
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_only_call_of_a_program_uses_the_flag(
    raw, tmp_path, library, way, value, provider, method
):
    """The project's value applies instead of the general one, for reads and for writes."""
    atlas = raw(answer)
    program = (PROGRAMS / f"by_{library}.py").read_text()
    (tmp_path / "program.py").write_text(WAYS[way](program))
    (tmp_path / "flags.toml").write_text(
        f'[atlas-route]\nvalue = "successor"\nprojects = {{ "{DEMO_GROUP}" = "{value}" }}\n'
    )
    environ = {
        "ATLAS_SHIM_ROUTE": "openfeature:atlas-route",
        "ATLAS_SHIM_OPENFEATURE_PROVIDER": PROVIDERS[provider],
        "ATLAS_SHIM_WARNINGS": "off",
        "ATLAS_SHIM_UPSTREAM": atlas.url,
        "PYTHONPATH": os.pathsep.join([str(PROGRAMS), *filter(None, sys.path)]),
        "PROJECT": DEMO_GROUP,
        "VALUE": value,
    }
    headers = {**BEARER, "Content-Type": "application/json"}
    if method == "GET":
        call = [method, f"{atlas.url}{SNAPSHOTS}", None, headers]
    else:
        call = [method, f"{atlas.url}{JOBS}", ORDERED.decode(), headers]
    command = [sys.executable, "program.py", json.dumps(call)]
    if way == "run":
        command = [sys.executable, "-m", "shim", "run", "--", *command]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    is_retired = done.stdout.strip() == "418"
    assert is_retired is (value != "auto")
    assert all(("/serverless/" in target) is is_retired for target in atlas.targets())


@pytest.fixture(autouse=True)
def _by_flag(clean_process, monkeypatch):
    """The flag decides the route of this process."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "openfeature:atlas-route")
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")


@pytest.fixture
def asked():
    """An event that is set when the provider is asked for the flag."""
    return threading.Event()


@pytest.fixture
def held(asked):
    """Set a provider that replies after an event is set, which is returned."""
    event = threading.Event()

    def word(flag, context):
        asked.set()
        return FlagResolutionDetails("legacy" if event.wait(30) else "successor")

    api.set_provider(
        InMemoryProvider(
            {"atlas-route": InMemoryFlag("x", {"x": "x"}, context_evaluator=word)}
        )
    )
    return event


def test_asyncio_continues_while_a_call_waits_for_its_value(raw, held):
    """The provider needs another task of the loop, so a blocked loop would never get a value."""
    atlas = raw(answer)

    async def by_httpx():
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{atlas.url}{SNAPSHOTS}")).status_code

    async def by_aiohttp():
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{atlas.url}{SNAPSHOTS}") as response,
        ):
            return response.status

    async def both():
        calls = [asyncio.ensure_future(call()) for call in (by_httpx, by_aiohttp)]
        await asyncio.sleep(0.01)
        held.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(both()) == [418, 418]


def test_trio_continues_while_a_call_waits_for_its_value(raw, held):
    """It behaves like asyncio."""
    atlas = raw(answer)

    async def both():
        async with trio.open_nursery() as nursery, httpx.AsyncClient() as client:
            nursery.start_soon(answered)
            return (await client.get(f"{atlas.url}{SNAPSHOTS}")).status_code

    async def answered():
        held.set()

    assert trio.run(both) == 418


async def by_httpx(use):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        await use(lambda url: client.stream("GET", url))


async def by_aiohttp(use):
    async with aiohttp.ClientSession() as session:
        await use(session.get)


@pytest.mark.parametrize("client", [by_httpx, by_aiohttp])
async def test_a_cancelled_wait_closes_the_response_that_led_to_it(
    raw, asked, held, client
):
    """Redirects ended at a retired call, whose reply has begun when its flag is evaluated."""

    def redirect(request):
        if b"/serverless/" in request:
            return b"HTTP/1.1 410 Gone\r\nContent-Length: 5\r\n\r\n"
        return reply("302 Found", f"Location: {SNAPSHOTS}")

    async def cancelled(get):
        async def call():
            async with get(f"{server.url}/moved"):
                raise AssertionError("it was not cancelled")

        task = asyncio.create_task(call())
        await asyncio.to_thread(asked.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(until, lambda: server.left, "the end of the connection")

    server = raw(redirect)
    await client(cancelled)
    held.set()


def test_without_a_value_the_default_applies(retired, monkeypatch):
    """A call waits for a flag without a provider's reply, then the route is auto, and the record shows that."""
    monkeypatch.setattr("shim.flags.values.WAIT", 0.05)
    with httpx.Client(headers=BEARER) as client:
        record = shim.record(client.get(retired))
    assert record is not None
    assert record.route == "flex"
    assert record.reason.endswith("; the flag atlas-route has no value yet")
