"""Nonces: ours alone, for their time, each count once, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.gateway.credentials.nonces import WINDOW, Nonces


def at(seconds, **options):
    now = [float(seconds)]
    return Nonces(lambda: now[0], **options), now


def test_looks_like_atlas():
    """A nonce has 32 characters, and no two are alike."""
    nonces, _ = at(0)
    found = {nonces.new() for _ in range(1000)}
    assert len(found) == 1000
    assert {len(nonce) for nonce in found} == {32}


@given(st.lists(st.integers(1, WINDOW), max_size=200))
def test_each_count_once(counts):
    """Within the window any order is good, and no count twice."""
    nonces, _ = at(0)
    nonce = nonces.new()
    seen: set[int] = set()
    for count in counts:
        assert nonces.use(nonce, count, "a") == (count not in seen)
        seen.add(count)


def test_far_ahead_and_far_behind():
    """A count may leap to the last of all, which takes no memory; what it leaves behind is refused."""
    nonces, _ = at(0)
    nonce = nonces.new()
    assert nonces.use(nonce, 1, "a")
    assert nonces.use(nonce, 0xFFFFFFFF, "a")
    assert not nonces.use(nonce, 0xFFFFFFFF, "a")
    assert not nonces.use(nonce, 0xFFFFFFFF - WINDOW, "a")
    assert nonces.use(nonce, 0xFFFFFFFF - WINDOW + 1, "a")
    assert not nonces.use(nonce, 2, "a")


def test_keys_do_not_use_up_each_others():
    """Who proved one key can't spoil the counts of another."""
    nonces, _ = at(0)
    nonce = nonces.new()
    assert nonces.use(nonce, 1, "a")
    assert nonces.use(nonce, 1, "b")


def test_end_of_life():
    """A nonce is good up to its age limit and not at it, used before or not."""
    nonces, now = at(0, life=300)
    used, unused = nonces.new(), nonces.new()
    now[0] = 299.9
    assert nonces.use(used, 1, "a")
    now[0] = 300
    assert not nonces.use(used, 2, "a")
    assert not nonces.use(unused, 1, "a")


def test_another_gateways_nonce():
    """A nonce of another process, or of this one before it was started anew, is not ours."""
    nonces, _ = at(0)
    others, _ = at(0)
    assert not nonces.use(others.new(), 1, "a")


def test_memory_is_bounded_and_forgets_safely():
    """What had to be forgotten can't be replayed; what is younger is still good."""
    nonces, now = at(0, kept=3)
    given_out = []
    for second in range(6):
        now[0] = second
        given_out.append(nonces.new())
        assert nonces.use(given_out[-1], 1, "a")
    for nonce in given_out:
        assert not nonces.use(nonce, 1, "a")
    assert nonces.use(given_out[-1], 2, "a")
    now[0] = 7
    assert nonces.use(nonces.new(), 1, "a")
    assert len(nonces._uses) <= 3


@pytest.mark.parametrize("nonce", ["", "=", "A" * 32, "A" * 33, "\u00e9" * 32, "\ud800", "A" * 31 + "\n"])
def test_no_nonce_at_all(nonce):
    """Text that is none is refused."""
    nonces, _ = at(0)
    assert not nonces.use(nonce, 1, "a")
