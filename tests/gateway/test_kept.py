"""Cached responses: their number, and which ones are dropped first."""

from __future__ import annotations

from unittest import mock

import pytest

from shim.gateway.errors import Refusal
from shim.gateway.kept import ENTRY, ONE_IN, KeptAnswer, KeptAnswers
from shim.gateway.limits import Entry, Limits
from shim.gateway.option_values import RESERVED
from shim.gateway.options import Options

SIZE = 1000
LIMIT = 8 * SIZE


def answer(size: int = SIZE, content: bytes = b"") -> KeptAnswer:
    """Return a response of ``size`` bytes."""
    return KeptAnswer(content, b"x" * (size - ENTRY - len(content)), mock.Mock())


def filled(keys) -> KeptAnswers:
    kept = KeptAnswers(LIMIT)
    for key in keys:
        kept.keep(key, answer())
    return kept


def test_a_response_is_found_by_key_and_content():
    """Other content, or another key, finds none."""
    kept = KeptAnswers(LIMIT)
    of_old = answer(content=b"old")
    kept.keep("a", of_old)
    assert kept.find("a", b"old") is of_old
    assert kept.find("a", b"new") is None
    assert kept.find("b", b"old") is None


def test_a_key_has_one_response():
    """The newer replaces the older."""
    kept = filled(["a"])
    kept.keep("a", answer(2 * SIZE))
    assert kept.keys() == ["a"]
    assert kept.size == 2 * SIZE


def test_a_large_response_is_not_cached():
    """More than a quarter of the cache would displace many others."""
    kept = KeptAnswers(LIMIT)
    kept.keep("fits", answer(LIMIT // 4))
    kept.keep("large", answer(LIMIT // 4 + 1))
    assert kept.keys() == ["fits"]


def test_some_new_keys_replace_the_oldest():
    """The first does, and then one of every ``ONE_IN``."""
    kept = filled(range(8 + 1 + ONE_IN))
    assert kept.keys() == [2, 3, 4, 5, 6, 7, 8, 8 + ONE_IN]
    assert kept.size == LIMIT


def test_the_least_recently_used_response_is_dropped_first():
    """A used response stays longest."""
    kept = filled(range(8))
    kept.find(0, b"")
    kept.shrink(3 * SIZE)
    assert kept.keys() == [6, 7, 0]


def test_a_known_key_is_updated_in_a_full_cache():
    """Its older response makes room."""
    kept = filled(range(8))
    kept.keep(8, answer())  # the one that is accepted
    kept.keep(5, answer(content=b"new"))
    assert kept.find(5, b"new") is not None
    assert kept.keys() == [1, 2, 3, 4, 6, 7, 8, 5]


def test_cached_responses_make_room_for_calls():
    """If calls need the memory, the cache is emptied, and no call is refused."""
    limits = Limits(Options(memory=16 * RESERVED))
    size = limits.kept.limit // 4
    for key in range(4):
        limits.kept.keep(key, answer(size))
    assert limits.kept.size == 3 * RESERVED
    with Entry(limits, "peer") as call:
        call.take(8 * RESERVED)
        entries = [Entry(limits, "other") for _ in range(5)]
        for entry in entries:
            assert not entry.__enter__().excess
        assert limits.kept.size == 2 * size
        assert limits.reserved + limits.held + limits.kept.size <= limits.memory
        with pytest.raises(Refusal):
            call.take(1)
        assert limits.kept.size == 2 * size, (
            "a content that is refused takes nobody's room"
        )
