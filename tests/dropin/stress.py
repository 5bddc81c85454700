"""Make retired calls from many threads and tasks at once for some seconds; a freeze or a crash is a defect.

    python -X faulthandler tests/dropin/stress.py SECONDS

Threads, pools, loops of asyncio and trio, finalizers, and a collection every few
objects, with threads that take turns as fast as Python lets them. It ends with 0 after
the time. If it freezes, it prints all stacks and ends with 1.
"""

import asyncio
import faulthandler
import gc
import itertools
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from multiprocessing.pool import ThreadPool

import anyio
import trio

import shim
from shim import httpx, requests
from shim.errors import LegacyEndpointWarning
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer

PATIENCE = 60.0
"""Seconds beyond the time after which the program counts as frozen."""
BEARER = {
    "Authorization": f"Bearer {DEMO_TOKEN}",
    "Accept": "application/vnd.atlas.2023-01-01+json",
}
made = itertools.count()


class Garbage:
    """A reference cycle with a thread's data, whose finalizer takes the lock of all threads' data."""

    def __init__(self) -> None:
        self.own = threading.local()
        self.circle = self
        self.own.value = self

    def __del__(self) -> None:
        """Do the same as real programs' finalizers: read a thread's data, and set its name again."""
        self.own.value = threading.current_thread().name


def get(url: str) -> None:
    """Make one call by the library, and leave garbage."""
    Garbage()
    requests.get(url, headers=BEARER, timeout=PATIENCE).close()
    next(made)


def by_pools(url: str) -> None:
    """Give the library's own function to threads, so that no frame of a thread is the program's."""
    with ThreadPoolExecutor(3) as pool:
        for response in pool.map(requests.get, [url] * 3):
            response.close()
    with ThreadPool(2) as own_pool:
        own_pool.map(requests.get, [url] * 2)
    thread = threading.Thread(target=requests.get, args=(url,))
    thread.start()
    thread.join()
    next(made)


def by_asyncio(url: str) -> None:
    """Run a loop with tasks of the library's own coroutines, and threads that call back into it."""

    async def use() -> None:
        loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(headers=BEARER, timeout=PATIENCE) as client:
            back = lambda: asyncio.run_coroutine_threadsafe(  # noqa: E731
                client.get(url), loop
            ).result(PATIENCE)
            await asyncio.gather(
                client.get(url), client.get(url), asyncio.to_thread(requests.get, url)
            )
            await asyncio.to_thread(back)
            await asyncio.wait_for(asyncio.shield(client.get(url)), PATIENCE)

    asyncio.run(use())
    next(made)


def by_trio(url: str) -> None:
    """Run a nursery with tasks and threads of its own."""

    async def use() -> None:
        async with (
            httpx.AsyncClient(headers=BEARER, timeout=PATIENCE) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(client.get, url)
            group.start_soon(anyio.to_thread.run_sync, partial(requests.get, url))

    trio.run(use)
    next(made)


def again(use: Callable[[str], None], url: str, ends: float) -> None:
    """Use one way until the time is over."""
    while time.monotonic() < ends:
        use(url)


def main(seconds: float) -> None:
    """Use all ways at once."""
    faulthandler.dump_traceback_later(seconds + PATIENCE, exit=True)
    warnings.simplefilter("ignore", LegacyEndpointWarning)
    shim.set_warnings_handler(lambda _: None)
    if hasattr(gc, "set_threshold"):  # PyPy has none
        gc.set_threshold(20, 2, 2)
    sys.setswitchinterval(1e-5)
    path = (
        f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
    )
    with FakeServer(FakeAtlas(today=date(2026, 6, 1))) as atlas:
        os.environ["MONGODB_ATLAS_BASE_URL"] = atlas.url
        ends = time.monotonic() + seconds
        ways = [get, get, get, by_pools, by_asyncio, by_asyncio, by_trio]
        threads = [
            threading.Thread(target=again, args=(use, atlas.url + path, ends))
            for use in ways
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"{next(made)} rounds in {seconds:g} s")  # noqa: T201 - a program


if __name__ == "__main__":
    main(float(sys.argv[1]))
