"""The one timer, where no wire shows the difference."""

import asyncio

from shim.gateway.http1.deadlines import EVERY, NEVER, deadlines


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
