"""Calls that wait while another of them fetches the token: what they get, and how long they wait."""

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from shim import errors, httpx
from shim.atlas.auth import Patience, ServiceAccountAuth
from shim.credentials import TOKEN_PATH, ServiceAccount

URL = "https://x.example"
CALLERS = 8
SHORT = httpx.Timeout(0.05)
TOKEN = {"access_token": "a"}


@pytest.fixture
def auth():
    return ServiceAccountAuth(ServiceAccount("id", "secret"), URL)


def outcome_of(call):
    """Return the status of a call, or what it raised."""
    try:
        return call().status_code
    except (errors.AtlasError, httpx.HTTPError) as error:
        return error


class Endpoint:
    """A token endpoint for threads: each exchange ends as the next of ``answers`` once all others wait for it."""

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

    def call_at_once(self, auth, **options):
        """Make calls from several threads."""
        with (
            httpx.Client(transport=httpx.MockTransport(self), auth=auth) as client,
            ThreadPoolExecutor(CALLERS) as pool,
        ):
            return list(pool.map(lambda _: outcome_of(lambda: client.get(URL, **options)), range(CALLERS)))


def test_threads_share_what_the_endpoint_refuses(auth, monkeypatch):
    """A wrong secret is asked for once, and each of the callers has an error of their own."""
    endpoint = Endpoint(monkeypatch, httpx.Response(401, json={"error": "invalid_client"}))

    outcomes = endpoint.call_at_once(auth)

    assert {type(one) for one in outcomes} == {errors.UnauthorizedError}
    assert len({id(one) for one in outcomes}) == CALLERS
    assert {one.error_code for one in outcomes} == {"invalid_client"}
    assert endpoint.asked == 1


@pytest.mark.parametrize("options", [{}, {"timeout": None}])
def test_a_fault_on_the_way_is_one_threads_own(auth, monkeypatch, options):
    """A connection that breaks says nothing about the next: another caller asks, and the rest wait for that."""
    endpoint = Endpoint(monkeypatch, httpx.ReadError("cut"), httpx.Response(200, json=TOKEN))

    outcomes = endpoint.call_at_once(auth, **options)

    assert sorted(str(one) for one in outcomes) == ["200"] * (CALLERS - 1) + ["cut"]
    assert endpoint.asked == 2


def test_no_thread_waits_for_longer_than_its_own_timeout(auth):
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

    with (
        httpx.Client(transport=httpx.MockTransport(answer), auth=auth) as client,
        ThreadPoolExecutor(CALLERS) as pool,
    ):
        patient = pool.submit(client.get, URL, timeout=None)
        assert hangs.wait(5)
        waiting = pool.map(lambda _: outcome_of(lambda: client.get(URL, timeout=SHORT)), range(CALLERS - 1))
        assert {type(one) for one in waiting} == {httpx.PoolTimeout}
        over.set()
        assert patient.result().status_code == 200
    assert len(asked) == 1


def test_a_renewal_ahead_of_time_keeps_nobody_waiting():
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

    with httpx.Client(transport=httpx.MockTransport(answer), auth=auth) as client, ThreadPoolExecutor(1) as pool:
        client.get(URL)
        now[0] = 3300.0
        first = pool.submit(client.get, URL)
        assert renews.wait(5)
        assert client.get(URL).text == "Bearer t1"
        now[0] = 3600.0
        with pytest.raises(httpx.PoolTimeout):
            client.get(URL, timeout=SHORT)
        over.set()
        assert first.result().text == client.get(URL).text == "Bearer t2"


def test_who_takes_over_has_the_rest_of_their_time(auth, monkeypatch):
    """The exchange of a caller who has waited already may take what is left of the timeout, and no more."""
    began, timeouts = threading.Event(), []

    def answer(request):
        if request.url.path != TOKEN_PATH:
            return httpx.Response(200)
        timeouts.append(request.extensions["timeout"]["read"])
        if len(timeouts) == 1:
            began.set()
            assert waits.wait(5)
            raise httpx.ReadError("cut")
        return httpx.Response(200, json=TOKEN)

    waits = threading.Event()
    left = Patience.left

    def noted(patience):
        waits.set()
        return left(patience)

    monkeypatch.setattr(Patience, "left", noted)
    with httpx.Client(transport=httpx.MockTransport(answer), auth=auth) as client, ThreadPoolExecutor(2) as pool:
        first = pool.submit(outcome_of, lambda: client.get(URL, timeout=60))
        assert began.wait(5)
        second = pool.submit(client.get, URL, timeout=30)
        assert isinstance(first.result(), httpx.ReadError)
        assert second.result().status_code == 200
    assert timeouts[0] == 60
    assert 0 < timeouts[1] < 30


@pytest.fixture(params=["asyncio", "trio"])
def run(request):
    """Runs a coroutine function on one event loop or the other."""
    return lambda main: anyio.run(main, backend=request.param)


async def call_at_once(auth, endpoint, **options):
    """Make calls from several tasks to an endpoint that answers once all others wait."""
    outcomes = []
    asked = []

    async def answer(request):
        if request.url.path != TOKEN_PATH:
            return httpx.Response(200)
        asked.append(request)
        await anyio.wait_all_tasks_blocked()
        return endpoint(len(asked))

    async def call(client):
        try:
            outcomes.append((await client.get(URL, **options)).status_code)
        except (errors.AtlasError, httpx.HTTPError) as error:
            outcomes.append(error)

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth) as client,
        anyio.create_task_group() as group,
    ):
        for _ in range(CALLERS):
            group.start_soon(call, client)
    return outcomes, len(asked)


def test_tasks_share_what_the_endpoint_refuses(auth, run):
    """A wrong secret is asked for once."""

    async def main():
        return await call_at_once(auth, lambda _: httpx.Response(401, json={"error": "invalid_client"}))

    outcomes, asked = run(main)

    assert {type(one) for one in outcomes} == {errors.UnauthorizedError}
    assert (len({id(one) for one in outcomes}), asked) == (CALLERS, 1)


def test_a_fault_on_the_way_is_one_tasks_own(auth, run):
    """Another task asks, and the rest wait for that."""

    def endpoint(count):
        if count == 1:
            raise httpx.ReadError("cut")
        return httpx.Response(200, json=TOKEN)

    async def main():
        return await call_at_once(auth, endpoint)

    outcomes, asked = run(main)

    assert sorted(str(one) for one in outcomes) == ["200"] * (CALLERS - 1) + ["cut"]
    assert asked == 2


def test_no_task_waits_for_longer_than_its_own_timeout(auth, run):
    """While one exchange hangs, the others give up in their own time, and do not ask in turn."""
    asked, outcomes = [], []

    async def main():
        hangs, over = anyio.Event(), anyio.Event()

        async def answer(request):
            if request.url.path == TOKEN_PATH:
                asked.append(request)
                hangs.set()
                await over.wait()
                return httpx.Response(200, json=TOKEN)
            return httpx.Response(200)

        async def call(client, patience):
            try:
                outcomes.append((await client.get(URL, timeout=patience)).status_code)
            except httpx.PoolTimeout as error:
                outcomes.append(type(error))

        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(call, client, None)
            await hangs.wait()
            async with anyio.create_task_group() as impatient:
                for _ in range(CALLERS - 1):
                    impatient.start_soon(call, client, SHORT)
            over.set()

    run(main)

    assert outcomes == [httpx.PoolTimeout] * (CALLERS - 1) + [200]
    assert len(asked) == 1
