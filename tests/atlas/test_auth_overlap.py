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
    """Threads that each make a call, or wait for a task that makes it."""
    with ThreadPoolExecutor(CALLERS) as pool:
        yield pool


class Atlas:
    """An Atlas that replies with the token it got, and its client with one service account.

    The token request of number ``held`` finishes after ``over`` is set; each gets a
    numbered token unless ``answers`` has another reply. ``waiting`` is released for
    each call that waits for another's token request.
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
        """Reply, as a MockTransport's handler."""
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
        """Reply without blocking the loop."""
        return await anyio.to_thread.run_sync(
            self.handle, request, abandon_on_cancel=True
        )

    def get(self, **options):
        """Return a call's result: the text of its reply, or its exception."""
        try:
            return self.kind.call(self.client.get, URL, **options).text
        except (errors.AtlasError, httpx.HTTPError) as error:
            return error

    def get_at_once(self, pool, **options):
        """Return the results of several calls; the first token request finishes when all others wait for it."""
        calls = [pool.submit(self.get, **options)]
        assert self.begun.wait(PATIENCE)
        calls += [pool.submit(self.get, **options) for _ in range(CALLERS - 1)]
        for _ in range(CALLERS - 1):
            assert self.waiting.acquire(timeout=PATIENCE)
        self.over.set()
        return [call.result() for call in calls]


@pytest.fixture
def atlas(kind, monkeypatch):
    """An Atlas whose token endpoint replies when the test allows it, for a client of each kind."""
    return Atlas(kind, monkeypatch)


def get_instances(kind, client):
    """Make a call that needs a signature, without the typed client."""
    accept = {"Accept": "application/vnd.atlas.2023-01-01+json"}
    return kind.call(
        client.get, f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless", headers=accept
    ).status_code


def test_no_two_concurrent_calls_share_a_nonce(kind, pool, fake):
    """A strict server refuses none of many calls, one cancelled, and sends each caller one challenge at most."""
    auth = DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    with FakeServer(fake) as server:
        client = kind.http(base_url=server.url, auth=auth, timeout=PATIENCE)
        if kind.portal:
            kind.portal.start_task_soon(client.get, "/").cancel()
        statuses = list(pool.map(lambda _: get_instances(kind, client), range(40)))
    assert statuses == [200] * 40
    assert len(received(fake, part="/api/atlas/")) <= len(statuses) + CALLERS


def test_concurrent_calls_request_one_token(kind, pool, fake):
    """They also replace an expired one only once."""
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
def test_a_network_fault_is_one_caller_s_own(atlas, pool, options):
    """It is no statement about the next request, so another caller sends one and the rest wait for it."""
    atlas.answers = {1: httpx.ReadError("cut")}
    outcomes = atlas.get_at_once(pool, **options)
    assert sorted(map(str, outcomes)) == ["Bearer t2"] * (CALLERS - 1) + ["cut"]
    assert len(atlas.exchanges) == 2


def test_each_caller_waits_for_its_own_timeout_at_most(atlas, pool):
    """If one token request hangs, the others time out by their own timeouts, and send none."""
    patient = pool.submit(atlas.get, timeout=None)
    assert atlas.begun.wait(PATIENCE)
    waiting = pool.map(lambda _: atlas.get(timeout=SHORT), range(CALLERS - 1))
    assert {type(one) for one in waiting} == {httpx.PoolTimeout}
    atlas.over.set()
    assert patient.result() == "Bearer t1"
    assert len(atlas.exchanges) == 1


def test_an_early_renewal_delays_no_call(atlas, pool):
    """While one call renews a valid token, the others use it."""
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
def test_a_cancelled_token_request_delays_no_call(atlas):
    """If its task was cancelled, the next caller requests the token."""
    cancelled = atlas.kind.portal.start_task_soon(atlas.client.get, URL)
    assert atlas.begun.wait(PATIENCE)
    cancelled.cancel()
    atlas.over.set()
    assert atlas.get(timeout=5) == "Bearer t2"
