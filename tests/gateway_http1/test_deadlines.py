"""The one timer: blocks that take too long are interrupted, others are left alone."""

import asyncio

import pytest

from shim.gateway.http1.deadlines import NEVER, deadlines


async def test_block_that_takes_too_long_is_interrupted():
    """It ends as a TimeoutError, and the task goes on."""
    with pytest.raises(TimeoutError), deadlines().within(0.0):
        await asyncio.Event().wait()
    await asyncio.sleep(0)


async def test_cancelling_is_not_lateness():
    """A task that is cancelled within its time is cancelled."""

    async def work():
        with deadlines().within(60.0):
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_inner_deadline_leaves_the_outer_one():
    """What is late is the inner block alone."""
    with deadlines().within(60.0):
        with pytest.raises(TimeoutError), deadlines().within(0.0):
            await asyncio.Event().wait()
        await asyncio.sleep(0)


async def test_moved_deadline_counts():
    """Whoever moves its deadline away is not late any more."""
    with deadlines().within(0.0) as deadline:
        deadline.due = NEVER
        await asyncio.sleep(0.12)


async def test_nothing_is_looked_at_while_nothing_is_watched():
    """An idle gateway has no timer that wakes it."""
    with deadlines().within(60.0):
        pass
    for _ in range(100):
        if deadlines()._timer is None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the timer goes on")


async def test_one_that_fails_does_not_stop_the_others():
    """A defect in what one deadline does leaves all others kept."""

    class Broken:
        due = 0.0

        def late(self):
            deadlines().forget(self)
            raise RuntimeError("broken")

    seen = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context["exception"]))
    deadlines().watch(Broken())
    with pytest.raises(TimeoutError), deadlines().within(0.1):
        await asyncio.Event().wait()
    assert [str(one) for one in seen] == ["broken"]
