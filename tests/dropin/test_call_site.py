"""The call site is the program's own line: on the stack, or in the asyncio task that awaits the call's."""

import _thread
import asyncio
import gc
import json
import linecache
import sys
import weakref
import zipfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from threading import Thread

import anyio
import pytest
import trio

from shim import aiohttp, httpx, requests
from shim.doors import call_site
from tests.doors.calls import BEARER, JOBS, SNAPSHOTS
from tests.dropin.conftest import line
from tests.peers.raw import until


async def with_client(use):
    async with httpx.AsyncClient(headers=BEARER) as client:
        return await use(client)


async def gathered(client, url):
    async def fetch():
        await client.get(url)  # here

    async with client.stream("GET", url):  # here
        await asyncio.gather(  # here
            client.get(url), fetch(), asyncio.shield(client.get(url))
        )


async def gathered_sessions(_, url):
    async with aiohttp.ClientSession() as session:
        both = asyncio.gather(session.get(url), session.get(url))
        for response in await both:  # here
            response.release()


async def waited_for(client, url):
    await asyncio.wait_for(asyncio.ensure_future(client.get(url)), 10)  # here
    await asyncio.wait([asyncio.create_task(client.get(url))])  # here


async def completed(client, url):
    for call in asyncio.as_completed([client.get(url), client.get(url)]):
        await call  # here


async def grouped(client, url):
    async with asyncio.TaskGroup() as group:  # here
        group.create_task(client.get(url))


async def grouped_by_anyio(client, url):
    async with anyio.create_task_group() as group:  # here
        group.start_soon(client.get, url)


USES = (gathered, gathered_sessions, waited_for, completed, grouped, grouped_by_anyio)


@pytest.mark.parametrize("use", USES)
def test_the_line_that_awaits_a_task_is_named(retired, at_marks, use):
    """The task's own coroutine is the library's."""
    asyncio.run(with_client(lambda client: use(client, retired)))


def test_the_line_that_awaits_a_trio_task_is_named(retired, at_marks):
    """The task runs in a nursery."""
    trio.run(with_client, lambda client: grouped_by_anyio(client, retired))


async def threaded(url):
    loop = asyncio.get_running_loop()
    await asyncio.gather(
        asyncio.to_thread(requests.get, url),
        loop.run_in_executor(None, requests.get, url),
    )


async def threaded_by_anyio(url):
    await anyio.to_thread.run_sync(requests.get, url)


async def from_a_thread(url):
    async with httpx.AsyncClient(headers=BEARER) as client:
        loop = asyncio.get_running_loop()
        call = lambda: asyncio.run_coroutine_threadsafe(client.get(url), loop).result()  # noqa: E731 - handed over
        await loop.run_in_executor(None, call)


async def from_a_thread_by_anyio(url):
    async with httpx.AsyncClient(headers=BEARER) as client:
        await anyio.to_thread.run_sync(  # here
            partial(anyio.from_thread.run, client.get, url)
        )


def submitted(url):
    with ThreadPoolExecutor() as pool:
        for future in as_completed([pool.submit(requests.get, url) for _ in range(3)]):
            future.result()


def mapped(url):
    with ThreadPoolExecutor() as pool:
        list(pool.map(requests.get, [url, url, url]))


def mapped_by_multiprocessing(url):
    with ThreadPool(2) as pool:
        pool.map(requests.get, [url, url])


def begun(url):
    thread = Thread(target=requests.get, args=(url,))
    thread.start()
    thread.join()


GET = "requests.api.get"
ASYNC_GET = "httpx._client.AsyncClient.get"


@pytest.mark.parametrize(("use", "target"), [
    (submitted, GET), (mapped, GET), (mapped_by_multiprocessing, GET), (begun, GET),
    (lambda url: asyncio.run(threaded(url)), GET), (lambda url: asyncio.run(threaded_by_anyio(url)), GET),
    (lambda url: trio.run(threaded_by_anyio, url), GET),
    (lambda url: asyncio.run(from_a_thread(url)), ASYNC_GET),
    (lambda url: asyncio.run(from_a_thread_by_anyio(url)), ASYNC_GET),
], ids=[
    "submit", "map", "ThreadPool", "Thread", "to_thread", "anyio", "anyio on trio", "threadsafe", "from_thread",
])  # fmt: skip
def test_a_thread_without_a_program_line_is_named_by_its_function(
    retired, caught, use, target
):
    """The caller that waits for it is in another thread, which is not read.

    No line is better than a wrong one.
    """
    use(retired)
    assert [one.lineno for one in caught] == [0]
    assert f"in a thread or task that runs {target};" in str(caught[0].message)


def test_trio_runs_a_threads_callback_in_the_waiting_task(retired, at_marks):
    """The line is on that task's own stack."""
    trio.run(from_a_thread_by_anyio, retired)


def test_a_function_of_the_program_in_a_thread_has_its_line(retired, at_marks):
    """The line is on the thread's own stack."""

    def fetch():
        requests.get(retired)  # here

    with ThreadPoolExecutor(1) as pool:
        pool.submit(fetch).result()
    asyncio.run(asyncio.to_thread(fetch))


def test_a_loop_in_a_thread_has_the_line_of_its_own_tasks(retired, at_marks):
    """The loop's thread is the one that calls."""

    async def use(client):
        await asyncio.gather(client.get(retired))  # here

    thread = Thread(target=asyncio.run, args=(with_client(use),))
    thread.start()
    thread.join()


def handed_on(url):
    def pages():
        yield partial(requests.get, url)()  # here

    next(pages())
    with ExitStack() as stack:
        stack.callback(requests.get, url)
        stack.close()  # here
    with httpx.stream("GET", url):  # here
        pass


def test_a_deferred_call_has_the_line_that_runs_it(retired, at_marks):
    """Within a thread this covers generators, callbacks of an exit stack, and contexts."""
    handed_on(retired)


@pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="it does not count references"
)
def test_finding_the_waiting_task_keeps_nothing(retired, caught):
    """There is no reference cycle and no copy of a frame's names, so a response is freed when the program drops it."""
    gc.disable()
    try:
        with ThreadPoolExecutor(1) as pool:
            response = weakref.ref(pool.submit(requests.get, retired).result())
            pool.submit(int).result()  # the thread has dropped it, too
            assert response() is None
    finally:
        gc.enable()


@pytest.fixture
def at_marks(caught):
    """Check at the end that there are warnings, each at a marked line of this file."""
    yield
    assert caught
    for one in caught:
        assert (one.filename, linecache.getline(one.filename, one.lineno)[-7:]) == (
            __file__,
            "# here\n",
        ), one.lineno


SDK = """
import asyncio
def get(library, url): return library.get(url)
async def call(client, url): return await asyncio.create_task(client.get(url))
"""


def test_installed_packages_are_skipped(retired, at_marks, tmp_path, monkeypatch):
    """Their tasks are skipped, too.

    A package is named only if no line of the program called it.
    """
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "some_sdk.py").write_text(SDK)
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    import some_sdk  # type: ignore[import-not-found]

    async def use(client):
        await asyncio.create_task(some_sdk.call(client, retired))  # here

    asyncio.run(with_client(use))
    for library in (httpx, requests):
        some_sdk.get(library, retired)  # here


def test_a_task_without_an_awaiter_is_named_where_the_loop_started(retired, places):
    """The line that created it is not known any more."""

    async def use(client):
        ended = asyncio.Event()
        asyncio.create_task(client.get(retired)).add_done_callback(
            lambda _: ended.set()
        )
        await ended.wait()

    here = line() + 1
    asyncio.run(with_client(use))
    assert places() == [here]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no eager tasks")
def test_an_eager_task_is_named_where_it_is_created(retired, places):
    """It starts there, before anything awaits it."""

    async def use(client):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        here = line() + 1
        task = asyncio.create_task(client.get(retired))
        await task
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_call_without_a_line_is_named_by_its_target(
    atlas, caught, monkeypatch, tmp_path
):
    """A background thread has no line of the program.

    The reported file is the program's, since a library's would not help.
    """
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "job.py", raising=False)
    noted = tmp_path / "calls.jsonl"
    lines = lambda: noted.read_text().splitlines() if noted.exists() else []  # noqa: E731
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(noted))
    for count, target in enumerate(
        (SNAPSHOTS, SNAPSHOTS, JOBS, f"{SNAPSHOTS}?pageNum=2"), 1
    ):
        _thread.start_new_thread(requests.get, (atlas.url + target,))
        until(lambda count=count: len(lines()) == count, f"call {count}")  # type: ignore[misc]  # a lambda's default
    assert [(one.filename, one.lineno) for one in caught] == [("job.py", 0)] * 3
    assert [
        (entry["file"], entry.get("line")) for entry in map(json.loads, lines())
    ] == [("job.py", None)] * 4


def test_unreadable_internals_cost_only_precision(retired, places, monkeypatch):
    """If private parts of asyncio change, the call works.

    The warning then names the line that started the loop.
    """

    def changed(*_):
        raise TypeError("changed")

    async def use(client):
        return await asyncio.create_task(client.get(retired))

    monkeypatch.setattr(call_site, "_innermost", changed)
    here = line() + 1
    assert asyncio.run(with_client(use)).status_code == 200
    assert places() == [here]


def test_a_file_in_an_archive_is_classified_by_its_module(
    retired, places, tmp_path, monkeypatch
):
    """In a zipapp, libraries and the program are in the same folder, so the path does not distinguish them."""
    monkeypatch.syspath_prepend(str(tmp_path / "app.pyz"))
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("anyio_like.py", "def call(get, url):\n    return get(url)")
        archive.writestr(
            "the_program.py",
            "def call(between, get, url):\n    return between(get, url)",
        )
    import anyio_like  # type: ignore[import-not-found]
    import the_program  # type: ignore[import-not-found]

    monkeypatch.setitem(vars(anyio_like), "__name__", "anyio._core")
    the_program.call(anyio_like.call, requests.get, retired)
    assert places() == [str(tmp_path / "app.pyz" / "the_program.py")]


def test_other_threads_are_not_read(retired, monkeypatch):
    """Reading their frames may block forever or crash, as the stress program in this folder shows."""
    monkeypatch.setattr(
        sys, "_current_frames", lambda: pytest.fail("frames of other threads")
    )
    for use in (
        submitted,
        begun,
        mapped_by_multiprocessing,
        lambda url: asyncio.run(threaded(url)),
    ):
        use(retired)
    source = Path(call_site.__file__).read_text("utf-8")
    assert "f_locals" not in source
