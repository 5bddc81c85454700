"""The place of a call is the program's own line, also where an event loop or a pool of threads makes the call."""

import asyncio
import inspect
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import anyio.to_thread
import pytest
import trio

from shim import httpx, requests
from shim.dropin import call_site
from shim.errors import LegacyEndpointWarning
from shim.fake import DEMO_TOKEN
from tests.requests import conftest as door

clean_process, closing, atlas, retired = door.clean_process, door.closing, door.atlas, door.retired
BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}


@pytest.fixture
def places():
    """The lines of this file that were warned, in their order, and with another file's name the others."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LegacyEndpointWarning)
        yield lambda: [one.lineno if one.filename == __file__ else one.filename for one in caught]


def line():
    return inspect.stack()[1].lineno


async def with_client(use):
    async with httpx.AsyncClient(headers=BEARER) as client:
        return await use(client)


def test_gather_is_told_at_its_own_line(retired, places):
    """Two calls that are tasks of their own are one line: the one that waits for both."""

    async def use(client):
        here = line() + 1
        await asyncio.gather(client.get(retired), client.get(retired))
        return here

    assert [asyncio.run(with_client(use))] == places()[:1]
    assert len(set(places())) == 1


@pytest.mark.parametrize("made", [asyncio.create_task, asyncio.ensure_future, asyncio.shield])
def test_a_task_is_told_where_it_is_awaited(retired, places, made):
    """The task's own coroutine is the library's."""

    async def use(client):
        here = line() + 1
        await made(client.get(retired))
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_task_that_nobody_awaits_yet_is_told_where_the_main_task_is(retired, places):
    """The place where the loop was started would say nothing."""

    async def use(client):
        tasks = [asyncio.create_task(client.get(retired)) for _ in range(2)]
        here = line() + 1
        await asyncio.sleep(0)
        return here, [await task for task in tasks]

    assert asyncio.run(with_client(use))[0] in places()


@pytest.mark.parametrize("wait", [lambda call: asyncio.wait_for(call, 10), lambda call: asyncio.wait({call})])
def test_wait_and_wait_for_are_told_at_their_line(retired, places, wait):
    """Both have futures of their own between the task and whoever waits."""

    async def use(client):
        call = asyncio.create_task(client.get(retired))
        here = line() + 1
        await wait(call)
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_task_group_is_told_at_its_with(retired, places):
    """That is where its tasks are awaited."""

    async def use(client):
        here = line() + 1
        async with asyncio.TaskGroup() as group:
            group.create_task(client.get(retired))
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_task_of_a_task_is_followed_to_the_program(retired, places):
    """Whoever waits may be a library's task too."""

    async def use(client):
        here = line() + 1
        await asyncio.gather(asyncio.wait_for(asyncio.gather(client.get(retired)), 10))
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_task_of_an_sdk_is_told_where_the_program_awaits_it(retired, places, tmp_path, monkeypatch):
    """A package is named only where there is no program behind it."""
    package = tmp_path / "site-packages" / "task_sdk"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("async def call(client, url):\n    return await client.get(url)\n")
    monkeypatch.syspath_prepend(str(package.parent))
    import task_sdk  # type: ignore[import-not-found]

    async def use(client):
        here = line() + 1
        await asyncio.gather(task_sdk.call(client, retired))
        return here

    assert [asyncio.run(with_client(use))] == places()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no eager tasks")
def test_an_eager_task_is_told_where_it_is_made(retired, places):
    """It is begun there, before anybody waits for it."""

    async def use(client):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        here = line() + 1
        task = asyncio.create_task(client.get(retired))
        await task
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_nursery_is_told_at_its_with(retired, places):
    """A task of trio names the task that waits for them."""

    async def use(client):
        here = line() + 1
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.get, retired)
        return here

    assert [trio.run(with_client, use)] == places()


@pytest.mark.parametrize("to_thread", [asyncio.to_thread, anyio.to_thread.run_sync])
def test_a_blocking_call_in_a_thread_is_told_where_it_is_awaited(retired, places, to_thread):
    """The thread has nothing of the program but what waits for it."""
    session = requests.Session()
    session.headers.update(BEARER)

    async def use():
        here = line() + 1
        await to_thread(session.get, retired)
        return here

    assert [asyncio.run(use())] == places()


def test_a_call_that_is_all_of_a_thread_is_told_where_the_library_is_entered(retired, places):
    """Nothing of the program is there, and the shim's own line would say less."""
    thread = Thread(target=requests.get, args=(retired,))
    thread.start()
    thread.join()
    (place,) = places()
    assert "/site-packages/requests/" in str(place)


def test_a_task_group_of_anyio_is_told_at_its_with(retired, places):
    """It has tasks of asyncio's with callbacks of its own."""

    async def use(client):
        here = line() + 1
        async with anyio.create_task_group() as group:
            group.start_soon(client.get, retired)
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_blocking_call_in_a_pool_is_told_where_its_result_is_awaited(retired, places):
    """Or, as long as the pool is being given the call, where that is done: both are lines of the program."""
    session = requests.Session()
    session.headers.update(BEARER)
    with ThreadPoolExecutor(1) as pool:
        here = line() + 1
        pool.submit(session.get, retired).result()
    assert places() == [here]


def test_what_cannot_be_looked_into_is_passed_over(monkeypatch):
    """Private parts of a library that have changed cost the place, and never the call."""

    def changed(*_):
        raise TypeError("changed")

    monkeypatch.setattr(call_site, "_beside", changed)
    door = lambda: call_site.call_site()  # noqa: E731, PLW0108 - a frame between the program and the function
    here = line() + 1
    assert door().lineno == here


@pytest.mark.parametrize(
    "package",
    ["urllib3", "aiohttp", "httpx2", "httpcore2", "niquests", "yarl", "multidict", "requests_toolbelt", "httpx"],
)
def test_http_libraries_are_looked_through(package):
    """Whatever stands between the program and the network is not who calls."""
    assert call_site._kind(f"/x/lib/python3.12/site-packages/{package}/client.py") == "plumbing"
