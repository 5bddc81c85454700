"""Nonces: only the gateway's own, for a limited time, each count once, in bounded memory."""

import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.credentials import ApiKey
from shim.gateway.credentials import nonces as nonces_module
from shim.gateway.credentials.nonces import ROUNDS, WINDOW, Nonces, secret_of

KEYS = [ApiKey("aaaaaaaa", "one"), ApiKey("bbbbbbbb", "two")]


def at(seconds, **options):
    now = [float(seconds)]
    return Nonces(lambda: now[0], **options), now


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
    tracemalloc.start()
    assert not nonces.use(nonce, 2, "a")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100_000


def test_end_of_life():
    """A nonce is good up to its age limit and not at it, used before or not."""
    nonces, now = at(0)
    used = nonces.new()
    unused = nonces.new()
    now[0] = 299.9
    assert nonces.use(used, 1, "a")
    now[0] = 300
    assert not nonces.use(used, 2, "a")
    assert not nonces.use(unused, 1, "a")


def test_another_gateways_nonce():
    """A nonce of a gateway with other keys is not ours, nor one of this process before keys were known."""
    nonces, _ = at(0)
    others, _ = at(0)
    assert not nonces.use(others.new(), 1, "a")
    others.renew(secret_of([KEYS[0]]))
    nonces.renew(secret_of(KEYS))
    assert not nonces.use(others.new(), 1, "a")


def replicas(first=0, second=0):
    """Two that hold the same keys, and their clocks."""
    (one, clock), (other, other_clock) = at(first), at(second)
    one.renew(secret_of(KEYS))
    other.renew(secret_of(reversed(KEYS)))
    return one, clock, other, other_clock


def test_replicas_take_each_others():
    """Gateways with the same keys, in whatever order, take each other's nonces, and each of them a count once."""
    one, _, other, _ = replicas()
    for nonce in (one.new(), other.new()):
        for count in (1, 2, 3):
            assert one.use(nonce, count, "a")
            assert other.use(nonce, count, "a")
            assert not one.use(nonce, count, "a")
            assert not other.use(nonce, count, "a")


@pytest.mark.parametrize(
    ("ahead", "taken"), [(-4, False), (0, True), (4, True), (5, True), (6, False)]
)
def test_clocks_of_replicas(ahead, taken):
    """A clock that is some seconds ahead does no harm; what is born before a replica was started is not taken there."""
    one, _, other, _ = replicas(100 + ahead, 100)
    assert other.use(one.new(), 1, "a") == taken


def test_nothing_from_before_the_start():
    """A gateway that was started anew can't know what was used before, and takes none of it."""
    old, clock, _, _ = replicas()
    nonce = old.new()
    assert old.use(nonce, 1, "a")
    clock[0] = 1
    young, young_clock = at(1)
    young.renew(secret_of(KEYS))
    assert not young.use(nonce, 1, "a")
    young_clock[0] = 2
    assert young.use(young.new(), 1, "a")


def test_keys_that_change():
    """Nonces made with the keys before the last change are taken, older ones not; the same keys are no change."""
    nonces, _ = at(0)
    nonces.renew(secret_of(KEYS))
    first = nonces.new()
    nonces.renew(secret_of(KEYS[:1]))
    nonces.renew(secret_of(KEYS[:1]))
    assert nonces.use(first, 1, "a")
    nonces.renew(secret_of(KEYS[1:]))
    assert not nonces.use(first, 2, "b")


@pytest.mark.parametrize("step", [-86400, -3600, -10, 10, 3600, 86400])
def test_clock_that_is_set(step):
    """Wherever the clock goes, a nonce given out from then on is good, even where the memory is full."""
    nonces, now = at(1_000_000, kept=3)
    before = [nonces.new() for _ in range(6)]
    for nonce in before:
        # What is forgotten then is as old as all.
        assert nonces.use(nonce, 1, "a") == (nonce in before[:4])
    now[0] += step
    for _ in range(6):
        now[0] += 1
        nonce = nonces.new()
        assert nonces.use(nonce, 1, "a")
        assert not nonces.use(nonce, 1, "a")


def test_clock_that_is_set_back_brings_nothing_back():
    """What was used is still known when the time of its birth comes again."""
    nonces, now = at(1_000_000)
    nonce = nonces.new()
    assert nonces.use(nonce, 1, "a")
    for second in range(-20, 400, 7):
        now[0] = 1_000_000 + second
        assert nonces.use(nonces.new(), 1, "a")
        assert not nonces.use(nonce, 1, "a")


@pytest.mark.parametrize("back", [10, 120, 290, 310, 400, 600, 3600, 86400])
def test_what_was_used_stays_used_when_the_clock_is_set_back(back):
    """By less than a life or more, and also after the nonce was forgotten: its time comes again, and nothing else."""
    nonces, now = at(1_000_000)
    nonce = nonces.new()
    assert nonces.use(nonce, 1, "a")
    now[0] += 305
    assert nonces.use(nonces.new(), 1, "a")  # which forgets the one before
    now[0] -= back
    for _ in range(0, 700, 10):
        assert not nonces.use(nonce, 1, "a")
        assert nonces.use(nonces.new(), 1, "a")
        now[0] += 10


@pytest.mark.parametrize("back", [0, 120, 400])
def test_a_restart_does_not_bring_back_what_was_used(back):
    """Though the clock was set back before it, so that the nonce seems to come from after the start."""
    old, now = at(1_000_000)
    old.renew(secret_of(KEYS))
    nonce = old.new()
    assert old.use(nonce, 1, "a")
    now[0] -= back
    young = Nonces(lambda: now[0])
    young.renew(secret_of(KEYS))
    for _ in range(0, 500, 10):
        assert not young.use(nonce, 1, "a")
        now[0] += 10
    assert young.use(young.new(), 1, "a")


def test_time_goes_on_while_the_clock_is_behind(monkeypatch, caplog):
    """By the machine's uptime: a nonce that was given out then lives as long as any other."""
    up = [1000.0]
    monkeypatch.setattr(nonces_module, "uptime", lambda: up[0])
    nonces, now = at(1_000_000)
    assert nonces.use(nonces.new(), 1, "a")
    now[0] -= 3600
    nonce = nonces.new()
    for second, good in ((299, True), (301, False)):
        up[0] = 1000 + second
        assert nonces.use(nonce, second, "a") == good
    assert [record.getMessage()[:36] for record in caplog.records] == [
        "the clock was set back by 3600 s; no"
    ]
    now[0] += 7200  # it is right again
    assert nonces.use(nonces.new(), 1, "a")


def test_uses_are_forgotten_when_they_are_of_no_more_use():
    """Memory holds the nonces of one life, and not all that ever were."""
    nonces, now = at(0)
    for second in range(1000):
        now[0] = second
        assert nonces.use(nonces.new(), 1, "a")
    assert len(nonces._uses) <= 300


def test_guessing_keys_by_a_nonce_is_dear():
    """The secret is not one hash of the keys, which anybody could try out by a nonce that anybody can ask for."""
    assert ROUNDS >= 100_000
    text = "\n".join(sorted(f"{key.public_key}:{key.private_key}" for key in KEYS))
    assert secret_of(KEYS) == hashlib.pbkdf2_hmac(
        "sha256", text.encode(), b"atlas-shim nonces", ROUNDS
    )


def test_one_spelling(monkeypatch):
    """A nonce written in base64's other letters, or with more behind it, is not the same nonce again, but none."""
    nonces, _ = at(0)
    monkeypatch.setattr("secrets.token_bytes", lambda size: b"\xff" * size)
    nonce = nonces.new()
    assert "_" in nonce
    assert nonces.use(nonce, 1, "a")
    for other in (
        nonce.replace("_", "/"),
        nonce + "=",
        nonce + "====",
        nonce + "\n",
        "!" + nonce,
    ):
        assert not nonces.use(other, 1, "a")


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


def test_what_was_forgotten_stays_used():
    """Whoever used a young nonce first, and is pushed out by older ones that come later, can't use it again."""
    nonces, now = at(0, kept=1)
    now[0] += 1
    old = nonces.new()
    now[0] += 1
    young = nonces.new()
    now[0] += 1
    for nonce in (young, old, nonces.new()):
        assert nonces.use(nonce, 1, "a")
    assert not nonces.use(young, 1, "a")
