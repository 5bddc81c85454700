import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from shim import httpx
from shim.atlas.auth import DigestAuth, ServiceAccountAuth
from shim.credentials import TOKEN_PATH, ServiceAccount
from shim.fake import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from shim.fake.server import serve_in_thread

ACCOUNT = ServiceAccount(DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
CALLERS = 8


@pytest.fixture(autouse=True)
def legacy(before_sunset):
    """Signing is looked at on calls that are sent as they are."""


def tokens(fake):
    """Count the exchanges of the service account."""
    return len(fake.trips(part=TOKEN_PATH))


def get_instances(client):
    """Make a call that needs signing, without the facade."""
    accept = {"Accept": "application/vnd.atlas.2023-01-01+json"}
    return client.get(f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless", headers=accept)


def test_digest_from_many_threads(fake):
    """Calls that overlap never use a nonce twice: a strict server refuses none of them."""
    auth = DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    with (
        serve_in_thread(fake) as server,
        httpx.Client(base_url=server.url, auth=auth) as client,
        ThreadPoolExecutor(CALLERS) as pool,
    ):
        statuses = [reply.status_code for reply in pool.map(get_instances, [client] * 200)]

    assert set(statuses) == {200}
    assert len(fake.arrivals) <= len(statuses) + CALLERS


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_digest_from_many_tasks(fake, backend):
    """The same holds for tasks, one of which is cancelled under way."""

    async def call(client):
        assert (await get_instances(client)).status_code == 200

    async def main(url):
        async with httpx.AsyncClient(base_url=url, auth=auth) as client:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await call(client)
            for _ in range(5):
                async with anyio.create_task_group() as group:
                    for _ in range(CALLERS):
                        group.start_soon(call, client)

    auth = DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    with serve_in_thread(fake) as server:
        anyio.run(main, server.url, backend=backend)

    assert len(fake.arrivals) <= 5 * CALLERS + CALLERS


def test_threads_share_a_token(fake):
    """Threads that start together fetch one token."""
    barrier = threading.Barrier(CALLERS)
    with serve_in_thread(fake, latency=0.02) as server:
        auth = ServiceAccountAuth(ACCOUNT, server.url)
        with httpx.Client(base_url=server.url, auth=auth) as client:

            def call(_):
                barrier.wait()
                return get_instances(client).status_code

            with ThreadPoolExecutor(CALLERS) as pool:
                assert set(pool.map(call, range(CALLERS))) == {200}

    assert tokens(fake) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_share_a_token(fake, backend):
    """Tasks that start together fetch one token, and replace one that Atlas takes no more once."""

    async def call(client):
        assert (await get_instances(client)).status_code == 200

    async def main(url):
        # Made where no loop belongs to it yet, as a module-level client is.
        async with httpx.AsyncClient(base_url=url, auth=auth) as client:
            for _ in range(2):
                async with anyio.create_task_group() as group:
                    for _ in range(CALLERS):
                        group.start_soon(call, client)
                fake.advance(3600)

    with serve_in_thread(fake, latency=0.02) as server:
        auth = ServiceAccountAuth(ACCOUNT, server.url)
        anyio.run(main, server.url, backend=backend)

    assert tokens(fake) == 2


def test_cancelled_exchange(fake):
    """A task that is cancelled while it fetches a token keeps nobody waiting."""
    asked = anyio.Event()
    fetched = 0

    async def answer(request):
        nonlocal fetched
        if request.url.path == TOKEN_PATH:
            fetched += 1
            asked.set()
            if fetched == 1:
                await anyio.sleep_forever()
        return httpx.Response(200, json={"access_token": "a"})

    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.get, "https://x.example/")
                await asked.wait()
                group.cancel_scope.cancel()
            with anyio.fail_after(5):
                return (await client.get("https://x.example/")).status_code

    auth = ServiceAccountAuth(ACCOUNT, "https://x.example")

    assert anyio.run(main) == 200
