"""Identical reads share one upstream call: which do, which don't, and what becomes of who leaves."""

import asyncio
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from shim.core.messages import Reply
from shim.core.settings import RouteWord
from shim.gateway.coalesce import BUDGET, Coalescer, Made, alike
from tests.gateway.test_translating import EMPTY, V1, V2
from tests.peers.raw import PATIENCE, Held, Peer, raw_upstream, reply, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

ME = ("me", "group")
TOKEN = "Authorization: Bearer one"


def whole(body: bytes = b"") -> Made:
    return Made(Reply(200, body=body), None)


class Upstream:
    """Counts the calls made, and holds each until it is let go."""

    def __init__(self):
        self.calls = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.answer: Made | Exception | None = whole()

    async def __call__(self) -> Made | None:
        """Make one call."""
        self.calls += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def reads(coalescer: Coalescer, upstream: Upstream, count: int, window: float = 60.0):
    """Return so many reads of one key that are on their way."""
    begun = [asyncio.ensure_future(coalescer.share(ME, "key", window, upstream)) for _ in range(count)]
    await settled()
    return begun


async def settled() -> None:
    """Let everything that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_answer_is_shared_within_the_window_and_not_after():
    """The window counts from when upstream was asked; a window of zero keeps nothing, and no window for ever."""
    upstream, coalescer = Upstream(), Coalescer()
    upstream.gate.set()
    for _ in range(3):
        await coalescer.share(ME, "long", 60.0, upstream)
    assert upstream.calls == 1
    for _ in range(3):
        await coalescer.share(ME, "none", 0.0, upstream)
    assert upstream.calls == 4
    await coalescer.share(ME, "short", 0.001, upstream)
    async with asyncio.timeout(5):
        while len(coalescer._flights) > 1:  # noqa: ASYNC110 - nothing tells it
            await asyncio.sleep(0.001)
    assert list(coalescer._flights) == ["long"]


async def test_answers_beyond_the_budget_are_not_kept():
    """What is kept for later callers is bounded in bytes."""
    upstream, coalescer = Upstream(), Coalescer()
    upstream.answer = whole(bytes(BUDGET // 2 + 1))
    upstream.gate.set()
    await coalescer.share(ME, "a", 60.0, upstream)
    await coalescer.share(ME, "b", 60.0, upstream)
    assert list(coalescer._flights) == ["a"]


async def test_who_leaves_takes_nobody_with_them():
    """The first caller, too, can leave without the others noticing."""
    upstream, coalescer = Upstream(), Coalescer()
    begun = await reads(coalescer, upstream, 3, 0.0)
    begun[0].cancel()
    begun[1].cancel()
    await settled()
    upstream.gate.set()
    assert await begun[2] == upstream.answer
    assert (upstream.calls, upstream.cancelled) == (1, 0)


async def test_the_last_to_leave_ends_the_call():
    """Nobody waits: upstream is let go, and the next caller asks anew."""
    upstream, coalescer = Upstream(), Coalescer()
    begun = await reads(coalescer, upstream, 2, 60.0)
    for read in begun:
        read.cancel()
    await settled()
    assert upstream.cancelled == 1
    upstream.gate.set()
    assert await coalescer.share(ME, "key", 60.0, upstream) == upstream.answer
    assert upstream.calls == 2


async def test_nothing_older_is_shared_after_a_write():
    """A read that follows a write asks upstream, whatever was in flight or kept before."""
    upstream, coalescer = Upstream(), Coalescer()
    early = asyncio.ensure_future(coalescer.share(ME, "flying", 60.0, upstream))
    await settled()
    with coalescer.writing(ME, lambda: True):
        during = [asyncio.ensure_future(coalescer.share(ME, "flying", 60.0, upstream)) for _ in range(2)]
        await settled()
    assert upstream.calls == 3
    after = asyncio.ensure_future(coalescer.share(ME, "flying", 60.0, upstream))
    await settled()
    assert upstream.calls == 4
    upstream.gate.set()
    await asyncio.gather(early, after, *during)
    await coalescer.share(ME, "flying", 60.0, upstream)
    assert upstream.calls == 4


async def test_writes_of_others_change_nothing():
    """A write ends the sharing of its owner's reads alone."""
    upstream, coalescer = Upstream(), Coalescer()
    with coalescer.writing(("somebody", "group"), lambda: False):
        begun = await reads(coalescer, upstream, 3)
        with coalescer.writing(("somebody", "group"), lambda: False):
            pass
    upstream.gate.set()
    await asyncio.gather(*begun)
    assert upstream.calls == 1
    assert not coalescer._writes


@pytest.mark.parametrize(("group", "succeeded", "calls"), [("group", True, 2), ("group", False, 1), ("other", True, 1)])
async def test_a_write_that_succeeds_is_seen_by_all(group, succeeded, calls):
    """Whoever made it: nothing older than its answer is shared in its group; a stranger's attempt changes nothing."""
    upstream, coalescer = Upstream(), Coalescer()
    upstream.gate.set()
    await coalescer.share(ME, "key", 60.0, upstream)
    with coalescer.writing(("somebody", group), lambda: succeeded):
        pass
    await coalescer.share(ME, "key", 60.0, upstream)
    assert upstream.calls == calls


async def test_a_write_without_an_end_is_given_up(monkeypatch):
    """After a while reads are shared again; once it has its answer, none from before that is shared."""
    monkeypatch.setattr("shim.gateway.coalesce.PATIENCE", 0.0)
    upstream, coalescer = Upstream(), Coalescer()
    with coalescer.writing(ME, lambda: True):
        begun = await reads(coalescer, upstream, 3)
        assert upstream.calls == 1
    begun += await reads(coalescer, upstream, 1)
    upstream.gate.set()
    await asyncio.gather(*begun)
    assert upstream.calls == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((("Authorization", "Bearer a"),), (("authorization", "Bearer a"),), True),
        ((("Authorization", "Bearer a"),), (("Authorization", "Bearer A"),), False),
        ((("Authorization", "Bearer a"),), (), False),
        ((("Cookie", "a=1"),), (), False),
        ((("Accept", "application/json"),), (("Accept", "*/*"),), False),
        ((("Accept", "a"), ("Accept", "b")), (("Accept", "b"), ("Accept", "a")), False),
        ((("X-Unheard-Of", "1"),), (), False),
        ((("User-Agent", "a"), ("Accept", "b")), (("Accept", "b"), ("User-Agent", "c")), True),
        ((("traceparent", "a"),), (("X-Request-Id", "b"),), True),
    ],
)
def test_fields_decide(one, other, same):
    """Fields that say who asks don't count, credentials count to the letter, unknown ones count."""
    assert (alike(one, signed=False) == alike(other, signed=False)) is same


def test_signed_calls_differ_by_signer_alone():
    """Where the gateway signs, a caller's own signature, new each time, is not a difference."""
    assert alike((("Authorization", "Digest 1"),), signed=True) == alike((("Authorization", "Digest 2"),), signed=True)


@pytest.mark.parametrize("line", [("Cache-Control", "no-cache"), ("pragma", "no-cache")])
def test_who_asks_for_a_fresh_answer_gets_one(line):
    """Such a caller takes no part (RFC 9111, 5.2.1)."""
    assert alike((line,), signed=False) is None


def together(served, held, requests):
    """Send requests so that all are in flight at once, and return the replies."""
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = [pool.submit(ask, served, request) for request in requests]
        until(lambda: served.limits.count == len(requests), "all are in flight")
        held.answer.set()
        return [answer.result() for answer in answers]


def test_gateway_asks_once_for_identical_reads():
    """Ten callers, one upstream call, ten whole answers with links to the same place."""
    held = Held(reply(EMPTY))
    with raw_upstream(held) as upstream, gateway(upstream.origin, coalesce=0.0) as served:
        answers = together(served, held, [get(V1, TOKEN)] * 10)
        until(lambda: not served.limits.count, "each is counted")
        text = served.metrics.text().decode()
    assert held.calls == 1
    assert len({content for _, content in answers}) == 1
    assert all(status_of(head) == 200 and json.loads(content)["results"] == [] for head, content in answers)
    assert 'atlas_shim_coalesced_total{operation="listServerlessBackupSnapshots"} 9.0\n' in text
    assert "atlas_shim_translation_seconds_count 1.0\n" in text
    found = re.findall(r"^atlas_shim_upstream_duration_seconds_count{.*list.*} (.+)$", text, re.MULTILINE)
    assert sum(map(float, found)) == 1


@pytest.mark.parametrize(
    "other",
    [
        get(V1, "Authorization: Bearer two"),
        get(V1),
        get(V1 + "?itemsPerPage=2", TOKEN),
        get(V2, TOKEN),
        get(V1, TOKEN, host="other.test"),
        get(V1, TOKEN, "Accept: application/json"),
        get(V1, TOKEN, "Cache-Control: no-cache"),
        get(V1, TOKEN, "Content-Length: 2") + b"{}",
        get("/api/atlas/v2/groups", TOKEN),
    ],
)
def test_gateway_keeps_different_reads_apart(other):
    """Another caller, target, Host, version or wish is another upstream call."""
    held = Held(reply(EMPTY))
    with raw_upstream(held) as upstream, gateway(upstream.origin, coalesce=0.0) as served:
        together(served, held, [get(V1, TOKEN), other])
    assert held.calls == 2


def test_gateway_never_shares_writes():
    """Two identical creates are two creates."""
    body = b'{"deliveryType":"automated","snapshotId":"1","targetClusterName":"b","targetGroupId":"c"}'
    target = V1.replace("snapshots", "restoreJobs")
    request = get(target, TOKEN, f"Content-Length: {len(body)}", "Content-Type: application/json", method="POST") + body
    held = Held(reply(EMPTY))
    with raw_upstream(held) as upstream, gateway(upstream.origin, coalesce=10.0) as served:
        together(served, held, [request] * 2)
    assert held.calls == 2


@pytest.mark.parametrize(
    "target", ["/x", V1.replace("snapshots", "restoreJobs"), "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293/x"]
)
def test_a_write_that_dribbles_ends_no_sharing_of_others(target):
    """Content that never comes, to whatever path, is not a write that others' reads have to see."""
    held = Held(reply(EMPTY))
    with raw_upstream(held) as upstream, gateway(upstream.origin, coalesce=0.0) as served, calling(served) as slow:
        slow.send(get(target, "Authorization: Bearer two", "Content-Length: 100", method="POST") + b"{")
        until(lambda: served.limits.count == 1, "it is on its way")
        with ThreadPoolExecutor(5) as pool:
            answers = [pool.submit(ask, served, get(V1, TOKEN)) for _ in range(5)]
            until(lambda: served.limits.count == 6, "all are in flight")
            held.answer.set()
            assert {status_of(answer.result()[0]) for answer in answers} == {200}
    assert held.calls == 1


class Given:
    """An upstream whose replies never end where they are ``long``; ``left`` is set once such a connection is ended."""

    def __init__(self, long: bytes, then: bytes = b""):
        self.long, self.then = long, then
        self.begun, self.left = threading.Event(), threading.Event()

    def __call__(self, peer: Peer) -> None:
        """Serve one connection."""
        peer.message()
        if self.begun.is_set() and self.then:
            peer.send(self.then)
            return
        self.begun.set()  # before its first byte, which may lead to the next connection
        peer.send(self.long[:-1])
        peer.rest()
        self.left.set()


def test_shared_exchange_gives_up_the_connection_of_a_reply_that_is_too_large():
    """What can't be held isn't read to its end; its connection is closed before the call is made anew."""
    given = Given(reply(bytes(100_000)))
    with (
        raw_upstream(given) as upstream,
        gateway(upstream.origin, coalesce=0.0, route=RouteWord.LEGACY, body_limit=1000) as served,
        calling(served) as caller,
    ):
        caller.send(get(V1, TOKEN))
        assert status_of(caller.take(b"\r\n\r\n")) == 200
        assert given.left.wait(PATIENCE)
        assert upstream.connections == 2


def test_what_is_read_of_a_reply_to_share_counts_as_memory():
    """It waits for its end like any content that is held, and is given back with its connection."""
    given = Given(reply(bytes(2_000_000)))
    with (
        raw_upstream(given) as upstream,
        gateway(upstream.origin, coalesce=0.0, route=RouteWord.LEGACY) as served,
    ):
        with calling(served) as caller:
            caller.send(get(V1, TOKEN))
            until(lambda: served.limits.held > 1_900_000, "it is held")
            caller.reset()
        assert given.left.wait(PATIENCE)
        until(lambda: not served.limits.held, "it is given back")


def test_shared_exchange_gives_up_the_connection_of_a_reply_that_is_not_needed():
    """Legacy's 410 is not read: before flex is asked its connection is closed."""
    given = Given(reply(bytes(100_000), status="410 Gone"), reply(EMPTY))
    early = {"snapshots": datetime(2999, 1, 1, tzinfo=UTC)}
    with raw_upstream(given) as upstream, gateway(upstream.origin, coalesce=0.0, sunset=early) as served:
        assert status_of(ask(served, get(V1, TOKEN))[0]) == 200
        assert given.left.wait(PATIENCE)


def test_shared_exchange_that_nobody_waits_for_gives_its_connection_up():
    """When all callers have left while its reply is read, the upstream call goes, too."""
    given = Given(reply(EMPTY))
    with raw_upstream(given) as upstream, gateway(upstream.origin, coalesce=0.0) as served:
        with calling(served) as caller:
            caller.send(get(V1, TOKEN))
            assert given.begun.wait(PATIENCE)
            caller.reset()
        assert given.left.wait(PATIENCE)


def test_gateway_shares_legacy_replies_byte_for_byte():
    """A reply of the legacy route is shared as it came, coding and all."""
    raw = b"\x1f\x8bnot really gzip"
    held = Held(reply(raw, "Content-Encoding: gzip", "ETag: x", "ETag: y", status="200 Fine"))
    with raw_upstream(held) as upstream, gateway(upstream.origin, coalesce=0.0, route=RouteWord.LEGACY) as served:
        answers = together(served, held, [get(V1, TOKEN)] * 3)
    assert held.calls == 1
    for head, content in answers:
        assert head.startswith(b"HTTP/1.1 200 Fine\r\n")
        assert content == raw
        assert head.count(b"ETag: ") == 2


def test_gateway_shares_errors():
    """Upstream's error reaches everyone who waited for it, with its own fields and each date once."""
    body = b'{"error":429,"errorCode":"RATE_LIMITED"}'
    held = Held(reply(body, "Retry-After: 7", "Deprecation: @1765324800", status="429 Too Many Requests"))
    with raw_upstream(held) as upstream, gateway(upstream.origin, coalesce=0.0) as served:
        answers = together(served, held, [get(V1, TOKEN)] * 3)
    assert held.calls == 1
    for head, _ in answers:
        assert (status_of(head), value_of(head, "Retry-After")) == (429, "7")
        assert value_of(head, "Deprecation") == "@1765324800"
        assert value_of(head, "Sunset") is not None
