"""Concurrent calls of threads and tasks share a token, wait for it together, and never share a nonce."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import anyio
import pytest

from shim import errors, httpx
from shim.atlas.auth import DigestAuth, ServiceAccountAuth
from shim.credentials import TOKEN_PATH, ServiceAccount
from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
)
from shim.fake.server import FakeServer
from tests.fake.asking import received
from tests.peers.raw import PATIENCE

URL = "https://x.example"
CALLERS = 8
SHORT = httpx.Timeout(0.05)


pytestmark = pytest.mark.usefixtures("before_sunset")


@pytest.fixture
def pool():
    """Threads, which make a call of their own each, or wait for a task that makes it."""
    with ThreadPoolExecutor(CALLERS) as pool:
        yield pool


class Atlas:
    """An Atlas that answers with the token it got, and a client of it that has one service account.

    The exchange of number ``held`` ends once ``over`` is set; each gets a token named
    by its number unless ``answers`` has something else. ``waiting`` is released for
    each call that waits for another's exchange.
    """

    def __init__(self, kind, monkeypatch):
        self.kind = kind
        self.answers = {}
        self.held = 1
        self.now = 0.0
        self.exchanges = []
        self.begun = threading.Event()
        self.over = threading.Event()
        self.waiting = threading.Semaphore(0)
        monkeypatch.setattr(
            "shim.atlas.auth.time", SimpleNamespace(monotonic=lambda: self.now)
        )
        auth = ServiceAccountAuth(ServiceAccount("id", "secret"), URL)
        if kind.portal:
            handler = self.handle_in_thread
        else:
            handler = self.handle
        self.client = kind.http(transport=httpx.MockTransport(handler), auth=auth)
        known = auth._known

        def counted(refused):
            token = known(refused)
            if token is None and self.begun.is_set():
                self.waiting.release()
            return token

        monkeypatch.setattr(auth, "_known", counted)

    def handle(self, request):
        """Answer, as a MockTransport's handler."""
        if request.url.path != TOKEN_PATH:
            return httpx.Response(200, text=request.headers["Authorization"])
        self.exchanges.append(request)
        number = len(self.exchanges)
        if number == self.held:
            self.begun.set()
            assert self.over.wait(PATIENCE)
        answer = self.answers.get(
            number,
            httpx.Response(
                200, json={"access_token": f"t{number}", "expires_in": 3600}
            ),
        )
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def handle_in_thread(self, request):
        """Answer without blocking the loop."""
        return await anyio.to_thread.run_sync(
            self.handle, request, abandon_on_cancel=True
        )

    def get(self, **options):
        """Return what a call comes to: the text of its answer, or what it raised."""
        try:
            return self.kind.call(self.client.get, URL, **options).text
        except (errors.AtlasError, httpx.HTTPError) as error:
            return error

    def get_at_once(self, pool, **options):
        """Return what several calls come to whose first exchange ends when all others wait for it."""
        calls = [pool.submit(self.get, **options)]
        assert self.begun.wait(PATIENCE)
        calls += [pool.submit(self.get, **options) for _ in range(CALLERS - 1)]
        for _ in range(CALLERS - 1):
            assert self.waiting.acquire(timeout=PATIENCE)
        self.over.set()
        return [call.result() for call in calls]


@pytest.fixture
def atlas(kind, monkeypatch):
    """An Atlas whose token endpoint answers when the test says so, for a client of each kind."""
    return Atlas(kind, monkeypatch)


def get_instances(kind, client):
    """Make a call that needs signing, without the facade."""
    accept = {"Accept": "application/vnd.atlas.2023-01-01+json"}
    return kind.call(
        client.get, f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless", headers=accept
    ).status_code


def test_no_nonce_is_used_by_two_calls_at_once(kind, pool, fake):
    """A strict server refuses none of many calls, one cancelled, and gives each caller one challenge at most."""
    auth = DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    with FakeServer(fake) as server:
        client = kind.http(base_url=server.url, auth=auth, timeout=PATIENCE)
        if kind.portal:
            kind.portal.start_task_soon(client.get, "/").cancel()
        statuses = list(pool.map(lambda _: get_instances(kind, client), range(40)))
    assert statuses == [200] * 40
    assert len(received(fake, part="/api/atlas/")) <= len(statuses) + CALLERS


def test_calls_that_start_together_fetch_one_token(kind, pool, fake):
    """And replace one that has ended once."""
    fake.overrides.append(lambda _: time.sleep(0.02))
    with FakeServer(fake) as server:
        auth = ServiceAccountAuth(
            ServiceAccount(DEMO_CLIENT_ID, DEMO_CLIENT_SECRET), server.url
        )
        client = kind.http(base_url=server.url, auth=auth, timeout=PATIENCE)
        for _ in range(2):
            assert (
                list(pool.map(lambda _: get_instances(kind, client), range(CALLERS)))
                == [200] * CALLERS
            )
            fake.today += timedelta(hours=1)
    assert len(received(fake, part=TOKEN_PATH)) == 2


@pytest.mark.parametrize("options", [{}, {"timeout": None}])
def test_a_fault_on_the_way_is_one_callers_own(atlas, pool, options):
    """A connection that breaks says nothing about the next: another caller asks, and the rest wait for that."""
    atlas.answers = {1: httpx.ReadError("cut")}
    outcomes = atlas.get_at_once(pool, **options)
    assert sorted(map(str, outcomes)) == ["Bearer t2"] * (CALLERS - 1) + ["cut"]
    assert len(atlas.exchanges) == 2


def test_nobody_waits_for_longer_than_their_own_timeout(atlas, pool):
    """While one exchange hangs, the others give up in their own time, and do not ask in turn."""
    patient = pool.submit(atlas.get, timeout=None)
    assert atlas.begun.wait(PATIENCE)
    waiting = pool.map(lambda _: atlas.get(timeout=SHORT), range(CALLERS - 1))
    assert {type(one) for one in waiting} == {httpx.PoolTimeout}
    atlas.over.set()
    assert patient.result() == "Bearer t1"
    assert len(atlas.exchanges) == 1


def test_a_renewal_ahead_of_time_keeps_nobody_waiting(atlas, pool):
    """While one call renews a token that still is good, the others use it."""
    atlas.held = 2
    atlas.get()
    atlas.now = 3300.0
    first = pool.submit(atlas.get)
    assert atlas.begun.wait(PATIENCE)
    assert atlas.get() == "Bearer t1"
    atlas.now = 3600.0
    assert isinstance(atlas.get(timeout=SHORT), httpx.PoolTimeout)
    atlas.over.set()
    assert first.result() == atlas.get() == "Bearer t2"


@pytest.mark.parametrize("kind", ["asyncio", "trio"], indirect=True)
def test_a_cancelled_exchange_keeps_nobody_waiting(atlas):
    """Who comes after a task that was cancelled while it fetched a token fetches it."""
    cancelled = atlas.kind.portal.start_task_soon(atlas.client.get, URL)
    assert atlas.begun.wait(PATIENCE)
    cancelled.cancel()
    atlas.over.set()
    assert atlas.get(timeout=5) == "Bearer t2"
