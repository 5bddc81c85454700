"""The one timer, where no wire shows the difference: what is late is interrupted once, and keeps its own end."""

import asyncio

import pytest

from shim.gateway.http1.deadlines import EVERY, NEVER, deadlines


async def test_a_block_that_is_late_is_interrupted_once():
    """What it does at its end is not interrupted too, however long that takes."""
    ended = []

    async def work():
        with deadlines().within(0.0):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(4 * EVERY)
                ended.append(True)

    with pytest.raises(TimeoutError):
        await work()
    assert ended


async def test_an_error_of_a_late_block_is_its_own():
    """Whoever raises something else when it is interrupted is not told of a timeout, and the task goes on."""

    async def work():
        with deadlines().within(0.0):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise ZeroDivisionError from None

    with pytest.raises(ZeroDivisionError):
        await work()
    await asyncio.sleep(0)


async def test_who_is_cancelled_when_it_is_late_is_cancelled():
    """A task that somebody stops ends, and does not go on with a TimeoutError."""

    async def work():
        with deadlines().within(60.0) as deadline:
            deadline.late()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_deadline_that_another_moved_is_not_missed():
    """Of two that are late, the first to be looked at may make room for the other."""

    class Late:
        due = 0.0
        others: tuple["Late", ...] = ()

        def late(self):
            seen.append(self)
            for one in (self, *self.others):
                one.due = NEVER

    seen: list[Late] = []
    first, second = Late(), Late()
    first.others, second.others = (second,), (first,)
    for one in (first, second):
        deadlines().watch(one)
    await asyncio.sleep(4 * EVERY)
    for one in (first, second):
        deadlines().forget(one)
    assert len(seen) == 1
