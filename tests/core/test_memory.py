"""What replies taught: believed for ten minutes, and bounded."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shim.core.context import SIZE, TTL, Memory


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
