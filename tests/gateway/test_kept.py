"""Kept responses: how many, and which are dropped first."""

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
    """Return an answer that takes ``size`` bytes."""
    return KeptAnswer(content, b"x" * (size - ENTRY - len(content)), mock.Mock())


def filled(keys) -> KeptAnswers:
    kept = KeptAnswers(LIMIT)
    for key in keys:
        kept.keep(key, answer())
    return kept


def test_an_answer_is_found_by_its_key_and_content():
    """Other content, or another key, has none."""
    kept = KeptAnswers(LIMIT)
    of_old = answer(content=b"old")
    kept.keep("a", of_old)
    assert kept.find("a", b"old") is of_old
    assert kept.find("a", b"new") is None
    assert kept.find("b", b"old") is None


def test_a_key_has_one_answer():
    """The newer takes the place of the older."""
    kept = filled(["a"])
    kept.keep("a", answer(2 * SIZE))
    assert kept.keys() == ["a"]
    assert kept.size == 2 * SIZE


def test_a_large_answer_is_not_kept():
    """More than a quarter would crowd out many."""
    kept = KeptAnswers(LIMIT)
    kept.keep("fits", answer(LIMIT // 4))
    kept.keep("large", answer(LIMIT // 4 + 1))
    assert kept.keys() == ["fits"]


def test_of_new_keys_one_in_some_takes_the_place_of_the_oldest():
    """The first one does, and then one in ``ONE_IN``."""
    kept = filled(range(8 + 1 + ONE_IN))
    assert kept.keys() == [2, 3, 4, 5, 6, 7, 8, 8 + ONE_IN]
    assert kept.size == LIMIT


def test_an_answer_that_is_used_is_forgotten_last():
    """Those not used for longest go first."""
    kept = filled(range(8))
    kept.find(0, b"")
    kept.shrink(3 * SIZE)
    assert kept.keys() == [6, 7, 0]


def test_a_known_key_is_kept_anew_though_all_room_is_taken():
    """Its older answer makes the room."""
    kept = filled(range(8))
    kept.keep(8, answer())  # the one in some
    kept.keep(5, answer(content=b"new"))
    assert kept.find(5, b"new") is not None
    assert kept.keys() == [1, 2, 3, 4, 6, 7, 8, 5]


def test_kept_answers_give_way_to_calls():
    """Calls need the memory: the answers are forgotten, and no call is refused for them."""
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
