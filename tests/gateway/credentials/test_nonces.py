"""Nonces: issued by the gateway, valid for a limited time, each count once, in bounded memory."""

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
def test_each_count_is_accepted_once(counts):
    """Within the window the order of counts makes no difference."""
    nonces, _ = at(0)
    nonce = nonces.new()
    seen: set[int] = set()
    for count in counts:
        assert nonces.use(nonce, count, "a") == (count not in seen)
        seen.add(count)


def test_counts_may_jump_ahead():
    """A jump to the largest count needs no memory; skipped counts outside the window are refused."""
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


def test_a_nonce_expires():
    """It is valid until its maximum age, whether it was used or not."""
    nonces, now = at(0)
    used = nonces.new()
    unused = nonces.new()
    now[0] = 299.9
    assert nonces.use(used, 1, "a")
    now[0] = 300
    assert not nonces.use(used, 2, "a")
    assert not nonces.use(unused, 1, "a")


def test_a_nonce_of_another_gateway_is_refused():
    """Also one of this process from before its keys were loaded."""
    nonces, _ = at(0)
    others, _ = at(0)
    assert not nonces.use(others.new(), 1, "a")
    others.renew(secret_of([KEYS[0]]))
    nonces.renew(secret_of(KEYS))
    assert not nonces.use(others.new(), 1, "a")


def replicas(first=0, second=0):
    """Two gateways with the same keys, and their clocks."""
    (one, clock), (other, other_clock) = at(first), at(second)
    one.renew(secret_of(KEYS))
    other.renew(secret_of(reversed(KEYS)))
    return one, clock, other, other_clock


def test_replicas_accept_each_others_nonces():
    """Each accepts a count once, in any order."""
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
def test_clocks_of_replicas_may_differ(ahead, taken):
    """A few seconds are tolerated; a nonce from before a replica's start is refused there."""
    one, _, other, _ = replicas(100 + ahead, 100)
    assert other.use(one.new(), 1, "a") == taken


def test_nonces_from_before_the_start_are_refused():
    """After a restart the gateway doesn't know which ones were used."""
    old, clock, _, _ = replicas()
    nonce = old.new()
    assert old.use(nonce, 1, "a")
    clock[0] = 1
    young, young_clock = at(1)
    young.renew(secret_of(KEYS))
    assert not young.use(nonce, 1, "a")
    young_clock[0] = 2
    assert young.use(young.new(), 1, "a")


def test_nonces_survive_one_change_of_keys():
    """Older ones are refused. Setting the same keys is not a change."""
    nonces, _ = at(0)
    nonces.renew(secret_of(KEYS))
    first = nonces.new()
    nonces.renew(secret_of(KEYS[:1]))
    nonces.renew(secret_of(KEYS[:1]))
    assert nonces.use(first, 1, "a")
    nonces.renew(secret_of(KEYS[1:]))
    assert not nonces.use(first, 2, "b")


@pytest.mark.parametrize("step", [-86400, -3600, -10, 10, 3600, 86400])
def test_a_new_nonce_is_valid_after_any_clock_change(step):
    """Even if the memory is full."""
    nonces, now = at(1_000_000, kept=3)
    before = [nonces.new() for _ in range(6)]
    for nonce in before:
        # Everything forgotten then counts as equally old.
        assert nonces.use(nonce, 1, "a") == (nonce in before[:4])
    now[0] += step
    for _ in range(6):
        now[0] += 1
        nonce = nonces.new()
        assert nonces.use(nonce, 1, "a")
        assert not nonces.use(nonce, 1, "a")


def test_used_counts_stay_used_after_the_clock_is_set_back():
    """They are still known when the creation time of the nonce comes again."""
    nonces, now = at(1_000_000)
    nonce = nonces.new()
    assert nonces.use(nonce, 1, "a")
    for second in range(-20, 400, 7):
        now[0] = 1_000_000 + second
        assert nonces.use(nonces.new(), 1, "a")
        assert not nonces.use(nonce, 1, "a")


@pytest.mark.parametrize("back", [10, 120, 290, 310, 400, 600, 3600, 86400])
def test_a_used_nonce_stays_used_after_the_clock_is_set_back(back):
    """By any amount, and even if the nonce was forgotten."""
    nonces, now = at(1_000_000)
    nonce = nonces.new()
    assert nonces.use(nonce, 1, "a")
    now[0] += 305
    assert nonces.use(nonces.new(), 1, "a")  # it makes the memory forget the one before
    now[0] -= back
    for _ in range(0, 700, 10):
        assert not nonces.use(nonce, 1, "a")
        assert nonces.use(nonces.new(), 1, "a")
        now[0] += 10


@pytest.mark.parametrize("back", [0, 120, 400])
def test_a_used_nonce_stays_used_after_a_restart(back):
    """Even if the clock was set back, so that the nonce seems to be newer than the start."""
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


def test_time_passes_while_the_clock_is_behind(monkeypatch, caplog):
    """The machine's uptime counts, so a new nonce has its normal lifetime."""
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
    now[0] += 7200  # the clock is correct again
    assert nonces.use(nonces.new(), 1, "a")


def test_uses_are_forgotten_after_a_lifetime():
    """Memory holds only the nonces of one lifetime."""
    nonces, now = at(0)
    for second in range(1000):
        now[0] = second
        assert nonces.use(nonces.new(), 1, "a")
    assert len(nonces._uses) <= 300


def test_guessing_keys_from_a_nonce_is_expensive():
    """The secret is more than one hash of the keys; anyone could test guesses with a nonce."""
    assert ROUNDS >= 100_000
    text = "\n".join(sorted(f"{key.public_key}:{key.private_key}" for key in KEYS))
    assert secret_of(KEYS) == hashlib.pbkdf2_hmac(
        "sha256", text.encode(), b"atlas-shim nonces", ROUNDS
    )


def test_a_nonce_has_one_spelling(monkeypatch):
    """Other base64 alphabets, or trailing characters, make it invalid."""
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


def test_memory_is_bounded():
    """A forgotten nonce can't be replayed, and younger ones stay valid."""
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


def test_a_displaced_nonce_stays_used():
    """Older nonces may displace a young one, but it can't be used again."""
    nonces, now = at(0, kept=1)
    now[0] += 1
    old = nonces.new()
    now[0] += 1
    young = nonces.new()
    now[0] += 1
    for nonce in (young, old, nonces.new()):
        assert nonces.use(nonce, 1, "a")
    assert not nonces.use(young, 1, "a")
