"""Any division of the bytes, pauses, ends and resets: responses match their requests, and nothing is left behind."""

import asyncio
import gc
import itertools

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.http1.wires import LARGE, SMALL, Wired, reply_of, request_of

KINDS = (
    "length", "chunks", "end", "204", "304", "head", "early", "informational", "large", "upload", "expect", "small",
)  # fmt: skip


def check(data: bytes, kinds: list[str], *, whole: bool) -> None:
    """Read responses with h11, one for each request in order.

    Without ``whole`` the last ones may be missing.
    """
    for number, kind in enumerate(kinds):
        client = h11.Connection(h11.CLIENT)
        method = "HEAD" if kind == "head" else "GET"
        client.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        if data:
            client.receive_data(data)
        status = 0
        marks = []
        content = b""
        while True:
            event = client.next_event()
            if event is h11.NEED_DATA:
                assert not whole, (number, kind, data[:300])
                return
            if isinstance(event, h11.Response):
                status = event.status_code
                marks = [value for name, value in event.headers if name == b"x-n"]
            elif isinstance(event, h11.Data):
                content += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
        assert marks == [str(number).encode()] or (status >= 400 and not marks), (
            number,
            kind,
            status,
            marks,
        )
        if marks and kind not in {"head", "204", "304"}:
            long = {"large": b"x" * LARGE, "small": b"x" * SMALL}
            assert content == long.get(kind, f"reply {number}".encode())
        data = client.trailing_data[0]
        # The gateway has announced that this is the last one.
        if client.their_state is h11.MUST_CLOSE:
            assert not whole
            break
    assert not data


sizes = st.sampled_from([1, 7, 60, 1000, 70_000])
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["send"] * 5 + ["take"] * 4 + ["read"] * 4 + ["say"] * 4 + ["settle"] * 3
        ),
        sizes,
        st.integers(0, 3),
    ),
    max_size=40,
)
ends = st.sampled_from(
    ["", "caller reset", "caller half", "upstream reset", "upstream half"]
)


class Play:
    """One sequence of events."""

    def __init__(self, kinds: list[str]) -> None:
        self.kinds = kinds
        self.wired = Wired(reply_of)
        self.stream = b"".join(itertools.starmap(request_of, enumerate(kinds)))
        self.got = b""

    def step(self, what: str, size: int, which: int = 0) -> None:
        """Move some bytes."""
        caller = self.wired.caller
        made = self.wired.made
        if what == "send" and self.stream:
            self.stream = self.stream[caller.deliver(self.stream[:size]) :]
        elif what == "take":
            self.got += caller.take(size)
        elif made and what == "read":
            made[which % len(made)].read(size)
        elif made and what == "say":
            made[which % len(made)].say(size)

    def leave(self, end: str) -> None:
        """Close a connection."""
        side, _, how = end.partition(" ")
        if side == "caller":
            wire = self.wired.caller
        elif self.wired.made:
            wire = self.wired.made[-1].wire
        else:
            return
        wire.reset() if how == "reset" else wire.eof()

    @property
    def is_over(self) -> bool:
        """Return whether the caller's connection has ended, or will end with the bytes on their way."""
        return self.wired.caller.closing or self.wired.caller.ended

    async def finish(self) -> None:
        """Move all remaining bytes, to the end of the last response."""
        for _ in range(400):
            self.step("send", 1 << 20)
            self.step("take", 1 << 20)
            for which in range(len(self.wired.made)):
                self.step("read", 1 << 20, which)
                self.step("say", 1 << 20, which)
            await self.wired.settle(6)
            if self.is_over or not (
                self.stream
                or self.wired.gateway.limits.count
                or self.wired.caller.unsent
            ):
                break
        else:
            raise AssertionError("it hangs")
        self.step("take", 1 << 24)
        check(self.got, self.kinds, whole=not self.is_over)
        await self.wired.end()


async def play(
    kinds: list[str], script: list[tuple[str, int, int]], end: str, at: int
) -> None:
    """Play all events."""
    course = Play(kinds)
    for number, (what, size, which) in enumerate(script):
        course.step(what, size, which)
        if what == "settle":
            await course.wired.settle(which)
        if end and number == at:
            course.leave(end)
    await course.finish()


@pytest.fixture(scope="module", autouse=True)
def fresh_heap():
    """Freeze the heap of earlier tests, because a collection runs after each example."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=6),
    steps,
    ends,
    st.integers(0, 30),
)
def test_any_order_of_events(kinds, script, end, at):
    """The gateway handles events in any order."""
    asyncio.run(play(kinds, script, end, at))
    gc.collect()
