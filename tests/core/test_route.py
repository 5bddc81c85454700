"""The route by date or missing successor. Memory lasts ten minutes and is limited."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from shim.core.messages import Call
from shim.core.route import MAX_ENTRIES, TTL, Context, Memory, decide, sunset_of
from shim.core.settings import RouteWord, Settings
from tests.core.driver import JOBS, LIST, ORIGIN

SUNSET = datetime(2026, 1, 22, tzinfo=UTC)
"""The announced sunset of the backup endpoints."""
INSTANCES = datetime(2027, 1, 18, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def decided(
    engine, when, word=RouteWord.AUTO, *, path=LIST, sunsets=None, method="GET"
):
    target = f"/api/atlas/v2{path}"
    match = engine.recognize(method, target, ())
    assert match is not None
    settings = Settings(route=word, sunsets=sunsets or {})
    context = Context(
        settings, Memory(), when.timestamp, ORIGIN, monotonic=when.timestamp
    )
    return decide(match, Call(method, ORIGIN, target), context)


@pytest.mark.parametrize("word", [RouteWord.AUTO, RouteWord.DATE])
def test_an_operators_sunset_replaces_the_documents(engine, word):
    """It may be earlier or later, and applies to that document only. Doors report the same date."""
    moved = {"snapshots": datetime(2026, 2, 1, 12, 30, tzinfo=UTC)}
    decision = decided(engine, SUNSET, word, sunsets=moved)
    assert decision.route == "legacy"
    assert "2026-02-01T12:30Z" in decision.reason
    assert decided(engine, moved["snapshots"], word, sunsets=moved).route == "flex"
    assert decided(engine, SUNSET, word, path=JOBS, sunsets=moved).route == "flex"
    assert (
        decided(
            engine, SUNSET - SECOND, word, sunsets={"snapshots": SUNSET - 365 * DAY}
        ).route
        == "flex"
    )
    operation = engine.named("listServerlessBackupSnapshots")
    assert sunset_of(operation, Settings()) == SUNSET
    assert sunset_of(operation, Settings(sunsets=moved)) == moved["snapshots"]


@pytest.mark.parametrize(
    "call", ["POST /groups/g/serverless", "DELETE /groups/g/serverless/n"]
)
@pytest.mark.parametrize(("word", "side"), [
    (RouteWord.AUTO, "legacy"), (RouteWord.DATE, "none"), (RouteWord.FLEX, "none"), (RouteWord.LEGACY, "legacy"),
    (RouteWord.OFF, "legacy"),
])  # fmt: skip
def test_without_a_successor_only_legacy_is_called(engine, call, word, side):
    """In auto it is called even after its sunset. Otherwise the error's reason names the switch."""
    method, path = call.split()
    decision = decided(engine, INSTANCES, word, path=path, method=method)
    assert decision.route == side
    asked = word not in {RouteWord.LEGACY, RouteWord.OFF}
    assert (
        "this write is switched off (set ATLAS_SHIM_WRITES=instances)"
        in decision.reason
    ) == asked


@pytest.fixture
def memory():
    """Return a memory with one entry, learned at 1000."""
    memory = Memory()
    memory.remember("k", "410", 1000.0)
    return memory


@pytest.mark.parametrize(
    ("now", "word"), [(1000.0, "410"), (1599.999, "410"), (1600.0, None), (999.0, None)]
)
def test_an_entry_lasts_ten_minutes(memory, now, word):
    """It ends exactly then, and a change of the wall clock doesn't shorten it."""
    assert TTL == 600
    assert memory.recall("k", now) == word
    assert memory.recall("k", 1001.0) == word, (
        "what is too old does not come back, even if the clock does"
    )
    assert memory.recall("unknown", now) is None


def test_the_least_recently_used_entry_is_dropped_first(memory):
    """A caller with many made-up names can't remove entries in use."""
    memory.remember("l", "x", 1000.0)
    for number in range(MAX_ENTRIES - 1):
        memory.remember(number, "x", 1000.0)
        assert memory.recall("k", 1000.0) == "410"
    assert memory.recall("l", 1000.0) is None
    memory.remember(0, "x", 1000.0)
    memory.remember("m", "x", 1000.0)
    assert memory.recall(0, 1000.0) == "x"
    assert memory.recall(1, 1000.0) is None


def test_threads_share_a_memory(memory):
    """It stays consistent with many threads that switch as often as possible."""
    start = Barrier(8)

    def work(seed: int) -> int:
        wrong = 0
        start.wait()
        for step in range(5000):
            key = step % 2
            memory.remember(key, str(key), float(step))
            wrong += memory.recall(key, float(step)) not in {None, str(key)}
            memory.forget((seed + step) % 2)
        return wrong

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(work, range(8))) == 0
    finally:
        sys.setswitchinterval(interval)
