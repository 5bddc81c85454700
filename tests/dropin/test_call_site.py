"""The place of a call is the program's own line: on the stack, or in the task of asyncio that awaits the call's."""

import asyncio
import sys
import zipfile
from threading import Thread

import pytest

from shim import httpx, requests
from shim.doors import call_site
from tests.doors.calls import BEARER
from tests.dropin.conftest import line


async def with_client(use):
    async with httpx.AsyncClient(headers=BEARER) as client:
        return await use(client)


@pytest.mark.parametrize("made", [asyncio.create_task, asyncio.ensure_future])
def test_a_task_is_named_where_it_is_awaited(retired, places, made):
    """The task's own coroutine is the library's."""

    async def use(client):
        here = line() + 1
        await made(client.get(retired))
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_task_group_is_named_at_its_with(retired, places):
    """That is where its tasks are awaited."""

    async def use(client):
        here = line() + 1
        async with asyncio.TaskGroup() as group:
            group.create_task(client.get(retired))
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_task_of_a_package_is_named_where_the_program_awaits_it(retired, places, tmp_path, monkeypatch):
    """Over the package's own tasks, which is named only where there is no program behind it."""
    package = tmp_path / "site-packages" / "task_sdk"
    package.mkdir(parents=True)
    lines = ("import asyncio", "async def call(client, url):", "    return await asyncio.create_task(client.get(url))")
    (package / "__init__.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(package.parent))
    import task_sdk  # type: ignore[import-not-found]

    async def use(client):
        here = line() + 1
        await asyncio.create_task(task_sdk.call(client, retired))
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_task_that_nobody_awaits_itself_is_named_where_the_loop_is_started(retired, places):
    """Nothing that is documented says who waits for a gathering."""

    async def use(client):
        await asyncio.gather(client.get(retired), client.get(retired))

    here = line() + 1
    asyncio.run(with_client(use))
    assert set(places()) == {here}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no eager tasks")
def test_an_eager_task_is_named_where_it_is_made(retired, places):
    """It is begun there, before anybody waits for it."""

    async def use(client):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        here = line() + 1
        task = asyncio.create_task(client.get(retired))
        await task
        return here

    assert [asyncio.run(with_client(use))] == places()


def test_a_call_that_is_all_of_a_thread_is_named_where_the_library_is_entered(retired, places):
    """Nothing of the program is there, and the shim's own line would say less."""
    thread = Thread(target=requests.get, args=(retired,))
    thread.start()
    thread.join()
    (place,) = places()
    assert "/site-packages/requests/" in str(place)


def test_what_cannot_be_looked_into_is_passed_over(retired, places, monkeypatch):
    """Private parts of asyncio that have changed cost the place, and never the call."""

    def changed(*_):
        raise TypeError("changed")

    async def use(client):
        return await asyncio.create_task(client.get(retired))

    monkeypatch.setattr(call_site, "_innermost", changed)
    here = line() + 1
    assert asyncio.run(with_client(use)).status_code == 200
    assert places() == [here]


def test_whose_a_file_of_an_archive_is_tells_its_module(retired, places, tmp_path, monkeypatch):
    """Its path says nothing: in a zipapp, libraries and program lie side by side."""
    monkeypatch.syspath_prepend(str(tmp_path / "app.pyz"))
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("anyio_like.py", "def call(get, url):\n    return get(url)")
        archive.writestr("the_program.py", "def call(between, get, url):\n    return between(get, url)")
    import anyio_like  # type: ignore[import-not-found]
    import the_program  # type: ignore[import-not-found]

    monkeypatch.setitem(vars(anyio_like), "__name__", "anyio._core")
    the_program.call(anyio_like.call, requests.get, retired)
    assert places() == [str(tmp_path / "app.pyz" / "the_program.py")]
