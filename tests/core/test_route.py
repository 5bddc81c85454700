"""Which side is asked first, and what replies taught: believed for ten minutes, and bounded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shim.core.context import SIZE, TTL, Context, Memory
from shim.core.messages import Call
from shim.core.route import decide, retired_key, sunset_of, tier_key
from shim.core.settings import RouteWord, Settings
from tests.core.driver import JOBS, LIST, ORIGIN

SUNSET = datetime(2026, 1, 22, tzinfo=UTC)
"""Of the backup endpoints, as announced."""
INSTANCES = datetime(2027, 1, 18, tzinfo=UTC)
BLANK = datetime(2026, 1, 15, tzinfo=UTC)
"""From then on the legacy answers of instance reads mean nothing, a year before their sunset."""
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def decided(engine, when, word=RouteWord.AUTO, *, path=LIST, memory=None, sunsets=None, method="GET"):
    target = f"/api/atlas/v2{path}"
    match = engine.recognise(method, target, ())
    assert match is not None
    settings = Settings(route=word, sunsets=sunsets or {})
    context = Context(settings, memory or Memory(), when.timestamp, ORIGIN, monotonic=when.timestamp)
    return decide(match, Call(method, ORIGIN, target), context)


OVER, TO_COME = "its sunset, 2026-01-22, has passed", "its sunset, 2026-01-22, is still to come"
BY_DATE = "the route is decided by date: "


@pytest.mark.parametrize(
    ("word", "before", "after", "why_before", "why_after"),
    [
        (RouteWord.AUTO, "legacy", "flex", TO_COME, OVER),
        (RouteWord.DATE, "legacy", "flex", BY_DATE + TO_COME, BY_DATE + OVER),
        (RouteWord.LEGACY, "legacy", "legacy", *["the route is set to legacy"] * 2),
        (RouteWord.FLEX, "flex", "flex", *["the route is set to flex"] * 2),
        (RouteWord.SUCCESSOR, "flex", "flex", *["the route is set to successor"] * 2),
        (RouteWord.OFF, "legacy", "legacy", *["the shim is switched off"] * 2),
    ],
)
def test_the_word_and_the_instant_decide(engine, word, before, after, why_before, why_after):
    """Until the last moment before the sunset it is one side, from that very instant on the other.

    The reason is in plain words and names the date; replies correct the date in auto alone.
    """
    for path, sunset in ((LIST, SUNSET), (JOBS, SUNSET), ("/groups/g/serverless", BLANK)):
        for when, side, why in (
            (sunset - SECOND / 1000, before, why_before),
            (sunset, after, why_after),
            (sunset + SECOND, after, why_after),
        ):
            decision = decided(engine, when, word, path=path)
            assert (decision.route, decision.corrects) == (side, word is RouteWord.AUTO)
            assert decision.reason == why or sunset is BLANK


@pytest.mark.parametrize("word", [RouteWord.AUTO, RouteWord.DATE])
def test_an_operators_sunset_is_the_one_in_force(engine, word):
    """It takes the place of the document's, earlier or later, for that document alone; doors show the same date."""
    moved = {"snapshots": datetime(2026, 2, 1, 12, 30, tzinfo=UTC)}
    decision = decided(engine, SUNSET, word, sunsets=moved)
    assert decision.route == "legacy"
    assert "2026-02-01T12:30Z" in decision.reason
    assert decided(engine, moved["snapshots"], word, sunsets=moved).route == "flex"
    assert decided(engine, SUNSET, word, path=JOBS, sunsets=moved).route == "flex"
    assert decided(engine, SUNSET - SECOND, word, sunsets={"snapshots": SUNSET - 365 * DAY}).route == "flex"
    operation = engine.named("listServerlessBackupSnapshots")
    assert sunset_of(operation, Settings()) == SUNSET
    assert sunset_of(operation, Settings(sunsets=moved)) == moved["snapshots"]


def keys(engine, path=LIST, origin=ORIGIN, api="v2", method="GET"):
    match = engine.recognise(method, f"/api/atlas/{api}{path}", ())
    assert match is not None
    return retired_key(match, origin), tier_key(match, Call(method, origin, path)) if match.cluster else None


def test_what_was_learned_is_kept_apart_by_what_it_holds_for(engine):
    """Gone is a matter of origin, operation and version; the tier one of origin, group and cluster."""
    gone, tier = keys(engine)
    assert keys(engine, f"{LIST}/1")[0] != gone
    assert keys(engine, f"{LIST}/1")[1] == keys(engine, api="v1.0")[1] == tier
    assert keys(engine, api="v1.0")[0] != gone
    assert all(one != other for one, other in zip(keys(engine, origin="http://h"), (gone, tier), strict=True))
    assert keys(engine, LIST.replace("c1", "c2"))[0] == gone
    assert keys(engine, LIST.replace("c1", "c2"))[1] != tier
    assert keys(engine, "/groups/g1/serverless")[1] is None


def test_a_legacy_endpoint_that_was_gone_is_not_asked_again(engine):
    """For ten minutes what legacy answered counts more than the date; sunset dates moved in both directions."""
    memory, start = Memory(), SUNSET - DAY
    memory.remember(keys(engine)[0], "410", start.timestamp())
    for seconds in (0, 599):
        when = start + seconds * SECOND
        decision = decided(engine, when, memory=memory)
        assert decision.route == "flex"
        assert decision.reason == "the legacy endpoint answered 410 less than ten minutes ago"
        assert decided(engine, when, path=f"{LIST}/1", memory=memory).route == "legacy"
        for word in (RouteWord.DATE, RouteWord.LEGACY):
            assert decided(engine, when, word, memory=memory).route == "legacy"
    assert decided(engine, start + 600 * SECOND, memory=memory).route == "legacy"


@pytest.mark.parametrize(
    ("tier", "when", "word", "side"),
    [
        ("dedicated", SUNSET, RouteWord.AUTO, "dedicated"),
        ("dedicated", SUNSET, RouteWord.DATE, "flex"),
        ("dedicated", SUNSET, RouteWord.FLEX, "flex"),
        ("dedicated", SUNSET - SECOND, RouteWord.AUTO, "legacy"),
        ("flex", SUNSET, RouteWord.AUTO, "flex"),
        ("platinum", SUNSET, RouteWord.AUTO, "flex"),
    ],
)
def test_a_cluster_known_to_be_dedicated_is_asked_there(engine, tier, when, word, side):
    """In auto and after the sunset; a tier that the operation has no successor on is not asked."""
    memory = Memory()
    memory.remember(keys(engine)[1], tier, when.timestamp())
    decision = decided(engine, when, word, memory=memory)
    assert (decision.route, "dedicated tier" in decision.reason) == (side, side == "dedicated")


@pytest.mark.parametrize("call", ["POST /groups/g/serverless", "DELETE /groups/g/serverless/n"])
@pytest.mark.parametrize(
    ("word", "side"),
    [
        (RouteWord.AUTO, "legacy"),
        (RouteWord.DATE, "none"),
        (RouteWord.FLEX, "none"),
        (RouteWord.LEGACY, "legacy"),
        (RouteWord.OFF, "legacy"),
    ],
)
def test_without_a_successor_only_the_legacy_endpoint_could_answer(engine, call, word, side):
    """In auto it is asked even after its sunset, unless it just answered as gone; else there is nobody to ask."""
    method, path = call.split()
    decision = decided(engine, INSTANCES, word, path=path, method=method)
    assert (decision.route, decision.reason.endswith("there is no successor")) == (side, side == "none")
    memory = Memory()
    memory.remember(keys(engine, path, method=method)[0], "410", INSTANCES.timestamp())
    decision = decided(engine, INSTANCES, word, path=path, method=method, memory=memory)
    assert (decision.route, "410" in decision.reason) == (
        "none" if word is RouteWord.AUTO else side,
        word is RouteWord.AUTO,
    )


@pytest.fixture
def memory():
    """Knows one word, learned at 1000."""
    memory = Memory()
    memory.remember("k", "410", 1000.0)
    return memory


@pytest.mark.parametrize(("now", "word"), [(1000.0, "410"), (1599.999, "410"), (1600.0, None), (999.0, None)])
def test_a_word_is_recalled_until_its_time_is_over(memory, now, word):
    """An entry is good for ten minutes, not for the instant after, and for no longer because the clock moved."""
    assert TTL == 600
    assert memory.recall("k", now) == word
    assert memory.recall("k", 1001.0) == word, "what is too old does not come back, even if the clock does"
    assert memory.recall("unknown", now) is None


def test_learning_again_counts_from_the_later_time(memory):
    """A word learned again is good for its whole time again; use prolongs nothing, and forgetting is final."""
    memory.remember("k", "404", 1500.0)
    assert memory.recall("k", 2099.0) == "404"
    assert memory.recall("k", 2100.0) is None
    memory.remember("k", "404", 1500.0)
    memory.forget("k")
    memory.forget("k")
    assert memory.recall("k", 1500.0) is None


def test_the_least_recently_used_goes_first(memory):
    """However many names a caller makes up, what is asked for and learned again stays."""
    memory.remember("l", "x", 1000.0)
    for number in range(SIZE - 1):
        memory.remember(number, "x", 1000.0)
        assert memory.recall("k", 1000.0) == "410"
    assert memory.recall("l", 1000.0) is None
    memory.remember(0, "x", 1000.0)
    memory.remember("m", "x", 1000.0)
    assert (memory.recall(0, 1000.0), memory.recall(1, 1000.0)) == ("x", None)


def test_a_generation_ends_with_whatever_is_learned(memory):
    """A word that is new, another, or known no more; the same word again is nothing new."""
    changes = [("c", "flex", 0.0), ("c", "dedicated", 1.0), ("c",), ("k", "410", 2000.0), ("k", "410", 2001.0), ("c",)]
    seen = [memory.generation]
    for change in changes:
        (memory.remember if len(change) > 1 else memory.forget)(*change)
        seen.append(memory.generation)
    assert len(set(seen)) == 5
    assert seen[4] == seen[5] == seen[6]


def test_threads_share_a_memory(memory):
    """Many threads leave it consistent."""

    def work(seed: int) -> int:
        wrong = 0
        for step in range(500):
            key = (seed * step) % 16
            memory.remember(key, str(key), float(step))
            wrong += memory.recall(key, float(step)) not in {None, str(key)}
            memory.forget((seed + step) % 16)
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 0
