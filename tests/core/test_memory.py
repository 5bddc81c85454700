"""The bounded memories."""

from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

from shim.core.memory import SIZE, TTL, Memory, TTLCache


def test_a_word_is_recalled_until_its_time_is_over():
    """An entry is good for ten minutes, and not for the instant after."""
    recent = TTLCache()
    recent.remember("k", "410", 1000.0)
    assert TTL == 600
    assert recent.recall("k", 1000.0) == "410"
    assert recent.recall("k", 1599.999) == "410"
    assert recent.recall("k", 1600.0) is None


def test_an_old_entry_is_dropped_when_it_is_looked_at():
    """What is too old does not come back, even if the clock does."""
    recent = TTLCache(ttl=10)
    recent.remember("k", "x", 0.0)
    assert recent.recall("k", 10.0) is None
    assert len(recent) == 0
    assert recent.recall("k", 5.0) is None


def test_a_clock_set_back_makes_an_entry_worthless():
    """Nothing is believed for longer than its time because the clock moved."""
    recent = TTLCache(ttl=10)
    recent.remember("k", "x", 100.0)
    assert recent.recall("k", 99.0) is None
    assert len(recent) == 0


def test_what_was_never_learned_is_not_known():
    """An unknown key has no word."""
    assert TTLCache().recall("k", 0.0) is None


def test_learning_again_counts_from_the_later_time():
    """A word learned again is good for its whole time again, and the later word counts."""
    recent = TTLCache(ttl=10)
    recent.remember("k", "x", 0.0)
    recent.remember("k", "y", 9.0)
    assert recent.recall("k", 18.0) == "y"
    assert len(recent) == 1


def test_recalling_does_not_make_an_entry_younger():
    """Use does not prolong belief."""
    recent = TTLCache(ttl=10)
    recent.remember("k", "x", 0.0)
    assert recent.recall("k", 9.0) == "x"
    assert recent.recall("k", 11.0) is None


def test_the_least_recently_used_goes_first():
    """A full memory forgets what was not asked for longest."""
    recent = TTLCache(size=2)
    recent.remember("a", "1", 0.0)
    recent.remember("b", "2", 0.0)
    assert recent.recall("a", 0.0) == "1"
    recent.remember("c", "3", 0.0)
    assert [recent.recall(key, 0.0) for key in "abc"] == ["1", None, "3"]


def test_learning_again_counts_as_use():
    """A refreshed entry is not the next to go."""
    recent = TTLCache(size=2)
    for key in ("a", "b", "a", "c"):
        recent.remember(key, key, 0.0)
    assert [recent.recall(key, 0.0) for key in "abc"] == ["a", None, "c"]


def test_memory_is_bounded():
    """However many names a caller makes up, the memory stays small."""
    recent = TTLCache()
    for number in range(SIZE * 2):
        recent.remember(number, "x", 0.0)
    assert len(recent) == SIZE


def test_forgetting_is_final_and_harmless():
    """A forgotten key is unknown, and forgetting an unknown one does nothing."""
    recent = TTLCache()
    recent.remember("k", "x", 0.0)
    recent.forget("k")
    recent.forget("k")
    assert recent.recall("k", 0.0) is None


def test_threads_share_a_memory():
    """Many threads leave it within its bounds and consistent."""
    recent = TTLCache(size=8)

    def work(seed: int) -> int:
        wrong = 0
        for step in range(500):
            key = (seed * step) % 16
            recent.remember(key, str(key), float(step))
            word = recent.recall(key, float(step))
            wrong += word not in {None, str(key)}
            recent.forget((seed + step) % 16)
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 0
    assert len(recent) <= 8


def test_two_memories_share_nothing():
    """Each process part has a memory of its own unless it shares one on purpose."""
    one, other = Memory(), Memory()
    one.retired.remember("k", "410", 0.0)
    assert other.retired.recall("k", 0.0) is None
    assert one.tiers.recall("k", 0.0) is None
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.retired = TTLCache()  # type: ignore[misc]
