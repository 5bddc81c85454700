"""Calls that overlap, of threads or of tasks: they share a token, its errors and the waiting, and never a nonce."""

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from shim import errors, httpx
from shim.atlas.auth import DigestAuth, Patience, ServiceAccountAuth
from shim.credentials import TOKEN_PATH, ServiceAccount
from shim.fake import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from shim.fake.server import serve_in_thread

URL = "https://x.example"
CALLERS = 8
SHORT = httpx.Timeout(0.05)
TOKEN = {"access_token": "a"}


@pytest.fixture(autouse=True)
def legacy(before_sunset):
    """Signing is looked at on calls that are sent as they are."""


@pytest.fixture
def pool():
    """Threads, which wait for a call of their own each, or for a task that makes it."""
    with ThreadPoolExecutor(CALLERS) as pool:
        yield pool


@pytest.fixture
def auth():
    return ServiceAccountAuth(ServiceAccount("id", "secret"), URL)


@pytest.fixture
def getting(kind):
    """Makes a function that makes one call, signed by ``auth``, to a handler that may block."""

    def made(auth, handler):
        async def answer(request):
            return await anyio.to_thread.run_sync(handler, request)

        client = kind.http(transport=httpx.MockTransport(answer if kind.portal else handler), auth=auth)
        return lambda **options: kind.call(client.get, URL, **options)

    return made


def outcome_of(call, **options):
    """Return the status of a call, or what it raised."""
    try:
        return call(**options).status_code
    except (errors.AtlasError, httpx.HTTPError) as error:
        return error


class Endpoint:
    """A token endpoint: its first exchange ends once all others wait for it, each as the next of ``answers``."""

    def __init__(self, monkeypatch, *answers):
        self.answers, self.asked = list(answers), 0
        self.waiters = threading.Semaphore(0)
        left = Patience.left

        def counted(patience):
            self.waiters.release()
            return left(patience)

        monkeypatch.setattr(Patience, "left", counted)

    def __call__(self, request):
        """Answer, as a MockTransport's handler."""
        if request.url.path != TOKEN_PATH:
            return httpx.Response(200)
        self.asked += 1
        if self.asked == 1:
            for _ in range(CALLERS - 1):
                assert self.waiters.acquire(timeout=5)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def get_instances(kind, client):
    """Make a call that needs signing, without the facade."""
    accept = {"Accept": "application/vnd.atlas.2023-01-01+json"}
    return kind.call(client.get, f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless", headers=accept).status_code


def test_no_nonce_is_used_by_two_calls_at_once(kind, pool, fake):
    """A strict server refuses none of many calls, one cancelled, and gives each caller one challenge at most."""
    auth = DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    with serve_in_thread(fake) as server:
        client = kind.http(base_url=server.url, auth=auth)
        if kind.portal:
            kind.portal.start_task_soon(client.get, "/").cancel()
        statuses = list(pool.map(lambda _: get_instances(kind, client), range(100)))
        kind.call(client.aclose if kind.portal else client.close)

    assert statuses == [200] * 100
    assert len(fake.trips(part="/api/atlas/")) <= len(statuses) + CALLERS


def test_calls_that_start_together_fetch_one_token(kind, pool, fake):
    """And replace one that has ended once."""
    with serve_in_thread(fake, latency=0.02) as server:
        auth = ServiceAccountAuth(ServiceAccount(DEMO_CLIENT_ID, DEMO_CLIENT_SECRET), server.url)
        client = kind.http(base_url=server.url, auth=auth)
        for _ in range(2):
            assert list(pool.map(lambda _: get_instances(kind, client), range(CALLERS))) == [200] * CALLERS
            fake.advance(3600)
        kind.call(client.aclose if kind.portal else client.close)

    assert len(fake.trips(part=TOKEN_PATH)) == 2


def test_what_the_endpoint_refuses_is_everybodys(getting, pool, auth, monkeypatch):
    """A wrong secret is asked for once, and each of the callers has an error of their own."""
    endpoint = Endpoint(monkeypatch, httpx.Response(401, json={"error": "invalid_client"}))
    get = getting(auth, endpoint)

    outcomes = list(pool.map(lambda _: outcome_of(get), range(CALLERS)))

    assert {type(one) for one in outcomes} == {errors.UnauthorizedError}
    assert len({id(one) for one in outcomes}) == CALLERS
    assert {one.error_code for one in outcomes} == {"invalid_client"}
    assert endpoint.asked == 1


@pytest.mark.parametrize("options", [{}, {"timeout": None}])
def test_a_fault_on_the_way_is_one_callers_own(getting, pool, auth, monkeypatch, options):
    """A connection that breaks says nothing about the next: another caller asks, and the rest wait for that."""
    endpoint = Endpoint(monkeypatch, httpx.ReadError("cut"), httpx.Response(200, json=TOKEN))
    get = getting(auth, endpoint)

    outcomes = pool.map(lambda _: outcome_of(get, **options), range(CALLERS))

    assert sorted(str(one) for one in outcomes) == ["200"] * (CALLERS - 1) + ["cut"]
    assert endpoint.asked == 2


def test_nobody_waits_for_longer_than_their_own_timeout(getting, pool, auth):
    """While one exchange hangs, the others give up in their own time, and do not ask in turn."""
    hangs, over = threading.Event(), threading.Event()
    asked = []

    def answer(request):
        if request.url.path == TOKEN_PATH:
            asked.append(request)
            hangs.set()
            assert over.wait(5)
            return httpx.Response(200, json=TOKEN)
        return httpx.Response(200)

    get = getting(auth, answer)
    patient = pool.submit(get, timeout=None)
    assert hangs.wait(5)
    waiting = pool.map(lambda _: outcome_of(get, timeout=SHORT), range(CALLERS - 1))
    assert {type(one) for one in waiting} == {httpx.PoolTimeout}
    over.set()
    assert patient.result().status_code == 200
    assert len(asked) == 1


def test_a_renewal_ahead_of_time_keeps_nobody_waiting(getting, pool):
    """While one call renews a token that still is good, the others use it."""
    now, asked, renews, over = [0.0], [], threading.Event(), threading.Event()
    auth = ServiceAccountAuth(ServiceAccount("id", "secret"), URL, clock=lambda: now[0])

    def answer(request):
        if request.url.path != TOKEN_PATH:
            return httpx.Response(200, text=request.headers["Authorization"])
        asked.append(request)
        if len(asked) == 2:
            renews.set()
            assert over.wait(5)
        return httpx.Response(200, json={"access_token": f"t{len(asked)}", "expires_in": 3600})

    get = getting(auth, answer)
    get()
    now[0] = 3300.0
    first = pool.submit(get)
    assert renews.wait(5)
    assert get().text == "Bearer t1"
    now[0] = 3600.0
    with pytest.raises(httpx.PoolTimeout):
        get(timeout=SHORT)
    over.set()
    assert first.result().text == get().text == "Bearer t2"


def test_who_takes_over_has_the_rest_of_their_time(getting, pool, auth, monkeypatch):
    """The exchange of a caller who has waited already may take what is left of the timeout, and no more."""
    began, waits, timeouts = threading.Event(), threading.Event(), []
    left = Patience.left

    def answer(request):
        if request.url.path != TOKEN_PATH:
            return httpx.Response(200)
        timeouts.append(request.extensions["timeout"]["read"])
        if len(timeouts) == 1:
            began.set()
            assert waits.wait(5)
            raise httpx.ReadError("cut")
        return httpx.Response(200, json=TOKEN)

    def noted(patience):
        waits.set()
        return left(patience)

    monkeypatch.setattr(Patience, "left", noted)
    get = getting(auth, answer)
    first = pool.submit(outcome_of, get, timeout=60)
    assert began.wait(5)
    assert pool.submit(get, timeout=30).result().status_code == 200
    assert isinstance(first.result(), httpx.ReadError)
    assert timeouts[0] == 60
    assert 0 < timeouts[1] < 30


def test_a_cancelled_exchange_keeps_nobody_waiting():
    """Who comes after a task that was cancelled while it fetched a token fetches it."""
    asked, exchanges = anyio.Event(), []

    async def answer(request):
        if request.url.path == TOKEN_PATH:
            exchanges.append(request)
            asked.set()
            if len(exchanges) == 1:
                await anyio.sleep_forever()
        return httpx.Response(200, json=TOKEN)

    async def main(auth):
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.get, URL)
                await asked.wait()
                group.cancel_scope.cancel()
            with anyio.fail_after(5):
                return (await client.get(URL)).status_code

    # Made where no loop belongs to it yet, as a module-level client is.
    assert anyio.run(main, ServiceAccountAuth(ServiceAccount("id", "secret"), URL)) == 200
