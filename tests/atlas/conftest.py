"""One script for both clients: written async, run against the blocking, the asyncio and the trio client."""

import inspect
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import anyio
import pytest

from shim import httpx
from shim.atlas import AsyncAtlasClient, AtlasClient
from shim.fake import DEMO_TOKEN, FakeAtlas

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """No test depends on the variables it was started with; the shim stays silent."""
    for name in [name for name in os.environ if name.startswith(("ATLAS_SHIM_", "MONGODB_ATLAS_", "MCLI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")


@pytest.fixture
def before_sunset(monkeypatch):
    """The shim sends legacy calls as they are, whatever the date of the test run."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "legacy")


@pytest.fixture
def fake():
    """An Atlas on the day before the sunset of the backup endpoints, whose instance reads are not blank yet."""
    return FakeAtlas(today=date(2026, 1, 21), blank=None)


@pytest.fixture
def retired():
    """An Atlas after the sunset of the backup endpoints."""
    return FakeAtlas(today=datetime(2026, 2, 1, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def recorded():
    """Reads the recorded exchanges of one file."""

    def read(name):
        return [json.loads(line) for line in (CASES / "recorded" / name).read_text("utf-8").splitlines()]

    return read


@pytest.fixture(scope="session")
def contract():
    """The legacy contract."""
    return json.loads((CASES / "contract" / "legacy-serverless-2025-10.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def tenant_contract():
    """The shared tier's contract."""
    return json.loads((CASES / "contract" / "legacy-shared-tier-2026-03.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def writes_contract():
    """The contract of instance writes, the last that had them."""
    return json.loads((CASES / "contract" / "legacy-serverless-writes-2026-03.json").read_text("utf-8"))


def transport_of(fake):
    """A transport without sockets; ``fake`` is a FakeAtlas or a function from request to response."""

    def answer(request):
        target = request.url.raw_path.decode("ascii")
        reply = fake.handle(request.method, target, request.headers.multi_items(), request.read())
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)

    return httpx.MockTransport(answer if isinstance(fake, FakeAtlas) else fake)


@pytest.fixture
def transport(fake):
    """The way to the fake without sockets."""
    return transport_of(fake)


class Asker:
    """Runs a script, ``async def script(client)``, against one kind of client."""

    def __init__(self, kind):
        self.kind = kind

    def __call__(self, fake, script, **options):
        """Run the script; options are the client's: a good bearer token and no retries, unless they say otherwise."""
        options.setdefault("retries", None)
        if not options.keys() & {"public_key", "client_id", "access_token", "environ"}:
            options["access_token"] = DEMO_TOKEN
        return anyio.run(
            self._run, transport_of(fake), script, options, backend="trio" if self.kind == "trio" else "asyncio"
        )

    async def _run(self, transport, script, options):
        if self.kind == "blocking":
            with httpx.Client(transport=transport) as http:
                return await script(AtlasClient(http_client=http, **options))
        async with httpx.AsyncClient(transport=transport) as http:
            return await script(AsyncAtlasClient(http_client=http, **options))


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def ask(request):
    """Runs a script against the blocking, the asyncio and the trio client in turn."""
    return Asker(request.param)


@pytest.fixture(scope="session")
def got():
    """Await what a method returned, if it has to be awaited; collect it, if it is an iterator."""

    async def settle(value):
        if inspect.isawaitable(value):
            return await value
        if hasattr(value, "__anext__"):
            return [item async for item in value]
        return list(value) if hasattr(value, "__next__") else value

    return settle
